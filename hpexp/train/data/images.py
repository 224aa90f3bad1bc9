"""A folder of images by class -> arrays."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import tensorflow as tf

from hpexp.config.images import ImageFolder, list_images
from hpexp.config.size import image_shape
from hpexp.errors import DataError
from hpexp.model import Params
from hpexp.train.data.arrays import Features
from hpexp.train.data.raw import Raw
from hpexp.train.data.rows import rows_at_once

_IN_COLOUR = (b"GIF8", b"BM", b"RIFF")
"""Beginnings of the formats that TensorFlow decodes in colour alone."""


def load_images(folder: str, options: Params) -> Raw:
    """A folder with one folder of images a class, in alphabetical order.

    Options: `size` (rows and columns, default 32 by 32; a single number for both) and
    `color` (`rgb`, `grayscale`). Images are scaled to that size and to 0..1. Raises DataError
    where a file is no image that can be read.
    """
    images, classes = read_images(folder, options)
    pairs = list(images)
    x, y = (np.concatenate([getattr(pair, name) for pair in pairs]) for name in "xy")
    return Raw(x, y, classes=classes)


def read_images(folder: str, options: Params) -> tuple[Iterator[Raw], tuple[str, ...]]:
    """The images of `load_images`, some at a time, and the names of the classes."""
    try:
        listed = list_images(Path(folder))
    except OSError as error:
        raise DataError(f"{error.filename or folder} cannot be read: {error.strerror}") from error
    return _batches(listed, image_shape(options)), listed.classes


def _batches(listed: ImageFolder, shape: tuple[int, int, int]) -> Iterator[Raw]:
    step = rows_at_once((0, *shape))
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for start in range(0, len(listed.files), step):
            files = listed.files[start : start + step]
            images = list(pool.map(partial(_image, shape=shape), [path for _, path in files]))
            yield Raw(np.stack(images), np.array([number for number, _ in files], np.int32))


def _image(path: Path, shape: tuple[int, int, int]) -> Features:
    """As keras.utils.image_dataset_from_directory reads one, then divided by 255."""
    rows, columns, channels = shape
    try:
        data = path.read_bytes()
        # Colours become grey as in a PNG or JPEG, by the weights of ITU-R BT.601.
        grey = channels == 1 and data.startswith(_IN_COLOUR)
        image = tf.image.decode_image(data, channels=3 if grey else channels, expand_animations=False)
        image = tf.image.resize(tf.image.rgb_to_grayscale(image) if grey else image, (rows, columns))
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error
    except (tf.errors.OpError, ValueError) as error:
        raise DataError(
            f"{path} is no image that can be decoded: {_reason(error)}",
            hint="mend it or take it out of the folder",
        ) from error
    return np.asarray(image.numpy() / np.float32(255))


def _reason(error: Exception) -> str:
    """Without the name of TensorFlow's function before it, and that of its operation after it."""
    line = str(error).strip().partition("\n")[0]
    return line.partition("}} ")[2].partition(" [Op:")[0] or line
