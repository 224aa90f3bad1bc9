"""The grid of an experiment -> its points, in the order of the file."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from hpexp.model import Block, Experiment, Value
from hpexp.plan.values import canonical, canonical_params

Point = dict[str, Value]
"""What the file sets at a point, defaults left out; values are canonical."""


def varied_names(experiment: Experiment) -> tuple[str, ...]:
    """The names of all axes and of the included points, in the order of the file."""
    axes = (name for block in experiment.grid for axis in block for name in axis.names)
    included = (name for point in experiment.include for name in point)
    return tuple(dict.fromkeys(itertools.chain(axes, included)))


def grid_points(experiment: Experiment) -> Iterator[Point]:
    """The products of the blocks, one after the other; the last axis of a block moves fastest.

    An empty grid is one point.
    """
    own = has_own_model(experiment)
    base = canonical_params(experiment.params, own=own)
    for block in experiment.grid or ((),):
        yield from _product(base, block, own=own)


def included_points(experiment: Experiment) -> Iterator[Point]:
    """The points that the file adds one by one; `exclude` does not touch them."""
    own = has_own_model(experiment)
    base = canonical_params(experiment.params, own=own)
    for point in experiment.include:
        yield {**base, **canonical_params(point, own=own)}


def has_own_model(experiment: Experiment) -> bool:
    return experiment.model.kind == "python"


def _product(base: Point, block: Block, *, own: bool) -> Iterator[Point]:
    choices = [
        [
            {name: canonical(name, value, own=own) for name, value in zip(axis.names, values, strict=True)}
            for values in axis.values
        ]
        for axis in block
    ]
    for chosen in itertools.product(*choices):
        point = dict(base)
        for part in chosen:
            point.update(part)
        yield point
