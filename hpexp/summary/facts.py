"""What one experiment came to, taken from the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from hpexp.dataloss import ranked_by
from hpexp.errors import StoreError
from hpexp.model import DataSummary, Objective, Status
from hpexp.paths import DEFAULT_LOGS, LogsFolder
from hpexp.results.columns import Columns
from hpexp.results.data import data_of
from hpexp.results.ranking import Place, Point, as_told, first_of, points_of, ranking
from hpexp.results.spread import Spread, spread
from hpexp.run import Outcome
from hpexp.store import Store, StoredRun
from hpexp.text import counted

_ORDER = sorted(Status, key=lambda status: not status.finished)


@dataclass(frozen=True)
class Facts:
    """An outcome, the stored runs of its plan, and their points, best first."""

    outcome: Outcome
    runs: tuple[StoredRun, ...]
    data: Mapping[int, DataSummary] = field(default_factory=dict)
    """What the data came to, by the repeat of their split."""
    logs: Path = DEFAULT_LOGS

    @property
    def name(self) -> str:
        return self.outcome.plan.experiment.name

    @cached_property
    def objective(self) -> Objective:
        """By the name under which the runs tell it."""
        return as_told(self.outcome.plan.experiment.objective, self.runs)

    @cached_property
    def counts(self) -> Counter[Status]:
        found = Counter(run.status for run in self.runs)
        return Counter({status: found[status] for status in _ORDER if found[status]})

    @cached_property
    def all_places(self) -> list[Place]:
        """The points best first, each with its rank."""
        return ranking(points_of(self.runs), self.objective)

    @cached_property
    def places(self) -> list[Place]:
        """Those of `all_places` that have a value of the objective."""
        return [place for place in self.all_places if place.point.metric(self.objective.metric)]

    @cached_property
    def uncertain(self) -> int:
        """How many points may be better than they are known to be: those that lack a run's value.

        Points of which every run diverged have shown what they are.
        """
        return sum(
            place.rank is None and place.point.diverged < len(place.point.runs) for place in self.all_places
        )

    @property
    def best(self) -> Point | None:
        """The winner: the best mean on validation; None where no point has a value for every run."""
        return first_of(self.places)

    @property
    def seeds(self) -> int:
        """The most seeds that a point has."""
        return max((len(place.point.runs) for place in self.places), default=0)

    @cached_property
    def columns(self) -> Columns:
        return Columns(self.runs)

    def of(self, *statuses: Status) -> list[StoredRun]:
        return [run for run in self.runs if run.status in statuses]


def load(outcomes: Sequence[Outcome], logs: Path) -> list[Facts]:
    """The facts of each outcome.

    Raises:
        StoreError: the store cannot be read, or does not hold what was trained now.
    """
    store = Store.read(LogsFolder(logs))
    if store is None:
        return [_held(Facts(outcome, (), logs=logs)) for outcome in outcomes]
    with store:
        return [_held(_facts(store, each, logs)) for each in outcomes]


def _facts(store: Store, outcome: Outcome, logs: Path) -> Facts:
    name = outcome.plan.experiment.name
    runs = tuple(store.runs(name))
    return Facts(outcome, runs, data_of(runs), logs)


def _held(facts: Facts) -> Facts:
    """The facts, once every result of this command has proven to be among them."""
    stored = {run.id: run.status for run in facts.runs}
    results = facts.outcome.results
    lost = sum(stored.get(run_id) is not result.status for run_id, result in results.items())
    if lost:
        raise StoreError(
            f"{lost:,} of the {counted(len(results), 'result')} of {facts.name} are not in the store",
            hint="give the same command again: it trains what is missing",
        )
    return facts


def test_scores(point: Point) -> dict[str, Spread]:
    """The point's scores on the test split, over the runs that have a rank; of losses the data's own."""
    ranked = [run for run in point.runs if run.status.ranked]
    told = dict.fromkeys(name for run in ranked for name in run.test)
    names = [name for name in told if name == ranked_by(name, told)]
    scores = {name: spread([run.test[name] for run in ranked if name in run.test]) for name in names}
    return {name: score for name, score in scores.items() if score}
