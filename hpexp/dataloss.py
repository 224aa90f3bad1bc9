"""The loss of the data alone, beside the loss that training minimizes.

Keras's `loss` and `val_loss` hold penalties and label smoothing, so that runs with other penalties are
measured by other losses. Where the two may differ, runs tell `data_loss` and `val_data_loss` as well:
the mean over examples of what the outputs miss, without either. Where a loss is asked for as objective
or monitor, it is the data's.
"""

from __future__ import annotations

import itertools
from collections.abc import Container, Iterator, Mapping

from hpexp.model import Experiment, Params, Task, Value

DATA_LOSS = "data_loss"
DATA_LOSSES = {"loss": DATA_LOSS, "val_loss": f"val_{DATA_LOSS}"}
"""Keras's losses, and the data's own beside them."""

_LOSSES = {data: loss for loss, data in DATA_LOSSES.items()}

_ADDING = ("l2", "label_smoothing")
"""Parameters of hpexp's that change the loss that is minimized, and not what is to be learned."""


def canonical(metric: str) -> str:
    """One name for both losses: to ask for either is to ask for the data's."""
    return _LOSSES.get(metric, metric)


def ranked_by(metric: str, told: Container[str]) -> str:
    """The name of the metric that ranks: of a loss the data's own, where it is among those `told`."""
    plain = canonical(metric)
    data = DATA_LOSSES.get(plain)
    return data if data is not None and data in told else plain


def tells_both(metrics: Container[str]) -> bool:
    """Whether the data's loss stands beside Keras's."""
    return DATA_LOSS in metrics


def completed(metrics: Mapping[str, float]) -> dict[str, float]:
    """The metrics of a run whose losses are the data's alone, with the names of both."""
    same = {data: metrics[loss] for loss, data in DATA_LOSSES.items() if loss in metrics}
    return {**same, **metrics}


def adds_to_loss(params: Params) -> bool:
    """Whether training with these parameters minimizes more than the loss of the data."""
    return any(params.get(name) for name in _ADDING)


def may_differ(experiment: Experiment, task: Task | None) -> bool:
    """Whether a run of the experiment is set to minimize more than the loss of the data.

    All its runs tell both losses then, so that they can be compared. An own model's code may add to the
    loss where this says no.
    """
    classes, built_in = task != "regression", experiment.model.kind != "python"
    counted = {"label_smoothing": classes, "l2": built_in}
    return any(counted.get(name) and value for name, value in _settings(experiment))


def _settings(experiment: Experiment) -> Iterator[tuple[str, Value]]:
    yield from experiment.params.items()
    for point in experiment.include:
        yield from point.items()
    for axis in itertools.chain.from_iterable(experiment.grid):
        for values in axis.values:
            yield from zip(axis.names, values, strict=True)
