"""A NumPy archive, as far as it must be read to plan; its inputs without NumPy.

The format is that of `numpy.lib.format`: a zip of .npy members, each a magic number, a
version, a Python dict as text (descr, fortran_order, shape), and the bytes.
"""

from __future__ import annotations

import hashlib
import math
import re
import struct
import zipfile
import zlib
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from hpexp.config import inputs, wording
from hpexp.config.classes import Classes
from hpexp.config.targets import TargetArray
from hpexp.config.tasks import LARGEST, what_it_holds
from hpexp.errors import DataError
from hpexp.model import Task

_CHECKED = 1_000_000
"""So many inputs are looked at before training; larger arrays are checked as they are loaded."""

_CODES = {"b1": "?", "i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I", "i8": "q", "u8": "Q",
          "f2": "e", "f4": "f", "f8": "d"}  # fmt: skip
_NARROW = ("b1", "i1", "u1", "i2", "u2", "f2", "f4")
"""Types of which float32 holds every value."""
_CHUNK = 1 << 19
"""Bytes, at most, that are read in one go."""
_FILL = "change or drop such rows first"
_LONGEST_HEADER = 10_000
_SHAPE = re.compile(r"'shape': *\(((?:[0-9]{1,18}, *)*[0-9]{0,18})\)")
_BY_COLUMNS = re.compile(r"'fortran_order': *True")
_DESCR = re.compile(r"'descr': *'([^']*)'")


@dataclass(frozen=True, slots=True)
class ArchiveFacts:
    task: Task
    examples: int
    content: str
    """A digest of the file's bytes."""
    shape: tuple[int, ...] = ()
    """Of one example."""
    notes: tuple[str, ...] = ()
    """What was assumed, and what a person may not expect."""
    classes: Classes = ()


@dataclass(frozen=True, slots=True)
class _Header:
    descr: str
    shape: tuple[int, ...]
    by_columns: bool = False

    @property
    def kind(self) -> str:
        """NumPy's letter of the type: b, i, u, f, U, O, …"""
        return self.descr[1:2]

    @property
    def size(self) -> int:
        return math.prod(self.shape)


def read_archive(path: Path, x_name: str, y_name: str, task: Task | None) -> ArchiveFacts:
    """Read and check an archive's arrays of inputs and targets.

    Raises:
        DataError: it is no archive, lacks an array, or holds what no model can learn.
    """
    try:
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        with zipfile.ZipFile(path) as archive:
            x, y = _header(archive, x_name, path), _header(archive, y_name, path)
            _check_shapes(path, x, y)
            if x.kind == "f" and x.size <= _CHECKED:
                _check_range(archive, x_name, x, f"{path}: {x_name}")
            found = _targets(archive, y_name, y)
            decision = found.decide(str(path), task)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        struct.error,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise DataError(f"{path} is not a readable NumPy archive: {error}") from error
    said = (decision.note, inputs.note(x.shape, is_bytes=x.descr[1:] == "u1"))
    notes = tuple(note for note in said if note)
    classes = found.classes() if decision.task == "classification" else ()
    return ArchiveFacts(decision.task, x.shape[0], content, x.shape[1:] or (1,), notes, classes)


def read_shapes(path: Path, x_name: str, y_name: str) -> tuple[tuple[int, ...], tuple[int, ...], bool]:
    """The shapes of an archive's inputs and targets, and whether float32 cannot hold the inputs.

    Raises:
        DataError: it lacks an array, or one cannot be read.
        zipfile.BadZipFile: it is no archive.
    """
    with zipfile.ZipFile(path) as archive:
        x, y = _header(archive, x_name, path), _header(archive, y_name, path)
    return x.shape, y.shape, x.descr[1:] not in _NARROW


def _header(archive: zipfile.ZipFile, name: str, path: Path) -> _Header:
    names = [each.removesuffix(".npy") for each in archive.namelist()]
    if name not in names:
        raise DataError(f"{path} has no array {wording.show(name)}; it has {', '.join(names[:20]) or 'none'}")
    with _open(archive, name) as member:
        return _parse(member, f"{path}: {name}")


