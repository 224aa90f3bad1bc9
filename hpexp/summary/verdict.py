"""Whether the winner stands apart from the other points, as far as its replicates tell."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hpexp import text
from hpexp.results.chance import LEVEL, Lead, lead
from hpexp.results.data import overlap, step
from hpexp.results.ranking import Point, Replicate
from hpexp.results.runs import finite
from hpexp.results.wording import replicates, varied
from hpexp.summary.facts import Facts

CONFIDENCE = f"{LEVEL:.0%}".replace("%", " %")


@dataclass(frozen=True)
class Verdict:
    """The winner against the others that have a value for every run; `left_out` are `Facts.uncertain`."""

    winner: Point
    others: tuple[Point, ...]
    left_out: int
    lead: Lead | None
    """None where no point has two replicates."""

    @property
    def compared(self) -> int:
        return 1 + len(self.others)

    @cached_property
    def open(self) -> tuple[Point, ...]:
        """The others that are not told apart from the winner."""
        return tuple(self.others[place] for place in self.lead.open) if self.lead else ()


def verdict(facts: Facts) -> Verdict | None:
    """What can be said of the winner; None where there is none, or nothing to compare it with."""
    winner = facts.best
    if winner is None or len(facts.all_places) < 2:
        return None
    metric, sign = facts.objective.metric, 1 if facts.objective.mode == "max" else -1
    others = tuple(place.point for place in facts.places[1:] if place.rank)
    scores = [
        {key: sign * value for key, value in point.scores(metric).items()} for point in (winner, *others)
    ]
    found = lead(
        scores[0],
        scores[1:],
        draw=_split if _splits(winner) > 1 else _itself,
        least=step(facts.data, metric) or 0.0,
        overlap=overlap(facts.data, metric),
    )
    return Verdict(winner, others, facts.uncertain, found)


def _splits(point: Point) -> int:
    return len({run.repeat for run in point.runs})


def _split(key: Replicate) -> object:
    return key[0]


def _itself(key: Replicate) -> object:
    return key


def sentence(found: Verdict) -> str:
    """The verdict in words."""
    left_out = f"; {_lacking(found.left_out)} not counted" if found.left_out else ""
    if not found.others:
        return f"no other point has a value for every seed{left_out}"
    if found.lead is None:
        return f"{_ONE_SEED}{left_out}"
    low, high = text.number(found.lead.low), text.number(found.lead.high)
    how = f"{CONFIDENCE}, paired t over {replicates(found.winner)}"
    if found.compared > 2:
        how += f", best of {found.compared} allowed for"
    count = len(found.open)
    others = "1 other is" if count == 1 else f"{count} others are"
    where = "" if _splits(found.winner) > 1 else " on this split"
    apart = f"{others} not told apart from it" if count else f"it stands apart from the others{where}"
    return f"{apart} ({how}): lead over the best of them {low} to {high}{left_out}"


_ONE_SEED = "one seed a point: how much of a difference is chance is not known (seeds: 5 begins to tell)"


def _lacking(count: int) -> str:
    return "1 point that lacks a seed" if count == 1 else f"{count:,} points that lack seeds"


def as_dict(found: Verdict) -> dict[str, Any]:
    """The verdict as JSON values."""
    interval = None
    if found.lead:
        bounds = finite({"low": found.lead.low, "high": found.lead.high})
        interval = {**bounds, "confidence": LEVEL, "draws": found.lead.n}
    return {
        "compared": found.compared,
        "left_out": found.left_out,
        "lead": interval,
        "not_told_apart": [finite(varied(point)) for point in found.open] if found.lead else None,
    }
