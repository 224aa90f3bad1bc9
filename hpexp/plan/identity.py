"""Ids: equal ids mean equal results."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from hpexp.model import DataFacts, Experiment
from hpexp.plan.own import OwnModel
from hpexp.plan.values import canonical_json

TRAINING_VERSION = 2
"""Goes up by one when the same run trains to other numbers than before."""

DIGITS = 12


class Identity:
    """Ids of one experiment's points and runs.

    They hold what results depend on: parameters, seed, data, split, model and its source,
    early stopping, objective, smoke, and the training version; and nothing else.
    """

    def __init__(self, experiment: Experiment, facts: DataFacts, own: OwnModel | None) -> None:
        model, split, objective = experiment.model, experiment.data.split, experiment.objective
        stopping = experiment.early_stopping
        context = {
            "version": TRAINING_VERSION,
            "data": facts.fingerprint,
            "split": [float(split.validation), float(split.test), split.seed],
            "model": [model.kind, model.source, dict(model.options), own.digest if own else ""],
            "early_stopping": stopping
            and [
                stopping.monitor,
                stopping.patience,
                float(stopping.min_delta),
                objective.restores,
                stopping.mode,
            ],
            "objective": [objective.metric, objective.mode, *([] if objective.restores else ["last"])],
            "smoke": experiment.smoke,
        }
        self._begun = sha256(canonical_json(context).encode())

    def of_point(self, text: str, replicates: Iterable[tuple[int, int]]) -> tuple[str, list[str]]:
        """The id of a point, whose parameters are `text` as canonical JSON, and those of its runs.

        `replicates` are the repeat of the split and the seed of each run.
        """
        point = self._begun.copy()
        point.update(text.encode())
        runs = []
        for repeat, seed in replicates:
            run = point.copy()
            run.update(b"seed=%d" % seed)
            if repeat:
                run.update(b",repeat=%d" % repeat)
            runs.append(run.hexdigest()[:DIGITS])
        return point.hexdigest()[:DIGITS], runs
