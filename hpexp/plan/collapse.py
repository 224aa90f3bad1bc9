"""Points that are equal once what has no effect is dropped: which were dropped, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from hpexp.model import Collapse, Lacks, Reason, Value
from hpexp.plan.expand import Point
from hpexp.plan.resolve import Resolved
from hpexp.plan.values import same

LISTED_AGAIN = "the point is listed more than once"
SAME_MEANING = "its values mean the same"


class Collapser:
    """Keeps the first of equal points and counts the others by the parameter that made them equal."""

    def __init__(self, varied: tuple[str, ...]) -> None:
        self._varied = varied
        self._first: dict[str, tuple[Value, ...]] = {}
        self._counts: Counter[tuple[str, Reason]] = Counter()

    def is_new(self, text: str, point: Point, resolved: Resolved) -> bool:
        """Whether no equal point came before; `text` is the canonical JSON of what its id holds."""
        values = tuple([point.get(name) for name in self._varied])
        if text not in self._first:
            self._first[text] = values
            return True
        first = self._first[text]
        self._counts[self._cause(first, values, resolved)] += 1
        return False

    def _cause(
        self, first: tuple[Value, ...], values: tuple[Value, ...], resolved: Resolved
    ) -> tuple[str, Reason]:
        differ = [
            name for name, one, other in zip(self._varied, first, values, strict=True) if not same(one, other)
        ]
        for name in differ:
            if name in resolved.dropped:
                return name, resolved.dropped[name]
        return (differ[0], SAME_MEANING) if differ else ("", LISTED_AGAIN)

    def collapsed(self) -> tuple[Collapse, ...]:
        return tuple(Collapse(name, reason, count) for (name, reason), count in self._counts.items())


def joined(reasons: Iterable[Reason]) -> str:
    """In words, each noun with all its values: `optimizers adam, lion have none`."""
    lacking: dict[str, list[Lacks]] = {}
    rest = []
    for reason in reasons:
        match reason:
            case Lacks(noun=noun):
                lacking.setdefault(noun, []).append(reason)
            case _:
                rest.append(reason)
    named = [
        f"{noun}s {', '.join(each.value for each in alike)} have none" if len(alike) > 1 else str(alike[0])
        for noun, alike in lacking.items()
    ]
    return "; ".join([*named, *rest])
