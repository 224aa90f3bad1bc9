"""A lane's state as named arrays, apart from the lanes beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hpexp.train.compiled.program import State
from hpexp.train.compiled.updates import Segment

Saved: TypeAlias = Mapping[str, NDArray[Any]]
"""`weight_0`, …, `other_0`, …, and `slot_W_N` for the N-th slot of weight W."""


def one_lane(state: State, segments: Sequence[Segment], index: int) -> Saved:
    """The arrays of the lane at `index`; `state` holds NumPy arrays."""
    arrays = {f"weight_{place}": value[index] for place, value in enumerate(state.weights)}
    arrays |= {f"other_{place}": value[index] for place, value in enumerate(state.other)}
    for segment, own in zip(segments, state.slots, strict=True):
        if segment.start <= index < segment.stop:
            for name, value, shared in zip(_names(segment), own, segment.shared, strict=True):
                arrays[name] = value if shared else value[index - segment.start]
    return arrays


def continued(state: State, segments: Sequence[Segment], saved: Sequence[Saved]) -> State:
    """The lanes' first state with what was saved of each in its place.

    A lane may lack slots, or have some too many, where others of its segment use an option that it
    has at 0: these slots have no effect on it.
    """

    def stacked(name: str, first: Any, lanes: Sequence[Saved]) -> NDArray[Any]:
        rows = [lane.get(name, own) for lane, own in zip(lanes, first, strict=True)]
        return np.stack(rows).astype(first.dtype)

    slots = []
    for segment, own in zip(segments, state.slots, strict=True):
        lanes = saved[segment.start : segment.stop]
        slots.append(
            [
                lanes[0].get(name, first) if shared else stacked(name, first, lanes)
                for name, first, shared in zip(_names(segment), own, segment.shared, strict=True)
            ]
        )
    return State(
        [stacked(f"weight_{place}", first, saved) for place, first in enumerate(state.weights)],
        [stacked(f"other_{place}", first, saved) for place, first in enumerate(state.other)],
        slots,
    )


def _names(segment: Segment) -> list[str]:
    seen: Counter[int | None] = Counter()
    names = []
    for owner in segment.optimizer.owners:
        names.append(f"slot_{owner}_{seen[owner]}")
        seen[owner] += 1
    return names
