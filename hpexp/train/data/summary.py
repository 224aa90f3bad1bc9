"""Loaded data -> what they are, and what a constant prediction scores on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from hpexp.model import Baseline, DataSummary, Part
from hpexp.text import printable
from hpexp.train.data.arrays import Arrays, Targets
from hpexp.vocabulary import BALANCED

if TYPE_CHECKING:
    from hpexp.train.data.opened import Data

PARTS: tuple[Part, ...] = ("train", "validation", "test")


def summarize(data: Data) -> DataSummary:
    """Examples and classes of each split, and the baselines of the splits that have examples."""
    y = {part: _targets(data, part) for part in PARTS}
    examples = {part: len(targets) for part, targets in y.items()}
    if data.task == "regression":
        return DataSummary(data.task, examples, baselines=tuple(_constants(y)))
    counts = {part: np.bincount(targets, minlength=len(data.classes)) for part, targets in y.items()}
    return DataSummary(
        data.task,
        examples,
        data.classes,
        {part: tuple(numbers.tolist()) for part, numbers in counts.items()},
        tuple(_class_baselines(counts, data.classes)),
    )


def _targets(data: Data, part: Part) -> Targets:
    if isinstance(data, Arrays):
        return {"train": data.y_train, "validation": data.y_validation, "test": data.y_test}[part]
    return {"train": data.train, "validation": data.validation, "test": data.test}[part].y


def _class_baselines(
    counts: Mapping[Part, np.ndarray[tuple[int], np.dtype[np.int64]]], classes: tuple[str, ...]
) -> Iterator[Baseline]:
    """Accuracy by the majority class; cross-entropy by the shares of the classes in training.

    scikit-learn's DummyClassifier calls these `most_frequent` and `prior`. A class that training
    lacks makes the cross-entropy infinite.
    """
    train = counts["train"]
    majority = int(np.argmax(train))
    with np.errstate(divide="ignore"):
        surprise = -np.log(train / train.sum())
    for part, numbers in counts.items():
        total = int(numbers.sum())
        if not total:
            continue
        hits = int(numbers[majority])
        there = numbers > 0
        how = f"the majority class, {printable(classes[majority])}"
        yield Baseline(part, "accuracy", hits / total, how)
        yield Baseline(part, BALANCED, (hits > 0) / int(there.sum()), how)
        loss = float((numbers[there] * surprise[there]).sum() / total)
        yield Baseline(part, "loss", loss, "the classes' shares in training")


def _constants(y: Mapping[Part, Targets]) -> Iterator[Baseline]:
    """Squared error by the mean, absolute error by the median: each the constant that is best in training."""
    train = np.asarray(y["train"], np.float64)
    mean, median = train.mean(axis=0), np.median(train, axis=0)
    for part, targets in y.items():
        if len(targets):
            values = np.asarray(targets, np.float64)
            yield Baseline(part, "loss", float(np.square(values - mean).mean()), "the mean of training")
            yield Baseline(part, "mae", float(np.abs(values - median).mean()), "the median of training")
