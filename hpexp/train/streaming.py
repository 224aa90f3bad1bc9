"""Batches of data that stay on disk, as tf.data pipelines that read ahead while a step is computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from hpexp.train.data import Part, Streamed
from hpexp.train.order import epoch_order

_AHEAD = 2
"""Batches made ready before they are asked for."""


class StreamedBatches:
    """The training split, in the order that `start_epoch` sets: the same as that of data in memory."""

    def __init__(self, data: Streamed, batch_size: int, seed: int) -> None:
        self._examples, self._batch_size, self._seed = len(data.train), batch_size, seed
        self._order = self._of_epoch(0)
        self.updates_per_epoch = -(-self._examples // batch_size)

        def places(index: int) -> NDArray[np.int32]:
            return self._order[index * batch_size : (index + 1) * batch_size]

        self.dataset = _dataset(data, data.train, places, self.updates_per_epoch)

    def start_epoch(self, epoch: int) -> None:
        self._order = self._of_epoch(epoch)

    def _of_epoch(self, epoch: int) -> NDArray[np.int32]:
        return epoch_order(self._seed, epoch, self._examples, self._batch_size)


def streamed_split(data: Streamed, split: str, batch_size: int) -> tf.data.Dataset:
    """The `validation` or `test` split, in its own order, in batches."""
    part: Part = getattr(data, split)

    def places(index: int) -> NDArray[np.int64]:
        return np.arange(index * batch_size, min((index + 1) * batch_size, len(part)))

    return _dataset(data, part, places, -(-len(part) // batch_size))


def _dataset(
    data: Streamed, part: Part, places: Callable[[int], NDArray[Any]], batches: int
) -> tf.data.Dataset:
    floats = keras.config.floatx()
    targets = "int32" if data.task == "classification" else floats

    def read(index: Any) -> tuple[NDArray[Any], NDArray[Any]]:
        chosen = places(int(index))
        x = data.inputs(part, chosen).astype(floats, copy=False)
        return np.ascontiguousarray(x), part.y[chosen].astype(targets, copy=False)

    def batch(index: Any) -> Any:
        x, y = tf.numpy_function(read, [index], [floats, targets])
        x.set_shape((None, *data.shape))
        y.set_shape((None, *part.y.shape[1:]))
        return x, y

    options = tf.data.Options()
    # One thread that works ahead: files are read in the order in which they are asked for.
    options.autotune.enabled = False
    options.threading.private_threadpool_size = 1
    return tf.data.Dataset.range(batches).map(batch).prefetch(_AHEAD).with_options(options)
