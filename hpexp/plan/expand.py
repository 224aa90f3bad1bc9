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
    base = canonical_params(experiment.params)
    for block in experiment.grid or ((),):
        yield from _product(base, block)


def included_points(experiment: Experiment) -> Iterator[Point]:
    """The points that the file adds one by one; `exclude` does not touch them."""
    base = canonical_params(experiment.params)
    for point in experiment.include:
        yield {**base, **canonical_params(point)}


def _product(base: Point, block: Block) -> Iterator[Point]:
    choices = [
        [
            {name: canonical(name, value) for name, value in zip(axis.names, values, strict=True)}
            for values in axis.values
        ]
        for axis in block
    ]
    for chosen in itertools.product(*choices):
        point = dict(base)
        for part in chosen:
            point.update(part)
        yield point
