"""From a measured part of a grid to all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Span = tuple[float, float]
"""When a run began and ended, in seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Whole:
    """What the whole grid takes. Seconds.

    `start_up` is what comes before the first run began and after the last one ended,
    `training` the time in between; `extrapolated` whether fewer runs were measured than there are.
    """

    wall: float
    start_up: float
    training: float
    extrapolated: bool


def whole(wall: float, spans: Sequence[Span], runs: int) -> Whole:
    """The time of `runs` runs from `wall`, the time of a process that trained `len(spans)` of them.

    What is spent once is counted once: start-up, and what the first run of a process takes
    more than the next. The rest is scaled by the number of runs.
    """
    if not spans:
        return Whole(wall, 0.0, wall, extrapolated=False)
    training = max(end for _, end in spans) - min(begin for begin, _ in spans)
    start_up = max(0.0, wall - training)
    if len(spans) < runs:
        once = _warm_up(spans)
        training = once + (training - once) * runs / len(spans)
    return Whole(start_up + training, start_up, training, extrapolated=len(spans) < runs)


def _warm_up(spans: Sequence[Span]) -> float:
    """By how much the first run took longer than the first one after it; workers warm up side by side."""
    ordered = sorted(spans)
    at_once = sum(begin < ordered[0][1] for begin, _ in ordered)
    if at_once >= len(ordered):
        return 0.0
    (first_begin, first_end), (next_begin, next_end) = ordered[0], ordered[at_once]
    return max(0.0, (first_end - first_begin) - (next_end - next_begin))
