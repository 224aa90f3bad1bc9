"""Whether an own function builds the same model for every seed, but for its variables' values.

A program computes all its lanes with one model and each lane's variables. What a function draws
and keeps elsewhere (a random projection, a mask, a choice among activations) is no variable: every
lane would get the first one's.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from hpexp.train.compiled.network import called


def unlike(seed: int) -> str:
    """Why a model is refused, in words."""
    return f"what its function builds for seed {seed} differs in more than weights"


_EXAMPLES = 8

_MOVED = 0.05
"""Standard deviation of what is added to the weights: behind some that are zero nothing would show."""

_ROUNDING = 1e-6
"""Relative to the largest entry: the same operations on the same numbers, one after another."""

_Seen = list[NDArray[Any]]


class Alike:
    """What a model computes of some examples, to be compared with others that its function builds."""

    def __init__(self, model: keras.Model, inputs: NDArray[Any]) -> None:
        random = np.random.default_rng(0)
        self._model = model
        self._inputs = tf.constant(inputs[:_EXAMPLES], keras.config.floatx())
        self._weights = [
            tf.constant(v.numpy() + random.normal(0, _MOVED, v.shape).astype(v.dtype))
            for v in model.trainable_variables
        ]
        self._state = [tf.constant(v.numpy()) for v in model.non_trainable_variables]
        self._expected: _Seen | None = None

    def to(self, other: keras.Model) -> bool:
        """Whether the other computes the same of the same variables, in training and in inference.

        Outputs, penalties, gradients and new state are compared.
        """
        if _variables(self._model) != _variables(other):
            return False
        if self._expected is None:
            self._expected = self._seen(self._model)
        seen = self._seen(other)
        return len(seen) == len(self._expected) and all(map(_same, seen, self._expected))

    def _seen(self, model: keras.Model) -> _Seen:
        with tf.GradientTape() as tape:
            tape.watch(self._weights)
            outputs, scope, losses = called(model, self._weights, self._state, self._inputs, training=True)
            total = tf.reduce_sum(tf.square(outputs)) + sum(tf.cast(each, outputs.dtype) for each in losses)
        gradients = tape.gradient(total, self._weights, unconnected_gradients="zero")
        state = [scope.get_current_value(v) for v in model.non_trainable_variables]
        quiet, _, more = called(model, self._weights, self._state, self._inputs, training=False)
        found = [outputs, *losses, *gradients, *state, quiet, *more]
        return [np.asarray(tf.convert_to_tensor(value)) for value in found]


def _variables(model: keras.Model) -> list[tuple[Any, ...]]:
    return [(tuple(v.shape), v.dtype, v.trainable) for v in model.variables]


def _same(one: NDArray[Any], other: NDArray[Any]) -> bool:
    if one.shape != other.shape:
        return False
    if one.dtype.kind not in "fc":
        return np.array_equal(one, other)
    size = float(np.max(np.abs(other), initial=0.0, where=np.isfinite(other)))
    return np.allclose(one, other, rtol=0, atol=_ROUNDING * size, equal_nan=True)
