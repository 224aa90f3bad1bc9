"""What the verdicts on own models in the compiled engine are kept under, and what they change in a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256

from hpexp.model import DataFacts, Experiment, Params, Plan, Run, Verdict
from hpexp.plan.group import make_groups
from hpexp.plan.own import OwnModel, read_own_model
from hpexp.plan.values import canonical_json
from hpexp.vocabulary import LANES, optimizer_kind

PROOF_VERSION = 2
"""Goes up by one when the compiled engine, or its proof, would come to other verdicts than before."""


class Proofs:
    """The `proof` of each run: equal where one verdict holds for both."""

    def __init__(self, experiment: Experiment, facts: DataFacts, own: OwnModel | None) -> None:
        model = experiment.model
        self._kept = own is not None and own.digest != ""
        # Of a function that cannot be read, any parameter may be one that it takes.
        self._free = frozenset() if own is None or own.takes is None else LANES - own.takes
        if own is not None:
            context = {
                "version": PROOF_VERSION,
                # Of own data a worker adds what they are.
                "data": [facts.fingerprint, facts.train, facts.validation, facts.test],
                "smoke": experiment.smoke,
                "model": [model.source, dict(model.options), own.digest],
            }
            self._own_data = experiment.data.kind == "python"
            self._begun = sha256(canonical_json(context).encode())

    def of(self, params: Params, repeat: int = 0) -> str:
        """'' for a built-in model, and where the own model's source cannot be read.

        Of data that a file or a name tells, all repeats of the split have one proof.
        """
        if not self._kept:
            return ""
        proof = self._begun.copy()
        fixed = {name: value for name, value in params.items() if name not in self._free}
        kind = list(optimizer_kind(params))
        proof.update(canonical_json({"params": fixed, "kind": kind}).encode())
        if repeat and self._own_data:
            proof.update(b"repeat=%d" % repeat)
        return proof.hexdigest()[:16]


def with_verdicts(plan: Plan, verdicts: Mapping[str, Verdict]) -> Plan:
    """The plan with what is known by `Run.proof`: a model that was found to differ goes through `fit`."""
    reasons = {proof: verdict.reason for proof, verdict in verdicts.items() if verdict.reason}
    if not any(run.proof in reasons for run in plan.runs):
        return plan

    def judged(run: Run) -> Run:
        reason = reasons.get(run.proof) if run.engine == "compiled" else None
        return replace(run, engine="fit", engine_reason=f"not compiled: {reason}") if reason else run

    runs = tuple(map(judged, plan.runs))
    return replace(plan, runs=runs, groups=make_groups(runs, read_own_model(plan.experiment.model)))
