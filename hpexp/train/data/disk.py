"""Sources whose inputs stay on disk: mapped where they lie, or written to a scratch folder first."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from hpexp.config.images import list_images
from hpexp.errors import DataError
from hpexp.model import DataSize, DataSpec
from hpexp.train.data.archive import map_member, unpack_member, unpacked_bytes
from hpexp.train.data.images import read_images
from hpexp.train.data.own import exists, npz_names, open_npz, pair
from hpexp.train.data.raw import Raw
from hpexp.train.data.spill import shared, write_pairs
from hpexp.train.data.table import load_table


def read_to_disk(spec: DataSpec, size: DataSize) -> Raw | Mapping[str, Raw]:
    """What a source other than a function gives, without loading its inputs.

    Raises DataError where it cannot be read, or there is no room for it.
    """
    if spec.kind == "keras":
        from hpexp.train.data.downloads import load_download

        # As bytes they take a quarter of what they would as arrays.
        train, test = load_download(spec.source)
        return {"train": train, "test": test}
    exists(spec.source)
    if spec.kind == "npz":
        return _archive(spec)
    fill = _fill_with_images if spec.kind == "images" else _fill_with_table
    needed = (1 + size.wide) * size.bytes
    return shared(spec.source, _stamp(spec), lambda folder: fill(spec, folder), needed)


def _archive(spec: DataSpec) -> Raw:
    path, (x_name, y_name) = spec.source, npz_names(spec.options)
    with open_npz(path, x_name, y_name) as archive:
        y = archive[y_name]
        x = map_member(path, x_name)
    if x is not None:
        return pair(x, y, path)

    def fill(folder: Path) -> Raw:
        try:
            return pair(unpack_member(path, x_name, folder), y, path)
        except (ValueError, zipfile.BadZipFile, zlib.error) as error:
            raise DataError(f"{path} is not a readable NumPy archive: {error}") from error

    return shared(path, _stamp(spec), fill, unpacked_bytes(path, x_name))


def _fill_with_table(spec: DataSpec, folder: Path) -> Raw:
    raw = load_table(spec, folder)
    for name in ("numbers.bin", "codes.bin"):
        (folder / name).unlink(missing_ok=True)
    return raw


def _fill_with_images(spec: DataSpec, folder: Path) -> Raw:
    images, classes = read_images(spec.source, spec.options)
    written = write_pairs(images, folder, spec.source)
    return Raw(written.x, written.y, classes=classes)


def _stamp(spec: DataSpec) -> object:
    """Changes when the files do."""
    path = Path(spec.source)
    files = [path]
    if path.is_dir():
        files = [file for _, file in list_images(path).files]
    return spec, [(str(file), (status := file.stat()).st_size, status.st_mtime_ns) for file in files]
