"""A point of the grid -> every parameter that has an effect there, defaults included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hpexp.model import Experiment, Params, Task, Value
from hpexp.plan.expand import Point
from hpexp.plan.own import OwnModel
from hpexp.plan.values import canonical, meaning, same
from hpexp.vocabulary import PARAMETERS, default_learning_rate, default_weight_decay

DEFAULTS: Mapping[str, Value] = {name: parameter.default for name, parameter in PARAMETERS.items()}


def _of_built_in_models() -> frozenset[str]:
    own: Params = {**DEFAULTS, "model": "python"}
    built_in: Params = {**DEFAULTS, "model": "cnn"}
    return frozenset(name for name, each in PARAMETERS.items() if each.dead(own) and not each.dead(built_in))


OF_BUILT_IN_MODELS = _of_built_in_models()
"""Parameters that say how a built-in model is made: hidden, activation, …"""


@dataclass(frozen=True, slots=True)
class Resolved:
    """`params` are in the vocabulary's order, then those it does not know in the file's.

    `dropped` says for each parameter without effect why it has none.
    """

    params: dict[str, Value]
    dropped: dict[str, str]


class Resolver:
    """Fills in defaults and drops what has no effect, for the points of one experiment."""

    def __init__(self, experiment: Experiment, task: Task | None, own: OwnModel | None) -> None:
        self._model = experiment.model
        self._task = task
        self._own = own
        self._defaults = dict(DEFAULTS)
        if own is not None:
            # The function's own defaults hold, unless it has none.
            for name in OF_BUILT_IN_MODELS - own.requires:
                del self._defaults[name]

    def filled(self, point: Point) -> dict[str, Value]:
        """The point with the defaults filled in, Keras's own among them."""
        full = {**self._defaults, **point}
        optimizer = str(full["optimizer"])
        if full["learning_rate"] is None:
            full["learning_rate"] = default_learning_rate(optimizer)
        if full["weight_decay"] is None:
            full["weight_decay"] = default_weight_decay(optimizer)
        return full

    def resolve(self, point: Point, full: Mapping[str, Value]) -> Resolved:
        """Keep what has an effect; `full` is `filled(point)`."""
        seen = {**full, "model": self._model.kind, "task": self._task}
        params: dict[str, Value] = {}
        dropped: dict[str, str] = {}
        for name, value in full.items():
            parameter = PARAMETERS.get(name)
            reason = parameter.dead(seen) if parameter is not None else None
            if self._own is not None:
                reason = self._own_reason(self._own, name, reason, given=name in point)
            if reason is None:
                params[name] = value
            else:
                dropped[name] = reason
        return Resolved(params, dropped)

    def _own_reason(self, own: OwnModel, name: str, reason: str | None, *, given: bool) -> str | None:
        """Why a parameter has no effect with an own model; `reason` is the vocabulary's."""
        trains = name in PARAMETERS and name not in OF_BUILT_IN_MODELS
        set_by_map = name in self._model.options
        taken = (own.takes is None or name in own.takes) and not set_by_map
        if trains:
            passed = taken and (given or name in own.requires)
            return None if passed else reason
        if set_by_map:
            return "the model map sets it"
        return None if taken else f"{own.source} takes none"


def matches(condition: Params, point: Point, full: Mapping[str, Value]) -> bool:
    """Whether every item of an `exclude` entry holds at a point; `null` means "not set"."""
    return all(_holds(name, value, point, full) for name, value in condition.items())


def _holds(name: str, value: Value, point: Point, full: Mapping[str, Value]) -> bool:
    if value is None:
        return point.get(name) is None
    if name not in full:
        return False
    return same(meaning(name, full[name]), meaning(name, canonical(name, value)))
