"""Inputs that lose what they say when they become float32 as they are: a sentence."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hpexp.config import wording
from hpexp.config.rounding import Rounding
from hpexp.model import Experiment
from hpexp.train.data.arrays import Arrays, Features
from hpexp.train.data.opened import Data
from hpexp.train.data.raw import is_wide
from hpexp.train.data.rows import rows_at_once

_SHOWN = 5


def coarse_inputs(data: Data, experiment: Experiment) -> tuple[str, ...]:
    """A sentence on the inputs that float32 holds too little of, if a run sees them without `normalize`."""
    if not _may_be_plain(experiment):
        return ()
    rounding = Rounding({"axis": 0})
    for x in _chunks(data):
        exact = x.reshape(len(x), -1)
        rounding.add(exact, exact.astype(np.float32))
    places = np.flatnonzero(rounding.is_harmful).tolist()
    if not places:
        return ()
    named = data.features
    shown = [wording.show(named[place]) if named else str(place) for place in places[:_SHOWN]]
    more = f" and {len(places) - _SHOWN:,} more" if len(places) > _SHOWN else ""
    what = "column" if named else "input"
    what += "" if len(places) == 1 else "s"
    return (
        f"{what} {', '.join(shown)}{more}: float32, in which models compute, rounds away "
        "what these numbers say beside their large offset; "
        "`params: {normalize: standard}` keeps it",
    )


def _may_be_plain(experiment: Experiment) -> bool:
    """Whether a point may have no `normalize`."""
    base = experiment.params.get("normalize", "none")
    given = [point.get("normalize", base) for point in experiment.include]
    for block in experiment.grid:
        axes = [axis for axis in block if "normalize" in axis.names]
        given += [values[axis.names.index("normalize")] for axis in axes for values in axis.values] or [base]
    return "none" in (given or [base])


def _chunks(data: Data) -> Iterator[Features]:
    """The training inputs that float32 may not hold, float64, some at a time."""
    if isinstance(data, Arrays):
        x = data.x_train
        step = rows_at_once(x.shape) if x.dtype == np.float64 else 0
        for start in range(0, len(x) if step else 0, step or 1):
            yield x[start : start + step]
    elif is_wide(data.train.dtype):
        places, step = np.argsort(data.train.rows), rows_at_once((0, *data.shape))
        for start in range(0, len(places), step):
            yield data.train.inputs(places[start : start + step])
