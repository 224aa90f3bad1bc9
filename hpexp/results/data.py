"""What is known of an experiment's data, for those who read its numbers: classes, sizes, baselines."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from hpexp import text
from hpexp.dataloss import DATA_LOSSES
from hpexp.model import Baseline, DataSummary, Objective, Part
from hpexp.results.chance import wilson
from hpexp.results.runs import finite
from hpexp.results.spread import equal
from hpexp.store import StoredRun

Data: TypeAlias = Mapping[int, DataSummary]
"""What the data came to, by the repeat of their split; empty where that is not known."""

LISTED_CLASSES = 60
"""Cells that a list of classes with their counts may take."""
_SHARES = ("accuracy",)
"""Metrics that are shares of examples."""


def data_of(runs: Iterable[StoredRun]) -> Data:
    """What the data of runs came to; empty where it is not the same for all that have their answer."""
    known = [run for run in runs if run.data is not None]
    found: dict[int, DataSummary] = {}
    for run in [run for run in known if run.status.finished] or known:
        assert run.data is not None
        first = found.setdefault(run.repeat, run.data)
        if first is not run.data and first != run.data:
            return {}
    return dict(sorted(found.items()))


def part_of(metric: str) -> Part:
    """The split that a metric in an epoch's logs is measured on."""
    return "validation" if metric.startswith("val_") else "train"


def examples(data: Data, part: Part) -> int | None:
    """Examples of a split: the fewest of its repeats."""
    return min((summary.examples.get(part, 0) for summary in data.values()), default=None)


def step(data: Data, metric: str) -> float | None:
    """What one example more or less changes a metric by; None where that is not one number."""
    count = examples(data, part_of(metric))
    return 1 / count if count and metric.removeprefix("val_") in _SHARES else None


def overlap(data: Data, metric: str) -> float:
    """How many examples a metric is measured on for one trained on, where the split is resampled; else 0."""
    held_out, trained = examples(data, part_of(metric)), examples(data, "train")
    return held_out / trained if len(data) > 1 and held_out and trained else 0.0


def interval(data: Data, metric: str, value: float, part: Part | None = None) -> tuple[float, float] | None:
    """Wilson's 95 % interval of a metric that is a share of examples, None for another."""
    count = examples(data, part or part_of(metric))
    if not count or metric.removeprefix("val_") not in _SHARES or not 0 <= value <= 1:
        return None
    return wilson(value, count)


def baseline(data: Data, metric: str, runs: Iterable[StoredRun]) -> Baseline | None:
    """What a constant prediction scores, as the mean over the repeats of the split.

    `runs` are those that it is held against: None where the metric is a loss of their model's own, since
    a baseline is of cross-entropy or squared error.
    """
    if own_loss(metric, runs):
        return None
    found = [one for summary in data.values() if (one := summary.baseline(metric))]
    if not found:
        return None
    return replace(found[0], value=math.fsum(one.value for one in found) / len(found))


def own_loss(metric: str, runs: Iterable[StoredRun]) -> bool:
    """Whether the metric is a loss, and that of some of the runs is the affair of their model's code."""
    return metric in DATA_LOSSES and any(run.own_loss for run in runs)


def beats(value: float, constant: Baseline, objective: Objective) -> bool:
    """Whether a value is better than the baseline's, by more than rounding."""
    return objective.better(value, constant.value) and not equal(value, constant.value)


def described(data: Data) -> str | None:
    """`classification, 10 classes of 174 to 183 examples`; None where nothing is known."""
    if not data:
        return None
    first = next(iter(data.values()))
    if not first.classes:
        return first.task
    return f"{first.task}, {classes(first.classes, _totals(first))}"


def classes(names: Sequence[str], counts: Sequence[int]) -> str:
    """The classes with their counts, or how many there are where that would be long."""
    listed = ", ".join(f"{text.printable(name)} {count:,}" for name, count in zip(names, counts, strict=True))
    if len(listed) <= LISTED_CLASSES:
        return f"{len(names)} classes: {listed}"
    low, high = min(counts), max(counts)
    each = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    return f"{len(names)} classes of {each} examples"


def baseline_words(constant: Baseline) -> str:
    """`0.1003 by the majority class, 3`."""
    return f"{text.number(constant.value)} by {constant.how}"


def constant_scores(data: Data, runs: Collection[StoredRun]) -> dict[str, float | None]:
    """What constant predictions score, by the metrics' names in an epoch's logs; infinity is None."""
    return finite({name: one.value for name, one in _baselines(data, runs).items()})


def as_dict(data: Data, runs: Collection[StoredRun]) -> dict[str, Any] | None:
    """What is known as JSON values: of the first repeat, and the baselines as means over all."""
    if not data:
        return None
    first = next(iter(data.values()))
    return {
        "task": first.task,
        "examples": dict(first.examples),
        "classes": list(first.classes),
        "counts": {part: list(counts) for part, counts in first.counts.items()},
        "repeats": len(data),
        "baselines": {
            name: {**finite({"value": one.value}), "how": one.how}
            for name, one in _baselines(data, runs).items()
        },
    }


def _baselines(data: Data, runs: Collection[StoredRun]) -> dict[str, Baseline]:
    names = dict.fromkeys(
        _log_name(one) for summary in data.values() for one in summary.baselines if one.part != "test"
    )
    return {name: one for name in names if (one := baseline(data, name, runs))}


def _log_name(one: Baseline) -> str:
    return f"val_{one.metric}" if one.part == "validation" else one.metric


def _totals(summary: DataSummary) -> list[int]:
    return [sum(each) for each in zip(*summary.counts.values(), strict=True)]
