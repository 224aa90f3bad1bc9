"""One weight update for all lanes; lanes side by side may have optimizers of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from hpexp.model import Params
from hpexp.train.compiled.stateless import ELEMENTWISE, LANE_OPTIONS, Stateless, Tensors
from hpexp.train.optimizers import make_optimizer
from hpexp.vocabulary import optimizer_default

Slots = list[Tensors]
"""Per segment, the values of its optimizer's slots."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Lanes `start` to `stop` have one optimizer; `used` are the lane options it takes."""

    start: int
    stop: int
    optimizer: Stateless
    elementwise: bool
    used: tuple[str, ...]
    shared: tuple[bool, ...]
    """Per slot, whether it is one number that all lanes share (Nadam's product)."""

    @property
    def lanes(self) -> int:
        return self.stop - self.start


def optimizer_key(params: Params) -> tuple[Any, ...]:
    """What must be equal for runs to share one optimizer: all its options but those of lanes."""
    names = ("optimizer", "nesterov", "beta_1", "beta_2", "rho", "epsilon", "clipnorm")
    return tuple(params.get(name) for name in names)


def lane_option(params: Params, name: str) -> float:
    """The number of a lane option for a run, Keras's default where it is not set."""
    value = params.get(name)
    if value is None:
        value = optimizer_default(params.get("optimizer", "sgd"), name) or 0.0
    assert isinstance(value, int | float)
    return float(value)


def make_segment(start: int, lane_params: Sequence[Params], variables: Sequence[Any]) -> Segment:
    """The segment of lanes from `start` on whose runs have these parameters, of one `optimizer_key`."""
    first = lane_params[0]
    used = tuple(name for name in LANE_OPTIONS if any(lane_option(params, name) for params in lane_params))
    # Muon has a momentum of its own where no lane gives one.
    plain = {name: value for name, value in first.items() if name not in LANE_OPTIONS} | {"momentum": 0.0}
    optimizer = Stateless(make_optimizer(plain, 0.0), variables, used)
    scalars = any(len(variable.shape) == 0 for variable in variables)
    elementwise = str(first.get("optimizer", "sgd")) in ELEMENTWISE and not scalars
    shared = tuple(elementwise and len(slot.shape) == 0 for slot in optimizer.slots)
    return Segment(start, start + len(lane_params), optimizer, elementwise, used, shared)


def starting_slots(segment: Segment, weights: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    """The slots' first values; `weights` are those of all lanes, stacked."""
    values = []
    for place, (slot, shared) in enumerate(zip(segment.optimizer.slots, segment.shared, strict=True)):
        copied = segment.optimizer.copies.get(place)
        if copied is not None:
            values.append(weights[copied][segment.start : segment.stop])
        elif shared:
            values.append(slot.numpy())
        else:
            value = slot.numpy()
            values.append(np.broadcast_to(value, (segment.lanes, *value.shape)))
    return values


def update(
    segments: Sequence[Segment],
    weights: Tensors,
    slots: Slots,
    gradients: Tensors,
    step: tf.Tensor,
    rates: tf.Tensor,
    options: Mapping[str, tf.Tensor],
    lane_axes: Sequence[int],
) -> tuple[Tensors, Slots]:
    """All lanes' weights and slots after one update; `rates` and `options` hold one number a lane.

    `lane_axes` says for each weight which axis is that of the lanes.
    """
    if len(segments) == 1:
        new_weights, new_slots = _apply(
            segments[0], weights, slots[0], gradients, step, rates, options, lane_axes
        )
        return new_weights, [new_slots]
    parts, all_slots = [], []
    for segment, own in zip(segments, slots, strict=True):
        span = slice(segment.start, segment.stop)
        new_weights, new_slots = _apply(
            segment,
            [_span(w, axis, span) for w, axis in zip(weights, lane_axes, strict=True)],
            own,
            [_span(g, axis, span) for g, axis in zip(gradients, lane_axes, strict=True)],
            step,
            rates[span],
            {name: value[span] for name, value in options.items()},
            lane_axes,
        )
        parts.append(new_weights)
        all_slots.append(new_slots)
    joined = zip(zip(*parts, strict=True), lane_axes, strict=True)
    return [tf.concat(lanes, axis) for lanes, axis in joined], all_slots


def _span(tensor: tf.Tensor, axis: int, span: slice) -> tf.Tensor:
    return tensor[(slice(None),) * axis + (span,)]


def _apply(
    segment: Segment,
    weights: Tensors,
    slots: Tensors,
    gradients: Tensors,
    step: tf.Tensor,
    rates: tf.Tensor,
    options: Mapping[str, tf.Tensor],
    lane_axes: Sequence[int],
) -> tuple[Tensors, Tensors]:
    own = {name: options[name] for name in segment.used}
    if segment.elementwise:
        return segment.optimizer(
            weights, slots, gradients, step=step, rates=rates, options=own, lane_axes=lane_axes
        )

    def one(lane: tuple[Any, ...]) -> tuple[Tensors, Tensors]:
        lane_weights, lane_slots, lane_gradients, rate, lane_options = lane
        return segment.optimizer(
            lane_weights, lane_slots, lane_gradients,
            step=step, rates=rate, options=lane_options, lane_axes=None,
        )  # fmt: skip

    if segment.lanes == 1:
        single = tf.nest.map_structure(lambda t: t[0], (weights, slots, gradients, rates, own))
        return tf.nest.map_structure(lambda t: t[None], one(single))
    return tf.vectorized_map(one, (weights, slots, gradients, rates, own), fallback_to_while_loop=False)
