"""Whether the compiled engine trains an own model as `fit` does: two steps by both, number by number.

Weights are moved away from where the model starts, because a branch that starts at zero would
hide what lies behind it. Of each optimizer two lanes train side by side, started apart, so that
lanes that mix would show. Under `fit` each has a model that the own function builds for a seed of
its own, while the lanes share one, so that what is drawn beside variables would show. In float64
the engines differ by the order of sums alone, so that the tolerance is tight; a model that insists
on another precision is compared in float32.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from hpexp.failures import line_of
from hpexp.model import ModelSpec
from hpexp.train.compiled.alike import Alike, unlike
from hpexp.train.compiled.blueprint import Blueprint, Way, quiet
from hpexp.train.compiled.small import After, Small, Start, by_fit, by_lanes
from hpexp.train.compiled.table import Lane, sort_lanes
from hpexp.train.data import Arrays
from hpexp.train.heads import Head
from hpexp.train.models import build_model
from hpexp.train.reading import Reading

TOLERANCES = {"float64": 1e-9, "float32": 1e-4}
"""Relative to the largest entry of what is compared."""

_SMALLEST = {"float64": 1e-3, "float32": 1e-2}
"""Nothing is compared relative to less than this."""

_RATES = (0.01, 0.03)
"""Learning rates of the two lanes: a person's may be 0, or so large that nothing finite is left."""

_MOVED = 0.05
"""Standard deviation of what is added to the weights."""

Kind = Sequence[Lane]
"""Lanes with one optimizer, of which the first and the last stand for all."""


_OF_THE_MODEL = (
    TypeError, ValueError, NotImplementedError, tf.errors.InvalidArgumentError, tf.errors.UnimplementedError
)  # fmt: skip
"""What TensorFlow raises where it cannot rewrite a model for lanes. All else (no memory, say) may pass."""


@dataclass(frozen=True, slots=True)
class Apart:
    """What differs, in words; `compared` is False where nothing could be, because something was raised."""

    reason: str
    compared: bool = True


def differences(
    spec: ModelSpec,
    head: Head,
    kinds: Sequence[Kind],
    arrays: Arrays,
    ways: Sequence[Way],
    names: Sequence[str],
) -> dict[Way, list[Apart | None]]:
    """For each way tried, of each kind: None where lanes train as under `fit`, else what differs.

    `arrays` are prepared. Of `ways` the later ones are tried only while the earlier ones differ.
    `names` are the paths of the model's weights, then those of its other variables. Raises what
    need not be raised another time.
    """
    first = kinds[0][0]
    small = Small.of(arrays, first)
    pairs = [
        [small.lane(lanes[place], rate) for place, rate in zip((0, -1), _RATES, strict=True)]
        for lanes in kinds
    ]
    # The template is that of seed 0; runs may have any, and one verdict holds for all of them.
    seeds = first.run.seed, first.run.seed + 1
    for floats in TOLERANCES:
        with _precision(floats), quiet():
            built = [_own_model(spec, small, first, seed, floats) for seed in seeds]
            models = [model for model in built if model is not None]
            if len(models) < len(seeds):
                continue
            try:
                if not Alike(models[0], small.arrays.x_train).to(models[1]):
                    return {ways[0]: [Apart(unlike(seeds[1]))] * len(pairs)}
                starts = [_start(model, place) for place, model in enumerate(models)]
                expected = [
                    [
                        # The first as it trains; for what the others do to a model no graph is needed,
                        # but in float32 the rounding of one.
                        by_fit(
                            model,
                            head,
                            small,
                            lane,
                            start,
                            traced=number == 0 and (place == 0 or floats == "float32"),
                        )
                        for place, (model, lane, start) in enumerate(zip(models, pair, starts, strict=True))
                    ]
                    for number, pair in enumerate(pairs)
                ]
            except Exception:
                # Penalties of Keras, say, are numbers in float32 that float64 does not take.
                if floats == "float64":
                    continue
                raise
            found: dict[Way, list[Apart | None]] = {}
            for way in ways:
                found[way] = _compared(spec, head, small, first, pairs, starts, expected, way, names)
                if not any(found[way]):
                    break
            return found
    raise AssertionError("float32 is always tried")


@contextmanager
def _precision(floats: str) -> Iterator[None]:
    before, policy = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx(floats)
    keras.config.set_dtype_policy(floats)
    try:
        yield
    finally:
        keras.config.set_floatx(before)
        keras.config.set_dtype_policy(policy)


