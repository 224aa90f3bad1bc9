"""Which engine trains an experiment, and what keeps it from being compiled."""

from __future__ import annotations

from typing import Literal

from hpexp.model import Engine, Experiment


def choose(asked: Engine | Literal["auto"], experiment: Experiment) -> tuple[Engine, str]:
    """The engine of an experiment's runs, and for `fit` the reason in few words.

    `auto` and `compiled` take the compiled engine wherever it does what `fit` does. That is
    proven for every parameter (tests/test_compiled_equal.py). Own models are tried there,
    and go through `fit` where they cannot be compiled.
    """
    if asked == "fit":
        return "fit", "asked for"
    reason = _obstacle(experiment)
    return ("fit", reason) if reason else ("compiled", "")


def _obstacle(experiment: Experiment) -> str | None:
    """What the compiled engine does not do."""
    if experiment.training.checkpoint_every:
        return "training.checkpoint_every: only fit writes checkpoints"
    if experiment.tensorboard.histograms:
        return "tensorboard.histograms: only fit writes histograms"
    return None
