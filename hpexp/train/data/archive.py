"""Arrays of a NumPy archive without reading them: mapped where they lie, or unpacked to a file first."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from hpexp.train.data.rows import rows_at_once
from hpexp.train.data.spill import ArrayFile, map_file

_BLOCK = 1 << 22
_LOCAL_HEADER = 30
"""Bytes of a zip member's own header, before its name."""


def map_member(path: str, name: str) -> NDArray[Any] | None:
    """A member that is stored as it is, row by row; `None` where it has to be unpacked.

    Raises ValueError for what is no array that can be read.
    """
    with zipfile.ZipFile(path) as archive:
        member = _member(archive, name)
        with archive.open(member) as stream:
            dtype, shape, is_fortran = _header(stream)
            header = stream.tell()
    if member.compress_type != zipfile.ZIP_STORED or (is_fortran and len(shape) > 1):
        return None
    with open(path, "rb") as file:  # noqa: PTH123
        file.seek(member.header_offset + _LOCAL_HEADER - 4)
        lengths = file.read(4)
    before = int.from_bytes(lengths[:2], "little") + int.from_bytes(lengths[2:], "little")
    start = member.header_offset + _LOCAL_HEADER + before + header
    return map_file(Path(path), dtype, shape, start)


def unpack_member(path: str, name: str, folder: Path) -> NDArray[Any]:
    """A member as the file `x.bin` in `folder`, row by row, mapped.

    Raises ValueError for what is no array that can be read.
    """
    unpacked = folder / "unpacked.bin"
    with (
        zipfile.ZipFile(path) as archive,
        archive.open(_member(archive, name)) as stream,
        unpacked.open("wb") as file,
    ):
        dtype, shape, is_fortran = _header(stream)
        while block := stream.read(_BLOCK):
            file.write(block)
    if not is_fortran:
        unpacked.rename(folder / "x.bin")
        return map_file(folder / "x.bin", dtype, shape)
    columns = map_file(unpacked, dtype, shape[::-1]).T
    with ArrayFile(folder / "x.bin") as rows:
        step = rows_at_once(shape)
        for start in range(0, len(columns), step):
            rows.append(columns[start : start + step])
    unpacked.unlink()
    return rows.mapped()


def unpacked_bytes(path: str, name: str) -> int:
    """How large a member is."""
    with zipfile.ZipFile(path) as archive:
        return _member(archive, name).file_size


def _member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    return archive.getinfo(f"{name}.npy" if f"{name}.npy" in archive.namelist() else name)


def _header(stream: IO[bytes]) -> tuple[np.dtype[Any], tuple[int, ...], bool]:
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, is_fortran, dtype = read(stream)
    if dtype.hasobject:
        raise ValueError("it holds Python objects")
    return dtype, shape, is_fortran
