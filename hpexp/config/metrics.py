"""Which metrics there are, and which one ranks runs where the file does not say."""

from __future__ import annotations

from typing import Literal

from hpexp.vocabulary import CLASSIFICATION_METRICS, REGRESSION_METRICS, metric_mode


def known(task: str | None) -> tuple[str, ...]:
    """The metrics of a task; of both where the task is not known yet."""
    if task == "classification":
        return CLASSIFICATION_METRICS
    if task == "regression":
        return REGRESSION_METRICS
    return tuple(dict.fromkeys((*CLASSIFICATION_METRICS, *REGRESSION_METRICS)))


def default(task: str | None, has_validation: bool) -> str:
    """Accuracy for classes, loss for anything else; on validation where there is one."""
    metric = "accuracy" if task == "classification" else "loss"
    return f"val_{metric}" if has_validation else metric


def mode(metric: str) -> Literal["min", "max"]:
    """Whether high or low is better."""
    return metric_mode(metric)
