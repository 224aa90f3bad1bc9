"""Classes of which a split has no example, in words."""

from __future__ import annotations

from collections.abc import Sequence

from hpexp.model import DataSummary, Part
from hpexp.text import printable

_SHOWN = 10
_NAMES: dict[Part, str] = {"train": "training", "validation": "validation", "test": "test"}


def absent_classes(data: DataSummary) -> tuple[str, ...]:
    """A sentence on each split that lacks classes, with their examples in all."""
    total = [sum(counts) for counts in zip(*data.counts.values(), strict=True)]
    lines = []
    for part, counts in data.counts.items():
        places = [place for place, count in enumerate(counts) if not count] if any(counts) else []
        absent = [f"{printable(data.classes[place])} ({total[place]})" for place in places]
        if absent:
            lines.append(f"the {_NAMES[part]} split has no example of {_joined(absent)}")
    return tuple(lines)


def _joined(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more classes" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
