"""What a file sets and no run heeds: a misspelt name of an own model's parameter, say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from hpexp.errors import ConfigError, Problem
from hpexp.model import Experiment, Idle, Plan, Reason, Run
from hpexp.plan.collapse import joined
from hpexp.plan.own import OwnModel
from hpexp.text import nearest
from hpexp.vocabulary import PARAMETERS


def find_idle(
    experiment: Experiment,
    runs: Iterable[Run],
    dropped: Mapping[str, Iterable[Reason]],
    varied: Sequence[str],
    own: OwnModel | None,
) -> tuple[Idle, ...]:
    """`dropped` says of names why they have no effect, at the points where they have none."""
    used = {name for run in runs for name in run.params}
    given = [name for name, value in experiment.params.items() if value is not None]
    return tuple(
        Idle(name, tuple(dropped.get(name, ())), _hint(name, own))
        for name in dict.fromkeys([*given, *varied])
        if name not in used
    )


def _hint(name: str, own: OwnModel | None) -> str:
    """The name that may have been meant, where it is no parameter of hpexp's."""
    if own is None or own.takes is None:
        return ""
    allowed = {*PARAMETERS, *own.takes} - {name}
    return nearest(name, sorted(allowed)) if name not in PARAMETERS else ""


def refuse_idle_grid(plan: Plan) -> None:
    """Raise ConfigError where a grid has axes and none has an effect in any run."""
    axes = [name for block in plan.experiment.grid for axis in block for name in axis.names]
    idle = {each.name: each for each in plan.idle}
    if not axes or not all(name in idle for name in axes):
        return
    problems = []
    for name in dict.fromkeys(axes):
        line, column = plan.experiment.places.get(name, (0, 0))
        reasons = f"{joined(idle[name].reasons)}{idle[name].meant}"
        problems.append(Problem(line, column, f"grid.{name}", f"no axis has an effect: {reasons}"))
    raise ConfigError(plan.experiment.path, problems)
