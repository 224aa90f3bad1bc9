"""What the numbers are that a model ends with, and how they become logits."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import keras
from keras import ops

from hpexp.model import Params, Task


class Head(StrEnum):
    """What a model's outputs `[n, width]` mean.

    A loss sees logits: `trained` is the head of what `as_logits` makes of the outputs.
    """

    VALUES = "values"
    """Of a regression."""
    LOGITS = "logits"
    """One a class, unbounded."""
    PROBABILITIES = "probabilities"
    """One a class; they sum to 1."""
    LOGIT = "logit"
    """One number for two classes: that of the second class, unbounded."""
    PROBABILITY = "probability"
    """One number for two classes: the second class's probability."""

    @property
    def task(self) -> Task:
        return "regression" if self is Head.VALUES else "classification"

    @property
    def trained(self) -> Head:
        return {Head.PROBABILITIES: Head.LOGITS, Head.PROBABILITY: Head.LOGIT}.get(self, self)


def head_of(task: Task, params: Params) -> Head:
    """The head of a built-in model, which gives what the parameter `output` says."""
    if task == "regression":
        return Head.VALUES
    return Head.PROBABILITIES if params.get("output") == "softmax" else Head.LOGITS


def as_logits(head: Head, outputs: Any) -> Any:
    """Outputs as the loss takes them: probabilities as their logits, anything else as it is.

    Softmax and sigmoid outputs are taken back to what went into them where Keras or the graph
    still knows it, else their logarithms are, 1e-7 away from 0 and 1 at least: Keras's rule
    (`_get_logits` of its TensorFlow backend).
    """
    if head not in (Head.PROBABILITIES, Head.PROBABILITY):
        return outputs
    known = _known(outputs, "Softmax" if head is Head.PROBABILITIES else "Sigmoid")
    if known is not None:
        return known
    epsilon = keras.config.epsilon()
    share = ops.clip(outputs, epsilon, 1 - epsilon)
    return ops.log(share) if head is Head.PROBABILITIES else ops.log(share) - ops.log(1 - share)


def _known(outputs: Any, operation: str) -> Any:
    """What went into the softmax or sigmoid that gave these outputs; None where that is not known."""
    logits = getattr(outputs, "_keras_logits", None)
    if logits is not None:
        return logits
    try:
        made_by = outputs.op
    except AttributeError:  # a tensor outside a graph
        return None
    return made_by.inputs[0] if made_by.type == operation else None