def _open(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    return archive.open(_member(archive, name))


def _member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    return archive.getinfo(f"{name}.npy" if f"{name}.npy" in archive.namelist() else name)


def _parse(member: IO[bytes], where: str) -> _Header:
    """Read an .npy header; `member` then stands at the first value."""
    magic = member.read(8)
    if len(magic) < 8 or magic[:6] != b"\x93NUMPY":
        raise DataError(f"{where} is not a NumPy array")
    form = "<H" if magic[6] == 1 else "<I"
    (length,) = struct.unpack(form, member.read(struct.calcsize(form)))
    text = member.read(min(length, _LONGEST_HEADER)).decode("latin1")
    shape, descr = _SHAPE.search(text), _DESCR.search(text)
    if shape is None or "'descr'" not in text:
        raise DataError(f"{where} is not a NumPy array that can be read")
    if descr is None:
        raise DataError(f"{where} holds records of several fields, not numbers")
    if descr[1][1:2] == "O":
        raise DataError(f"{where} holds Python objects, which are not loaded for safety")
    shape_read = tuple(int(each) for each in shape[1].replace(" ", "").split(",") if each)
    return _Header(descr[1], shape_read, _BY_COLUMNS.search(text) is not None)


def _check_shapes(path: Path, x: _Header, y: _Header) -> None:
    if not x.shape or not y.shape or x.shape[0] != y.shape[0]:
        raise DataError(f"{path}: x has shape {x.shape} and y {y.shape}; they need one entry an example")
    if x.shape[0] == 0:
        raise DataError(f"{path}: there are no examples")
    if x.kind not in "biuf":
        raise DataError(f"{path}: the inputs are {x.descr}, not numbers")
    if x.size == 0:
        raise DataError(f"{path}: x has shape {x.shape}, which holds no inputs")


def _values(archive: zipfile.ZipFile, name: str, header: _Header) -> Generator[float, None, None]:
    """The numbers of an array in the order of the file."""
    code = _CODES[header.descr[1:]]
    order = ">" if header.descr[0] == ">" else "<"
    one = struct.calcsize(order + code)
    left = header.size
    with _open(archive, name) as member:
        _parse(member, name)
        while left > 0:
            count = min(left, _CHUNK // one)
            data = member.read(count * one)
            if len(data) < count * one:
                raise EOFError(f"{name} ends early")
            yield from struct.unpack(f"{order}{count}{code}", data)
            left -= count


def _check_range(archive: zipfile.ZipFile, name: str, header: _Header, where: str) -> None:
    """Raise DataError for the first number that float32 cannot hold."""
    if header.descr[1:] not in _CODES:
        return
    with closing(_values(archive, name, header)) as values:
        for place, value in enumerate(values):
            if not abs(value) <= LARGEST:
                rows = header.shape[0]
                example = place % rows if header.by_columns else place // (header.size // rows)
                raise DataError(f"{where}: example {example} holds {what_it_holds(value)}", hint=_FILL)


def _targets(archive: zipfile.ZipFile, name: str, header: _Header) -> TargetArray:
    """Look at all targets, some rows at a time where they lie row by row."""
    import numpy as np

    try:
        dtype = np.dtype(header.descr)
    except TypeError as error:
        raise DataError(f"{archive.filename}: {name} is not a NumPy array that can be read") from error
    found = TargetArray(dtype, header.shape)
    row = math.prod(header.shape[1:]) * dtype.itemsize
    # Columns lie one after the other: such an array comes whole.
    at_once = header.shape[0] if header.by_columns else max(1, _CHUNK // max(1, row))
    with _open(archive, name) as member:
        _parse(member, name)
        for first in range(0, header.shape[0] if row else 0, at_once):
            count = min(at_once, header.shape[0] - first)
            data = member.read(min(count * row, _member(archive, name).file_size))
            if len(data) < count * row:
                raise EOFError(f"{name} ends early")
            shape = (count, *header.shape[1:])
            found.add(np.frombuffer(data, dtype).reshape(shape, order="F" if header.by_columns else "C"))
    return found
