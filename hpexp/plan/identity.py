"""Ids: equal ids mean equal results."""

from __future__ import annotations

from hashlib import sha256

from hpexp.dataloss import adds_to_loss
from hpexp.model import DataFacts, Experiment, Params
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
        self._own = model.kind == "python"

    def of_point(self, text: str, params: Params, seeds: tuple[int, ...]) -> tuple[str, list[str]]:
        """The id of a point, whose parameters are `text` as canonical JSON, and those of its runs."""
        point = self._begun.copy()
        point.update(text.encode())
        if self._own or adds_to_loss(params):
            # Before, such runs were ranked and stopped by a loss with its penalties.
            point.update(b"data loss")
        runs = []
        for seed in seeds:
            run = point.copy()
            run.update(b"seed=%d" % seed)
            runs.append(run.hexdigest()[:DIGITS])
        return point.hexdigest()[:DIGITS], runs
