"""Data from files and functions of the person's own: npz, image folders, Python."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hpexp.errors import DataError
from hpexp.model import DataSpec, Params
from hpexp.train.data.raw import Raw
from hpexp.train.imports import import_function


def load_npz(path: str, options: Params) -> Raw:
    """The arrays `x` and `y` of a NumPy archive (other names: the options `x` and `y`)."""
    names = [str(options.get(key, key)) for key in ("x", "y")]
    try:
        with np.load(path, allow_pickle=False) as archive:
            missing = [name for name in names if name not in archive]
            if missing:
                raise DataError(f"{path} has no array {missing[0]}; it has {', '.join(archive.files)}")
            x, y = (archive[name] for name in names)
    except (OSError, ValueError) as error:
        raise DataError(f"{path} is not a readable NumPy archive: {error}") from error
    return pair(x, y, path)


def load_images(folder: str, options: Params) -> Raw:
    """A folder with one folder of images a class, in alphabetical order.

    Options: `size` (rows and columns, default 32 by 32; a single number for both) and
    `color` (`rgb`, `grayscale`). Images are scaled to that size and to 0..1.
    """
    import keras

    size = options.get("size", (32, 32))
    rows, columns = (size if len(size) == 2 else size * 2) if isinstance(size, tuple) else (size, size)
    try:
        dataset = keras.utils.image_dataset_from_directory(
            folder,
            image_size=(rows, columns),
            color_mode=str(options.get("color", "rgb")),
            batch_size=None,
            shuffle=False,
            verbose=False,
        )
        x = np.stack([image for image, _ in dataset.as_numpy_iterator()])
    except Exception as error:  # TensorFlow's decoding errors are many
        reason = str(error).strip().splitlines()[0]
        raise DataError(f"{folder} is not a folder of images by class: {reason}") from error
    y = np.array([label for _, label in dataset.as_numpy_iterator()], np.int32)
    return Raw(x / np.float32(255), y, classes=tuple(dataset.class_names))


def load_function(spec: DataSpec) -> Raw | Mapping[str, Raw]:
    """What the function returns: `(x, y)`, or a dict of pairs: train, and validation and test if any."""
    options = {name: value for name, value in spec.options.items() if name != "task"}
    returned = import_function(spec.source, spec.folder)(**options)
    if isinstance(returned, Mapping):
        unknown = set(returned) - {"train", "validation", "test"}
        if unknown or "train" not in returned:
            raise DataError(
                f"{spec.source} returned the splits {', '.join(map(str, returned))}; "
                "it must return train, and may return validation and test"
            )
        return {name: _unpack(value, f"{spec.source}: {name}") for name, value in returned.items()}
    return _unpack(returned, spec.source)


def pair(x: Any, y: Any, name: str) -> Raw:
    """Inputs and targets as arrays of equal length."""
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim == 0 or y.ndim == 0 or len(x) != len(y):
        raise DataError(f"{name}: x has shape {x.shape} and y {y.shape}; they need one entry an example")
    if len(x) == 0:
        raise DataError(f"{name}: there are no examples")
    return Raw(x, y)


def _unpack(value: Any, name: str) -> Raw:
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise DataError(f"{name} must be a pair (x, y), not {type(value).__name__}")
    return pair(value[0], value[1], name)


def exists(path: str) -> None:
    """Raise where there is nothing at `path`."""
    if not Path(path).exists():
        raise DataError(f"there is no {path}")
