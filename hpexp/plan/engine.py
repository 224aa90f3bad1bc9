"""Which engine trains a run, and what keeps it from being compiled."""

from __future__ import annotations

from typing import Literal

from hpexp.model import Engine, Experiment, Params

UNPROVEN_ACTIVATIONS = ("glu", "threshold")
"""Built-in models' activations that tests/test_compiled_equal.py leaves out: glu halves the width
of its layer, threshold has no default threshold."""


def choose(asked: Engine | Literal["auto"], experiment: Experiment, params: Params) -> tuple[Engine, str]:
    """The engine, and for `fit` the reason in few words.

    `auto` and `compiled` take the compiled engine wherever it does what `fit` does. Own
    models are tried there, and go through `fit` where they cannot be compiled.
    """
    if asked == "fit":
        return "fit", "asked for"
    reason = _of_experiment(experiment) or _of_point(experiment, params)
    return ("fit", reason) if reason else ("compiled", "")


def _of_experiment(experiment: Experiment) -> str | None:
    if experiment.training.checkpoint_every:
        return "training.checkpoint_every: only fit writes checkpoints"
    if experiment.tensorboard.histograms:
        return "tensorboard.histograms: only fit writes histograms"
    return None


def _of_point(experiment: Experiment, params: Params) -> str | None:
    activation = params.get("activation")
    if experiment.model.kind != "python" and activation in UNPROVEN_ACTIVATIONS:
        return f"activation {activation} is not proven equal"
    return None
