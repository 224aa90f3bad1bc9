"""Points as JSON values."""

from __future__ import annotations

from typing import Any

from hpexp.results.groups import counts_dict, spread_dict
from hpexp.results.ranking import Place
from hpexp.results.runs import finite
from hpexp.results.wording import varied
from hpexp.summary.facts import Facts, test_scores


def best_dict(facts: Facts) -> dict[str, Any] | None:
    """The winner, None where there is none."""
    point = facts.best
    if point is None:
        return None
    return {
        "params": finite(point.runs[0].params),
        "axes": finite(point.runs[0].axes),
        "tied": facts.places[0].tied,
        "runs": [run.id for run in point.runs],
        "metrics": {name: spread_dict(point.metric(name)) for name in facts.columns.metrics},
        "test": {name: spread_dict(each) for name, each in test_scores(point).items()},
    }


def point_dict(place: Place, facts: Facts) -> dict[str, Any]:
    """A point of the ranking; `rank` is null where a run has no value."""
    return {
        "rank": place.rank,
        "tied": place.tied,
        "axes": finite(varied(place.point)),
        **counts_dict(place.point, facts.objective.metric),
        "metrics": {name: spread_dict(place.point.metric(name)) for name in facts.columns.metrics},
    }
