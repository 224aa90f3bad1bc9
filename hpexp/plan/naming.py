"""Folder names of runs: what varies, the seed, and some digits of the id."""

from __future__ import annotations

from hpexp.model import Params
from hpexp.plan.identity import DIGITS
from hpexp.plan.values import name_part

LONGEST = 150
"""Characters of a name; every common file system takes 255 bytes."""

SHORT_DIGITS = 6


class Names:
    """Gives out names that are safe in any file system and unique among each other.

    `learning_rate=0.01,optimizer=adam,seed=0-3f2a9c`; where two runs would share a name,
    the later one shows more digits of its id.
    """

    def __init__(self) -> None:
        self._given: set[str] = set()

    def name(self, point: str, seed: int, run_id: str, repeat: int | None = None) -> str:
        """The name of a run of the point that `point_text` describes; `repeat` where there are several."""
        text = f"{point},seed={seed}" if point else f"seed={seed}"
        text += "" if repeat is None else f",repeat={repeat}"
        name = _cut(text, run_id[:SHORT_DIGITS])
        if name in self._given:
            name = _cut(text, run_id[:DIGITS])
        self._given.add(name)
        return name


def point_text(axes: Params) -> str:
    return ",".join([name_part(name, value) for name, value in axes.items()])


def _cut(text: str, digits: str) -> str:
    return f"{text[: LONGEST - len(digits) - 1]}-{digits}"
