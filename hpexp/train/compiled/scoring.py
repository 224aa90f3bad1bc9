"""Test scores of lanes: computed operation by operation, so that nothing need be compiled for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from hpexp.train.compiled.blueprint import Blueprint
from hpexp.train.compiled.program import Layout, Scores
from hpexp.train.compiled.table import Columns, Lane
from hpexp.train.data import Arrays


def score_test(
    blueprint: Blueprint,
    arrays: Arrays,
    layout: Layout,
    lanes: Sequence[Lane],
    columns: Columns,
    values: list[tf.Tensor],
) -> list[dict[str, float]]:
    """Each lane's scores on the test split; `values` are its weights, then other values."""
    if not len(arrays.x_test):
        return [{} for _ in lanes]
    count = len(blueprint.model.trainable_variables)
    network = blueprint.network(lanes)
    smoothing, penalty = (tf.constant(columns.values[name]) for name in ("smoothing", "penalty"))
    names, scores = layout.told.scores, Scores(layout, arrays.y_test)
    sums = np.zeros((len(names), len(lanes)))
    extra: Any = 0.0
    for start in range(0, len(arrays.x_test), layout.validation_chunk):
        span = slice(start, start + layout.validation_chunk)
        x = tf.constant(arrays.x_test[span], keras.config.floatx())
        outputs, _, squares = network(values[:count], values[count:], x, training=False)
        told = scores(outputs, tf.constant(arrays.y_test[span]), smoothing, len(lanes))
        sums += [tf.reduce_sum(score, -1).numpy() for score in told]
        extra = 0.0 if squares is None else (squares * penalty).numpy()
    means = sums / len(arrays.x_test)
    means[0] += extra
    return [dict(zip(names, row, strict=True)) for row in means.T.tolist()]
