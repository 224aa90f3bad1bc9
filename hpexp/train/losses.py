"""Losses and metrics, for each example, the same in every engine.

Classification: cross-entropy (natural logarithm) against int32 labels `[n]`, outputs
`[n, classes]`. Regression: squared error, mean over the outputs, targets `[n]` or
`[n, outputs]`. What is reported is the mean over examples, plus any L2 penalty.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from hpexp.model import Task


def example_losses(
    task: Task, outputs: Any, targets: Any, *, from_logits: bool, smoothing: Any = None
) -> Any:
    """The loss of each example, shape `[n]`.

    `smoothing` (a number or a scalar tensor; `None` for none) spreads that share of the
    target evenly over all classes. Softmax outputs are taken back to their logits where
    TensorFlow's graph still knows them, else clipped to 1e-7 from 0 and 1: Keras's rule.
    """
    if task == "regression":
        return ops.mean(ops.square(outputs - _as_outputs(targets, outputs)), axis=-1)
    if smoothing is None:
        return ops.sparse_categorical_crossentropy(targets, outputs, from_logits=from_logits)
    classes = outputs.shape[-1]
    share = ops.cast(smoothing, outputs.dtype)
    smoothed = ops.one_hot(targets, classes, dtype=outputs.dtype) * (1 - share) + share / classes
    return ops.categorical_crossentropy(smoothed, outputs, from_logits=from_logits)


def example_metrics(task: Task, outputs: Any, targets: Any) -> Any:
    """Each example's share of the metric, `[n]`: 1 or 0 for a hit, or the absolute error."""
    if task == "regression":
        return ops.mean(ops.abs(outputs - _as_outputs(targets, outputs)), axis=-1)
    hits = ops.equal(ops.argmax(outputs, axis=-1), ops.cast(targets, "int32"))
    return ops.cast(hits, outputs.dtype)


def metric_name(task: Task) -> str:
    """The metric's key in an epoch's logs."""
    return "mae" if task == "regression" else "accuracy"


def make_loss(task: Task, *, from_logits: bool, smoothing: float = 0.0) -> Any:
    """`example_losses` as a keras.losses.Loss."""

    def loss(targets: Any, outputs: Any) -> Any:
        return example_losses(
            task, outputs, targets, from_logits=from_logits, smoothing=smoothing if smoothing else None
        )

    return _Loss(loss)


def make_metric(task: Task) -> Any:
    """`example_metrics`, averaged, as a keras.metrics.Metric."""

    def metric(targets: Any, outputs: Any) -> Any:
        return example_metrics(task, outputs, targets)

    return keras.metrics.MeanMetricWrapper(metric, name=metric_name(task))


class _Loss(keras.losses.Loss):
    def __init__(self, function: Any) -> None:
        super().__init__(name="loss")
        self._function = function

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return self._function(y_true, y_pred)


def _as_outputs(targets: Any, outputs: Any) -> Any:
    return ops.cast(ops.reshape(targets, ops.shape(outputs)), outputs.dtype)
