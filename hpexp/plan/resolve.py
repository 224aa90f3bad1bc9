"""A point of the grid -> every parameter that has an effect there, defaults included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hpexp.model import Experiment, Params, Reason, Task, Value
from hpexp.plan.expand import Point
from hpexp.plan.own import OwnModel
from hpexp.plan.values import canonical, meaning, same
from hpexp.vocabulary import (
    DEFAULTS,
    OF_BUILT_IN_MODELS,
    OPTIMIZER_DEFAULTS,
    PARAMETERS,
)

QUIET = frozenset(("beta_1", "beta_2", "rho", "epsilon"))
"""Options of optimizers that a run has only where the file sets or varies them."""

_UNSAID: Mapping[str, Params] = {
    optimizer: {
        "clipnorm": 0.0,  # clips as little as none does
        **{name: value for name, value in defaults.items() if name in QUIET},
        **(
            {"momentum": defaults["momentum"], "nesterov": defaults["nesterov"]}
            if optimizer == "muon"
            else {}
        ),
    }
    for optimizer, defaults in OPTIMIZER_DEFAULTS.items()
}
"""By optimizer, values that mean what is not said: an id leaves them out."""

ALWAYS_SET = ("optimizer", "learning_rate", "batch", "epochs")
"""Parameters of training that a run has even where an own function has other defaults for them."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """`params` are in the vocabulary's order, then those it does not know in the file's; of
    those that are not set only the varied ones.

    `dropped` says for each parameter without effect why it has none. `said` are the params that
    an id holds: those whose values a run without them would not have.
    """

    params: dict[str, Value]
    dropped: dict[str, Reason]
    said: dict[str, Value]


class Resolver:
    """Fills in defaults and drops what has no effect, for the points of one experiment."""

    def __init__(
        self, experiment: Experiment, task: Task | None, own: OwnModel | None, varied: tuple[str, ...]
    ) -> None:
        self._unset = frozenset(DEFAULTS) - frozenset(varied)
        self._model = experiment.model
        self._task = task
        self._own = own
        self._defaults = dict(DEFAULTS)
        self._reads: set[str] = set()
        self._known: dict[tuple[object, ...], dict[str, Reason]] = {}
        self._quiet = QUIET - frozenset(varied)
        self._kept = self._of_function()
        self._unsaid = _UNSAID
        if own is not None:
            # What the file sets is the function's affair, null too; its own defaults hold where it has any.
            self._unset -= OF_BUILT_IN_MODELS
            for name in OF_BUILT_IN_MODELS - own.requires:
                del self._defaults[name]
            of_function = {
                name: value
                for name, value in own.defaults.items()
                if name not in PARAMETERS or name in OF_BUILT_IN_MODELS
            }
            self._unsaid = {optimizer: {**known, **of_function} for optimizer, known in _UNSAID.items()}

    def filled(self, point: Point) -> dict[str, Value]:
        """The point with the defaults filled in, Keras's own among them."""
        full = {**self._defaults, **point}
        for name, value in OPTIMIZER_DEFAULTS[str(full["optimizer"])].items():
            # null goes on to a function that names the parameter.
            if full[name] is None and not (name in self._kept and name in point):
                full[name] = value
        return full

    def _of_function(self) -> frozenset[str]:
        """The parameters of training that an own function takes, too."""
        if self._own is None:
            return frozenset()
        taken = frozenset(PARAMETERS) if self._own.takes is None else self._own.takes & PARAMETERS.keys()
        return taken - OF_BUILT_IN_MODELS - frozenset(ALWAYS_SET) - frozenset(self._model.options)

    def resolve(self, point: Point, full: Mapping[str, Value]) -> Resolved:
        """Keep what has an effect; `full` is `filled(point)`."""
        dropped = self._dropped(point, full)
        unset = self._unset
        params = {
            name: value
            for name, value in full.items()
            if name not in dropped
            and (value is not None or name not in unset)
            and (name not in self._quiet or point.get(name) is not None)
        }
        return Resolved(params, dropped, self._said(params))

    def _said(self, params: dict[str, Value]) -> dict[str, Value]:
        unsaid = self._unsaid[str(params["optimizer"])]
        said = {
            name: value
            for name, value in params.items()
            if name in self._kept
            or (
                not (name in PARAMETERS and name not in OF_BUILT_IN_MODELS and value is None)
                and not (name in unsaid and same(unsaid[name], value))
            )
        }
        said["batch"] = meaning("batch", said["batch"])
        return said

    def _dropped(self, point: Point, full: Mapping[str, Value]) -> dict[str, Reason]:
        """What has no effect, and why.

        Asking every parameter costs most of the time of a large grid, and few of them decide:
        an answer holds for all points that are alike in what was read to find it.
        """
        key = self._key(point, full)
        if key not in self._known:
            before = len(self._reads)
            seen = _Recording({**full, "model": self._model.kind, "task": self._task}, self._reads)
            dropped = {name: why for name in full if (why := self._reason(name, point, seen)) is not None}
            if len(self._reads) > before:
                self._known.clear()
                key = self._key(point, full)
            self._known[key] = dropped
        return self._known[key]

    def _key(self, point: Point, full: Mapping[str, Value]) -> tuple[object, ...]:
        values = [full.get(name) for name in self._reads]
        if self._own is None:
            return tuple(values)
        return (*values, tuple(full), tuple(point))

    def _reason(self, name: str, point: Point, seen: Params) -> Reason | None:
        parameter = PARAMETERS.get(name)
        if self._own is not None and name in OF_BUILT_IN_MODELS:
            parameter = None
        reason = parameter.dead(seen) if parameter is not None else None
        return reason if self._own is None else self._own_reason(self._own, name, reason, given=name in point)

    def _own_reason(self, own: OwnModel, name: str, reason: Reason | None, *, given: bool) -> Reason | None:
        """Why a parameter has no effect with an own model; `reason` is the vocabulary's."""
        set_by_map = name in self._model.options
        taken = (own.takes is None or name in own.takes) and not set_by_map
        if name in PARAMETERS and name not in OF_BUILT_IN_MODELS:
            if taken and (given or name in own.requires):
                return None
            if reason is None and taken and own.takes is not None and name not in ALWAYS_SET:
                return "the function's own default holds"
            return reason
        if set_by_map:
            return "the model map sets it"
        return None if taken else f"{own.source} takes none"


class _Recording(Mapping[str, Value]):
    """A point that notes which of its values are read."""

    def __init__(self, point: Params, reads: set[str]) -> None:
        self._point = point
        self._reads = reads

    def __getitem__(self, name: str) -> Value:
        self._reads.add(name)
        return self._point[name]

    def __iter__(self) -> Iterator[str]:
        self._reads.update(self._point)
        return iter(self._point)

    def __len__(self) -> int:
        return len(self._point)


def matches(condition: Params, point: Point, full: Mapping[str, Value], *, own: bool) -> bool:
    """Whether every item of an `exclude` entry holds at a point; `null` means "not set"."""
    return all(_holds(name, value, point, full, own=own) for name, value in condition.items())


def _holds(name: str, value: Value, point: Point, full: Mapping[str, Value], *, own: bool) -> bool:
    if value is None:
        return point.get(name) is None
    if name not in full:
        return False
    return same(meaning(name, full[name]), meaning(name, canonical(name, value, own=own)))
