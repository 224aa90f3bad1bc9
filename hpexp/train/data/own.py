"""Data from files and functions of the person's own: npz, image folders, Python."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from hpexp.errors import DataError
from hpexp.model import DataSpec, Params, Resources
from hpexp.train.data.bounds import bounded, refuse_infinite
from hpexp.train.data.raw import Raw
from hpexp.train.data.settle import settled
from hpexp.train.data.spill import shared, write_pairs
from hpexp.train.imports import import_function
from hpexp.train.seeds import seed_generators


def load_npz(path: str, options: Params) -> Raw:
    """The arrays `x` and `y` of a NumPy archive (other names: the options `x` and `y`)."""
    x_name, y_name = npz_names(options)
    with open_npz(path, x_name, y_name) as archive:
        x, y = archive[x_name], archive[y_name]
    return pair(x, y, path)


def npz_names(options: Params) -> tuple[str, str]:
    """What the arrays of inputs and targets are called."""
    return str(options.get("x", "x")), str(options.get("y", "y"))


@contextmanager
def open_npz(path: str, *names: str) -> Iterator[Any]:
    """A NumPy archive that has these arrays; inside, what cannot be read raises DataError."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            missing = [name for name in names if name not in archive]
            if missing:
                raise DataError(f"{path} has no array {missing[0]}; it has {', '.join(archive.files)}")
            yield archive
    except (OSError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{path} is not a readable NumPy archive: {error}") from error


def load_function(spec: DataSpec, resources: Resources) -> Raw | Mapping[str, Raw]:
    """What the function returns: examples, or a dict of them: train, and validation and test if any.

    Examples are `(x, y)`, or come some at a time, as such pairs, from a generator, a
    tf.data.Dataset, a keras.utils.PyDataset or another iterable; those go to a file, within the
    bounds of `resources`. The generators of random numbers are seeded by the split's seed before,
    so that each worker gets the same data.
    """
    options = {name: value for name, value in spec.options.items() if name != "task"}
    function = import_function(spec.source, spec.folder)
    seed_generators(spec.split.seed)
    returned = function(**options)
    if isinstance(returned, Mapping):
        unknown = set(returned) - {"train", "validation", "test"}
        if unknown or "train" not in returned:
            raise DataError(
                f"{spec.source} returned the splits {', '.join(map(str, returned)) or 'none'}; "
                "it must return train, and may return validation and test"
            )
        return {
            split: _examples(each, f"{spec.source}: {split}", resources) for split, each in returned.items()
        }
    return _examples(returned, spec.source, resources)


def _examples(value: Any, name: str, resources: Resources) -> Raw:
    if not isinstance(value, Iterable) or isinstance(value, tuple | list | str | np.ndarray | Mapping):
        return _unpack(value, name)
    refuse_infinite(value, name)

    def fill(folder: Path) -> Raw:
        return write_pairs(bounded(_pairs(value, name), name, resources, folder), folder, name)

    # What a function gives is its own affair: no other worker may use it.
    return shared(name, uuid4(), fill)


def _pairs(values: Any, name: str) -> Iterator[Raw]:
    given = values.as_numpy_iterator() if hasattr(values, "as_numpy_iterator") else values
    for value in given:
        if isinstance(value, tuple | list) and len(value) == 2 and _is_single(value[1]):
            raise DataError(
                f"{name}: single examples come, but some at a time are needed",
                hint="Dataset.batch(256), or yield arrays of several examples",
            )
        yield _unpack(value, name)


def _is_single(y: Any) -> bool:
    return isinstance(y, int | float | str | bytes) or getattr(y, "shape", None) == ()


def pair(x: Any, y: Any, name: str) -> Raw:
    """Inputs and targets as arrays of equal length; targets of one column have none."""
    x, y = settled(x, f"{name}: x"), settled(y, f"{name}: y")
    if len(x) != len(y):
        raise DataError(f"{name}: x has shape {x.shape} and y {y.shape}; they need one entry an example")
    if len(x) == 0:
        raise DataError(f"{name}: there are no examples")
    if x.size == 0:
        raise DataError(f"{name}: x has shape {x.shape}, which holds no inputs")
    return Raw(x, y[:, 0] if y.shape[1:] == (1,) else y)


def _unpack(value: Any, name: str) -> Raw:
    if not isinstance(value, tuple | list) or len(value) != 2:
        what = f"{len(value)} values" if isinstance(value, tuple | list) else type(value).__name__
        raise DataError(f"{name} must be a pair (x, y), not {what}")
    return pair(value[0], value[1], name)


def exists(path: str) -> None:
    """Raise where there is nothing at `path`."""
    if not Path(path).exists():
        raise DataError(f"there is no {path}")
