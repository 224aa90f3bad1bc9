"""Whether compiling with XLA repays its cost, from sizes alone.

A decision by the clock would make results depend on the machine's mood: the two ways of
running a program round differently in the last bits. The constants were measured on one
core of a 2-core server with TensorFlow 2.21; only their order of magnitude matters.
"""

from __future__ import annotations

COMPILE_SECONDS = 1.0
"""What XLA's compilation costs once, with one optimizer; each more adds half of it."""

_STEP = 200e-6
_UNIT = 5e-9
_WEIGHT = 0.8e-9


def compiling_pays(
    *, updates: int, optimizers: int, lanes: int, batch: int, units: int, weights: int
) -> bool:
    """Whether XLA saves more time over so many updates than it takes to compile.

    It saves a little per update and optimizer (TensorFlow's graph starts each of their operations
    one by one), per computed number (`batch` examples with `units` each) and per weight, for each
    lane.
    """
    saved = _STEP * optimizers + lanes * (_UNIT * batch * units + _WEIGHT * weights)
    return updates * saved > COMPILE_SECONDS * (1 + optimizers) / 2
