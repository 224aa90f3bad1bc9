"""What the data are, and what a constant prediction scores: against scikit-learn's dummies."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    log_loss,
    mean_absolute_error,
    mean_squared_error,
)

from hpexp.model import DataSpec, DataSummary, Resources
from hpexp.results.data import classes
from hpexp.train.data import Arrays, open_data, summarize
from hpexp.train.data.classes import absent_classes

pytestmark = pytest.mark.tensorflow


def loaded(spec: DataSpec, memory: int | None = None) -> tuple[Arrays, DataSummary]:
    arrays = open_data(spec, Resources())
    assert isinstance(arrays, Arrays)
    return arrays, summarize(open_data(spec, Resources(memory)) if memory else arrays)


def parts(arrays: Arrays) -> dict[str, np.ndarray]:
    return {"train": arrays.y_train, "validation": arrays.y_validation, "test": arrays.y_test}


def test_classes_are_counted_and_the_majority_is_the_baseline() -> None:
    arrays, summary = loaded(DataSpec("builtin", "breast_cancer"))
    dummies = {
        name: DummyClassifier(strategy=name).fit(arrays.y_train, arrays.y_train)
        for name in ("most_frequent", "prior")
    }
    assert summary.classes == arrays.classes
    for part, y in parts(arrays).items():
        assert summary.examples[part] == len(y)
        assert summary.counts[part] == tuple(int((y == each).sum()) for each in (0, 1))
        guess, shares = dummies["most_frequent"].predict(y), dummies["prior"].predict_proba(y)
        expected = {
            "accuracy": accuracy_score(y, guess),
            "balanced_accuracy": balanced_accuracy_score(y, guess),
            "loss": log_loss(y, shares),
        }
        for metric, value in expected.items():
            baseline = summary.baseline_of(part, metric)
            assert baseline
            assert baseline.value == pytest.approx(value, rel=1e-12), (part, metric)
    found = summary.baseline("val_accuracy")
    assert found
    assert found.how == f"the majority class, {arrays.classes[1]}"
    assert summary.baseline("val_data_loss") == summary.baseline_of("validation", "loss")


def test_quantities_are_guessed_by_mean_and_median() -> None:
    arrays, summary = loaded(DataSpec("builtin", "diabetes"))
    mean, median = (
        DummyRegressor(strategy=name).fit(arrays.x_train, arrays.y_train) for name in ("mean", "median")
    )
    for part, y in parts(arrays).items():
        expected = {
            "loss": mean_squared_error(y, mean.predict(y)),
            "mae": mean_absolute_error(y, median.predict(y)),
        }
        for metric, value in expected.items():
            baseline = summary.baseline_of(part, metric)
            assert baseline
            assert baseline.value == pytest.approx(value, rel=1e-6), (part, metric)
    assert summary.classes == ()
    assert summary.baseline("val_accuracy") is None


def test_a_class_that_training_lacks_makes_the_loss_infinite() -> None:
    def split(*y: int) -> tuple[np.ndarray, np.ndarray]:
        return np.zeros((len(y), 1), np.float32), np.array(y, np.int32)

    arrays = Arrays(*split(0, 0), *split(0, 1), *split(0), "classification", ("no", "yes"))
    summary = summarize(arrays)
    losses = [summary.baseline_of(part, "loss") for part in ("train", "validation", "test")]
    assert [found and found.value for found in losses] == [0.0, math.inf, 0.0]
    assert summary.counts == {"train": (2, 0), "validation": (1, 1), "test": (1, 0)}


def test_names_of_classes_stay_in_their_line() -> None:
    x, y = np.zeros((3, 1), np.float32), np.array([0, 0, 1], np.int32)
    summary = summarize(Arrays(x, y, x, y, x[:2], y[:2], "classification", ("a\nb", "c\nd")))
    assert {each.how for each in summary.baselines if each.metric == "accuracy"} == {
        r"the majority class, a\nb"
    }
    assert absent_classes(summary) == (r"the test split has no example of c\nd (2)",)
    assert classes(summary.classes, summary.counts["train"]) == r"2 classes: a\nb 2, c\nd 1"


def test_data_on_disk_have_the_same_summary(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    np.savez(tmp_path / "d.npz", x=random.random((300, 40)), y=random.integers(0, 3, 300))
    spec = DataSpec("npz", str(tmp_path / "d.npz"))
    _, in_memory = loaded(spec)
    _, on_disk = loaded(spec, memory=10_000)
    assert on_disk == in_memory
