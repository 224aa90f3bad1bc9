"""NaN and infinity in training: noticed in the very update in which they appear."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from hpexp.model import Divergence

_GRADIENT, _WEIGHT = 1, 2


class Diverged(Exception):
    """Raised out of `fit`: going on would only train NaN."""

    def __init__(self, divergence: Divergence) -> None:
        super().__init__(describe(divergence))
        self.divergence = divergence


def describe(divergence: Divergence) -> str:
    """One line for a person; epochs and steps count from 1 here."""
    step = "" if divergence.step is None else f", step {divergence.step + 1}"
    thing = {"loss": "the loss", "gradient": "a gradient", "weight": "a weight"}[divergence.what]
    return f"{thing} became NaN or infinite in epoch {divergence.epoch + 1}{step}"


class Watch(keras.callbacks.Callback):
    """Looks at loss, gradients and weights after every update, and raises Diverged.

    A step computes its loss, then gradients, then weights: the first of them that is not
    finite is the cause of the others.
    """

    def __init__(self, optimizer: Any) -> None:
        super().__init__()
        self._epoch = 0
        self._found = tf.Variable(0, trainable=False, dtype=tf.int32)
        apply = optimizer.apply

        def watched(gradients: Any, variables: Any = None) -> Any:
            result = apply(gradients, variables)
            finite_gradients = _finite([gradient for gradient in gradients if gradient is not None])
            found = tf.where(_finite(variables), 0, _WEIGHT)
            self._found.assign(tf.where(finite_gradients, found, _GRADIENT))
            return result

        optimizer.apply = watched

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
        # `loss` is the mean of the epoch so far: not finite from the first bad batch on.
        if not math.isfinite((logs or {}).get("loss", 0.0)):
            raise Diverged(Divergence(self._epoch, batch, "loss"))
        found = int(self._found.numpy())
        if found:
            raise Diverged(Divergence(self._epoch, batch, "gradient" if found == _GRADIENT else "weight"))


def _finite(tensors: Any) -> tf.Tensor:
    """Whether every entry of all tensors is finite; one boolean."""
    checks = [tf.reduce_all(tf.math.is_finite(tf.convert_to_tensor(tensor))) for tensor in tensors]
    return tf.reduce_all(tf.stack(checks))
