"""The runs of a group as lanes: sorted so that equal structure lies side by side, and as columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from hpexp.model import Params, Run
from hpexp.train.compiled.updates import lane_option, optimizer_key
from hpexp.train.models import OPERATIONS
from hpexp.train.optimizers import base_learning_rate
from hpexp.vocabulary import LANES


def structure(params: Params, named: frozenset[str] = frozenset()) -> tuple[Any, ...]:
    """What must be equal for runs to be lanes of one program.

    `named` are the parameters that an own model's function takes.
    """
    free = LANES - named
    # 1, 1.0 and True are three values to an own function.
    fixed = [(name, type(params[name]), params[name]) for name in sorted(params) if name not in free]
    activation = params.get("activation")
    return (*fixed, activation if activation in OPERATIONS else None)


@dataclass(frozen=True, slots=True)
class Lane:
    """One run, and how many epochs it is to train."""

    run: Run
    epochs: int

    @property
    def params(self) -> Params:
        return self.run.params


def sort_lanes(lanes: Sequence[Lane]) -> list[Lane]:
    """Lanes in an order that keeps optimizers together, and activations within each."""

    def key(lane: Lane) -> tuple[str, str, int]:
        return repr(optimizer_key(lane.params)), str(lane.params.get("activation")), lane.run.seed

    return sorted(lanes, key=key)


def spans(values: Sequence[Any]) -> Iterator[tuple[int, int]]:
    """From and to of each stretch of equal values."""
    start = 0
    for stop in range(1, len(values) + 1):
        if stop == len(values) or values[stop] != values[start]:
            yield start, stop
            start = stop


@dataclass(frozen=True, slots=True)
class Columns:
    """The lanes' numbers, one array per parameter; `order` is each lane's place in `seeds`."""

    seeds: tuple[int, ...]
    values: dict[str, np.ndarray[Any, Any]]


def _rounded(value: float) -> float:
    """Keras makes some numbers float32 first, whatever the precision of the weights."""
    return float(np.float32(value))


def _rate(lane: Lane) -> float:
    rate = base_learning_rate(lane.params)
    return rate if lane.params.get("schedule", "constant") == "constant" else _rounded(rate)


def _momentum(lane: Lane) -> float:
    momentum = lane_option(lane.params, "momentum")
    return _rounded(momentum) if lane.params.get("optimizer", "sgd") == "sgd" else momentum


def schedules(lanes: Sequence[Lane]) -> tuple[str, ...]:
    """The learning-rate schedules among the lanes."""
    return tuple(sorted({str(lane.params.get("schedule", "constant")) for lane in lanes}))


def columns(lanes: Sequence[Lane], *, schedules: tuple[str, ...], penalized: bool) -> Columns:
    """Lane values in the types that the program takes.

    `schedules` are those that the program knows; a lane's is a place among them. Where
    lanes are not `penalized` by their parameters, any penalty is a model's own.
    """
    floats = keras.config.floatx()
    seeds = tuple(sorted({lane.run.seed for lane in lanes}))
    rows = {seed: row for row, seed in enumerate(seeds)}

    def column(read: Callable[[Lane], Any], dtype: str = floats) -> np.ndarray[Any, Any]:
        return np.array([read(lane) for lane in lanes], dtype)

    def number(name: str, default: float, change: Callable[[Any], float] = float) -> Callable[[Lane], Any]:
        return lambda lane: default if lane.params.get(name) is None else change(lane.params[name])

    values = {
        "rate": column(_rate),
        "momentum": column(_momentum),
        "weight_decay": column(lambda lane: _rounded(lane_option(lane.params, "weight_decay"))),
        "smoothing": column(number("label_smoothing", 0.0, _rounded)),
        "penalty": column(number("l2", 0.0, _rounded) if penalized else lambda lane: 1.0),
        "schedule": column(
            lambda lane: schedules.index(str(lane.params.get("schedule", "constant"))), "int32"
        ),
        "decay_rate": column(number("decay_rate", 0.5, _rounded), "float64"),
        "decay_epochs": column(number("decay_epochs", 10.0, _rounded), "float64"),
        "epochs": column(lambda lane: lane.epochs, "float64"),
        "order": column(lambda lane: rows[lane.run.seed], "int32"),
    }
    return Columns(seeds, values)
