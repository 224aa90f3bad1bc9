"""Training batches for `keras.Model.fit`, in an order that hpexp decides epoch by epoch."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from hpexp.train.data import Arrays, Features, Targets
from hpexp.train.order import epoch_order


class OrderedBatches:
    """The training split as a tf.data.Dataset of batches; `start_epoch` sets the order of the next pass.

    The last batch may be smaller than `batch_size`; it counts.
    """

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


def tensors(x: Features, y: Targets, arrays: Arrays) -> tuple[tf.Tensor, tf.Tensor]:
    """Inputs and targets in the precision that Keras works in."""
    floats = keras.config.floatx()
    return tf.constant(x, floats), tf.constant(y, "int32" if arrays.task == "classification" else floats)
