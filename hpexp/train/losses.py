"""Losses and metrics, for each example, the same in every engine.

Classification: cross-entropy (natural logarithm) against int32 labels `[n]`, outputs
`[n, classes]`, or `[n, 1]` where two classes share one output. Regression: squared error,
mean over the outputs, targets `[n]` or `[n, outputs]`. What Keras reports as loss is the mean
over examples, plus any penalty; the loss of the data alone is that mean without label smoothing.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from hpexp.dataloss import DATA_LOSS
from hpexp.model import Task
from hpexp.train.heads import Head, as_logits


def example_losses(head: Head, outputs: Any, targets: Any, *, smoothing: Any = None) -> Any:
    """The loss of each example, shape `[n]`.

    `smoothing` (a number or a scalar tensor; `None` for none) spreads that share of the
    target evenly over all classes.
    """
    outputs, head = as_logits(head, outputs), head.trained
    if head is Head.VALUES:
        return ops.mean(ops.square(outputs - _as_outputs(targets, outputs)), axis=-1)
    if head is Head.LOGIT:
        targets = _of_second(targets, outputs)
        if smoothing is not None:
            share = ops.cast(smoothing, outputs.dtype)
            targets = targets * (1 - share) + share / 2
        return ops.binary_crossentropy(targets, outputs, from_logits=True)[..., 0]
    if smoothing is None:
        return ops.sparse_categorical_crossentropy(targets, outputs, from_logits=True)
    classes = outputs.shape[-1]
    share = ops.cast(smoothing, outputs.dtype)
    smoothed = ops.one_hot(targets, classes, dtype=outputs.dtype) * (1 - share) + share / classes
    return ops.categorical_crossentropy(smoothed, outputs, from_logits=True)


def example_metrics(head: Head, outputs: Any, targets: Any) -> Any:
    """Each example's share of the metric, `[n]`: 1 or 0 for a hit, or the absolute error."""
    if head is Head.VALUES:
        return ops.mean(ops.abs(outputs - _as_outputs(targets, outputs)), axis=-1)
    if head in (Head.LOGIT, Head.PROBABILITY):
        second = outputs > (0 if head is Head.LOGIT else 0.5)
        hits = ops.equal(ops.cast(second, outputs.dtype), _of_second(targets, outputs))[..., 0]
    else:
        hits = ops.equal(ops.argmax(outputs, axis=-1), ops.cast(targets, "int32"))
    return ops.cast(hits, outputs.dtype)


def metric_name(task: Task) -> str:
    """The metric's key in an epoch's logs."""
    return "mae" if task == "regression" else "accuracy"


def make_loss(head: Head, *, smoothing: float = 0.0) -> Any:
    """`example_losses` as a keras.losses.Loss."""

    def loss(targets: Any, outputs: Any) -> Any:
        return example_losses(head, outputs, targets, smoothing=smoothing if smoothing else None)

    return _Loss(loss)


def make_metric(head: Head) -> Any:
    """`example_metrics`, averaged, as a keras.metrics.Metric."""

    def metric(targets: Any, outputs: Any) -> Any:
        return example_metrics(head, outputs, targets)

    return keras.metrics.MeanMetricWrapper(metric, name=metric_name(head.task))


def make_data_loss(head: Head) -> Any:
    """The loss of the data alone, averaged over examples, as a keras.metrics.Metric."""

    def loss(targets: Any, outputs: Any) -> Any:
        return example_losses(head, outputs, targets)

    return keras.metrics.MeanMetricWrapper(loss, name=DATA_LOSS)


class _Loss(keras.losses.Loss):
    def __init__(self, function: Any) -> None:
        super().__init__(name="loss")
        self._function = function

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return self._function(y_true, y_pred)


def _as_outputs(targets: Any, outputs: Any) -> Any:
    return ops.cast(ops.reshape(targets, ops.shape(outputs)), outputs.dtype)


def _of_second(targets: Any, outputs: Any) -> Any:
    """Labels 0 and 1 as numbers beside the one output of two classes: `[n]` -> `[n, 1]`."""
    return ops.expand_dims(ops.cast(targets, outputs.dtype), -1)
