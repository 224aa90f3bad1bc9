"""Batches for `keras.Model.fit`, in an order that hpexp decides epoch by epoch, from memory or from disk."""

from __future__ import annotations

import math
from typing import Any, Protocol

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from hpexp.train.data import Arrays, Data, Features, Streamed, Targets
from hpexp.train.order import epoch_order
from hpexp.train.streaming import StreamedBatches, streamed_split

EVALUATION_BATCH = 4096
"""Examples that are evaluated in one go; most validation splits are smaller."""

_EVALUATION_BYTES = 1 << 26
"""Of their inputs, at most."""


class Batches(Protocol):
    """The training split as a tf.data.Dataset of batches; `start_epoch` sets the order of the next pass.

    The last batch may be smaller than the others; it counts.
    """

    dataset: tf.data.Dataset
    updates_per_epoch: int

    def start_epoch(self, epoch: int) -> None: ...


def training_batches(data: Data, batch_size: int, seed: int) -> Batches:
    """The training split in the orders of `seed`."""
    if isinstance(data, Arrays):
        return OrderedBatches(data, batch_size, seed)
    return StreamedBatches(data, batch_size, seed)


class OrderedBatches:
    """Batches of data that are in memory."""

    def __init__(self, arrays: Arrays, batch_size: int, seed: int) -> None:
        self._examples = len(arrays.x_train)
        self._batch_size = batch_size
        self._seed = seed
        x, y = tensors(arrays.x_train, arrays.y_train, arrays)
        with tf.device("CPU"):
            self._order = tf.Variable(self._of_epoch(0), dtype=tf.int32)
        self.updates_per_epoch = -(-self._examples // batch_size)

        def batch(index: Any) -> Any:
            chosen = self._order[index * batch_size : (index + 1) * batch_size]
            return tf.gather(x, chosen), tf.gather(y, chosen)

        options = tf.data.Options()
        # One thread that works ahead; tuning costs more than gathering a few rows.
        options.autotune.enabled = False
        options.threading.private_threadpool_size = 1
        dataset = tf.data.Dataset.range(self.updates_per_epoch).map(batch).prefetch(2)
        self.dataset = dataset.with_options(options)

    def start_epoch(self, epoch: int) -> None:
        self._order.assign(self._of_epoch(epoch))

    def _of_epoch(self, epoch: int) -> NDArray[np.int32]:
        return epoch_order(self._seed, epoch, self._examples, self._batch_size)


def scored(data: Data, split: str) -> tuple[Any, Any, int] | None:
    """The `validation` or `test` split as Keras evaluates it: inputs, targets, examples in one go.

    Data from disk are a tf.data.Dataset of such batches, without targets beside it. `None`
    where the split is empty.
    """
    examples = number_of(data, split)
    if not examples:
        return None
    inputs = 4 * math.prod(data.problem.input_shape)
    size = max(1, min(EVALUATION_BATCH, examples, _EVALUATION_BYTES // max(1, inputs)))
    if isinstance(data, Streamed):
        return streamed_split(data, split, size), None, size
    return *tensors(getattr(data, f"x_{split}"), getattr(data, f"y_{split}"), data), size


def some_examples(data: Data, count: int) -> tuple[Features, Targets]:
    """Inputs of the first training examples, as the model sees them, and all training targets."""
    if isinstance(data, Streamed):
        return data.inputs(data.train, slice(count)), data.train.y
    return data.x_train[:count], data.y_train


def number_of(data: Data, split: str) -> int:
    """How many examples a split has."""
    return len(getattr(data, f"x_{split}") if isinstance(data, Arrays) else getattr(data, split))


def tensors(x: Features, y: Targets, arrays: Arrays) -> tuple[tf.Tensor, tf.Tensor]:
    """Inputs and targets in the precision that Keras works in."""
    floats = keras.config.floatx()
    return tf.constant(x, floats), tf.constant(y, "int32" if arrays.task == "classification" else floats)