def _own_model(spec: ModelSpec, small: Small, lane: Lane, seed: int, floats: str) -> keras.Model | None:
    """The model in this precision; None where not all of it is in float64."""
    try:
        model = build_model(spec, lane.params, small.arrays.problem, seed)
        outputs = model(small.arrays.x_test[:1].astype(floats), training=False)
        dtypes = {keras.backend.standardize_dtype(each.dtype) for each in [outputs, *model.variables]}
        dtypes |= {layer.compute_dtype for layer in model._flatten_layers()}
    except Exception:
        if floats == "float64":
            return None
        raise
    whole = all(dtype == floats or "float" not in dtype for dtype in dtypes)
    return model if whole or floats != "float64" else None


def _start(model: keras.Model, place: int) -> Start:
    random = np.random.default_rng(place)
    weights = [
        v.numpy() + random.normal(0, _MOVED, v.shape).astype(v.dtype) for v in model.trainable_variables
    ]
    return Start(weights, [v.numpy() for v in model.non_trainable_variables])


def _compared(
    spec: ModelSpec,
    head: Head,
    small: Small,
    first: Lane,
    pairs: Sequence[Sequence[Lane]],
    starts: Sequence[Start],
    expected: Sequence[Sequence[After]],
    way: Way,
    names: Sequence[str],
) -> list[Apart | None]:
    places = {id(lane): (kind, place) for kind, pair in enumerate(pairs) for place, lane in enumerate(pair)}
    lanes = sort_lanes([lane for pair in pairs for lane in pair])
    # Of the run's own parameters: those of the lanes here were changed, and the function may take them.
    blueprint = Blueprint(spec, [first], small.arrays)
    blueprint.reading = Reading(head)
    if way not in blueprint.ways:
        return [Apart(f"in {keras.config.floatx()} it has other layers")] * len(pairs)
    blueprint.way = way
    found: list[Apart | None] = [None] * len(pairs)
    for group in [[lane] for lane in lanes] if way is Way.SINGLE else [lanes]:
        at = [places[id(lane)] for lane in group]
        try:
            trained = by_lanes(blueprint, small, group, [starts[place] for _, place in at])
        except _OF_THE_MODEL as error:
            for kind, _ in at:
                found[kind] = found[kind] or Apart(line_of(error), compared=False)
            continue
        for (kind, place), after in zip(at, trained, strict=True):
            reason = difference(after, expected[kind][place], names)
            found[kind] = found[kind] or (Apart(reason) if reason else None)
    return found


def difference(mine: After, fits: After, names: Sequence[str]) -> str | None:
    """What differs, in words; `names` are those of weights and state."""
    weights, state = names[: len(fits.weights)], names[len(fits.weights) :]
    values = [
        *(
            (f"the weights of {_layer(n)}", a, b)
            for n, a, b in zip(weights, mine.weights, fits.weights, strict=True)
        ),
        *((f"the state {n}", a, b) for n, a, b in zip(state, mine.state, fits.state, strict=True)),
        *((f"the {n}", mine.logs[n], value) for n, value in fits.logs.items()),
        *((f"the test {n}", mine.test[n], value) for n, value in fits.test.items()),
        ("the outputs", mine.outputs, fits.outputs),
    ]
    if len(mine.slots) == len(fits.slots):
        values += [("the optimizer's state", a, b) for a, b in zip(mine.slots, fits.slots, strict=True)]
    apart = [(what, _apart(a, b)) for what, a, b in values]
    if any(not np.isfinite(size) for _, size in apart):
        return "two steps give numbers that are not finite"
    differing = next(((what, size) for what, size in apart if size), None)
    return (
        f"after two steps {differing[0]} differ{'s' * _single(differing[0])} by {_short(differing[1])}"
        if differing
        else None
    )


def _apart(mine: Any, fits: Any) -> float:
    """The largest difference; 0 where it is one of rounding."""
    mine, fits = np.asarray(mine), np.asarray(fits)
    if mine.shape != fits.shape:
        return float(np.max(np.abs(fits), initial=1.0))
    if not (np.all(np.isfinite(mine)) and np.all(np.isfinite(fits))):
        return float("inf")
    floats = keras.config.floatx()
    size = float(np.max(np.abs(mine.astype(np.float64) - fits.astype(np.float64)), initial=0.0))
    scale = max(float(np.max(np.abs(fits), initial=0.0)), _SMALLEST[floats])
    return size if size > TOLERANCES[floats] * scale else 0.0


def _single(what: str) -> bool:
    return not what.startswith(("the weights", "the outputs"))


def _layer(path: str) -> str:
    return path.rpartition("/")[0] or path


def _short(size: float) -> str:
    """3e-2."""
    digits, _, power = f"{size:.0e}".partition("e")
    return f"{digits}e{int(power)}"
