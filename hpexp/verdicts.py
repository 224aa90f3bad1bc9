"""What is known of own models in the compiled engine: kept in the store, for the versions that found it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from hpexp import environment
from hpexp.model import Plan, Verdict
from hpexp.paths import LogsFolder
from hpexp.plan import with_verdicts
from hpexp.samedata import changed_files
from hpexp.store import Store


def versions() -> str:
    """The versions that a verdict holds for."""
    return json.dumps(environment.versions(), sort_keys=True)


def known_verdicts(plan: Plan, store: Store) -> Mapping[str, Verdict]:
    """The stored verdicts on the plan's runs, by their `proof`; none where a data function would read
    other files than before: what was found of a model need not hold for other data.
    """
    if not any(run.proof for run in plan.runs):
        return {}
    if plan.experiment.data.kind == "python" and changed_files(store, plan):
        return {}
    return store.verdicts(plan.experiment.name, versions())


def judged(plan: Plan, logs: Path) -> Plan:
    """The plan with what the store of a log folder knows; the plan itself where there is none."""
    store = Store.read(LogsFolder(logs)) if any(run.proof for run in plan.runs) else None
    if store is None:
        return plan
    with store:
        return with_verdicts(plan, known_verdicts(plan, store))
