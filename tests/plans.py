"""Plans of small experiments, written down without a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hpexp.model import Axis, Block, DataFacts, Experiment, Plan, Value
from hpexp.plan import build_plan
from tests.builders import an_experiment

FACTS = DataFacts("0123456789ab", "classification", 1079, 359, 359)


def block(**axes: Sequence[Value]) -> Block:
    """Axes of one name each, in the order given."""
    return tuple(Axis((name,), tuple((value,) for value in values)) for name, values in axes.items())


def zipped(**axes: Sequence[Value]) -> Axis:
    """One axis whose names move together."""
    return Axis(tuple(axes), tuple(zip(*axes.values(), strict=True)))


def experiment(**changes: Any) -> Experiment:
    """An experiment on digits with an mlp; a grid may be given as one block of axes."""
    grid = changes.get("grid", ())
    if isinstance(grid, Mapping):
        changes["grid"] = (block(**grid),)
    return replace(an_experiment(), **changes)


def plan_of(facts: DataFacts = FACTS, engine: Any = "auto", **changes: Any) -> Plan:
    return build_plan(experiment(**changes), facts, engine=engine)


def chosen(plan: Plan, *names: str) -> list[tuple[Value, ...]]:
    """The runs' values of some parameters, in the plan's order; None where a run has none."""
    return [tuple(run.params.get(name) for name in names) for run in plan.runs]
