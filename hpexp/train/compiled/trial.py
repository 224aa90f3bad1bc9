"""Whether lanes of a model with unknown layers compute what the model itself computes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import tensorflow as tf

from hpexp.train.compiled.blueprint import Blueprint
from hpexp.train.compiled.cohort import Cohort
from hpexp.train.compiled.network import Network, OneLane
from hpexp.train.compiled.program import Data

_EXAMPLES = 8
_TOLERANCE = 1e-4
"""Relative to the largest entry: float32 sums in another order."""


@contextmanager
def quiet() -> Iterator[None]:
    """TensorFlow logs at length what it cannot rewrite; here that is an answer, not an error."""
    logger = tf.get_logger()
    before = logger.disabled
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = before


def agrees(blueprint: Blueprint, cohort: Cohort, data: Data) -> str | None:
    """Compare outputs, state and gradients of the first and the last lane with the model's own.

    `None` where they agree, else what differs.
    """
    values = cohort.values()
    count = len(blueprint.model.trainable_variables)
    x = data.x[:_EXAMPLES]
    seeds = [
        place
        for place, variable in enumerate(blueprint.model.non_trainable_variables)
        if "seed_generator" in variable.path
    ]
    network = blueprint.network(cohort.lanes)
    alone = OneLane(blueprint.model, blueprint.rank, blueprint.head)
    for training in (False, True):
        stacked = _results(network, values[:count], values[count:], x, training)
        for lane in {0, len(cohort.lanes) - 1}:
            own = [value[lane : lane + 1] for value in values]
            expected = _results(alone, own[:count], own[count:], x, training)
            if any(not np.array_equal(expected[1 + place], own[count + place]) for place in seeds):
                return "it draws random numbers, which `fit` would draw in another order"
            for mine, model in zip(stacked, expected, strict=True):
                if not _close(mine[lane], model[0]):
                    return "its lanes differ from the model itself"
    return None


def _results(network: Network, weights: Any, other: Any, x: tf.Tensor, training: bool) -> list[Any]:
    with tf.GradientTape() as tape:
        tape.watch(weights)
        outputs, state, _ = network(weights, other, x, training=training)
        total = tf.reduce_sum(tf.square(outputs))
    gradients = tape.gradient(total, weights, unconnected_gradients="zero")
    return [np.asarray(value) for value in [outputs, *state, *gradients]]


def _close(one: Any, other: Any) -> bool:
    scale = float(np.max(np.abs(other), initial=0.0))
    return bool(np.allclose(one, other, rtol=0, atol=_TOLERANCE * max(scale, 1e-6)))
