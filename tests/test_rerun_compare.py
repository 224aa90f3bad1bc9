"""When a run and its repetition count as the same."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from hpexp.messages import EpochEnd
from hpexp.model import Result, Status
from hpexp.rerun.compare import SAME, Comparison, Course, Number, course, largest, numbers
from hpexp.store import StoredRun

STORED = StoredRun(
    experiment="toy", id="a" * 12, point="p", name="seed=0-aaaaaa", params={"epochs": 2}, axes={}, seed=0,
    engine="fit", status=Status.DONE, epochs=2, best_epoch=1, metrics={"val_loss": 0.5},
    test={"loss": 0.25}, seconds=1.0, error=None, traceback=None, divergence=None, devices="CPU",
    started=1.0, finished=2.0, planned=True, made=None,
)  # fmt: skip


ELSEWHERE = Course((0.1,), (0.0,))
"""A difference in the first epoch."""


def comparison(
    now: Result, curve: float = 0.0, stored: StoredRun = STORED, course: Course = ELSEWHERE
) -> Comparison:
    return Comparison(stored, now, tuple(numbers(stored, now)), curve, (), course)


@pytest.mark.parametrize(
    ("loss", "curve", "verdict"),
    [
        (0.5, 0.0, "identical"),
        (0.5, 1e-7, "same"),
        (0.50001, 0.0, "same"),
        (0.51, 0.0, "different"),
        (0.5, 0.01, "different"),
        (math.nan, 0.0, "different"),
    ],
)
def test_the_verdict_is_by_the_largest_difference(loss: float, curve: float, verdict: str) -> None:
    now = Result(Status.DONE, 2, 1, {"val_loss": loss}, {"loss": 0.25})
    assert comparison(now, curve).verdict == verdict


def test_another_end_is_different_whatever_the_numbers() -> None:
    same = Result(Status.DONE, 2, 1, {"val_loss": 0.5}, {"loss": 0.25})
    assert comparison(replace(same, status=Status.STOPPED)).verdict == "different"
    assert comparison(replace(same, epochs=3)).verdict == "different"


def test_a_number_that_is_missing_is_a_difference() -> None:
    now = Result(Status.DONE, 2, 1, {"val_loss": 0.5}, {})
    assert [number.name for number in comparison(now).numbers] == ["val_loss", "test loss"]
    assert comparison(now).verdict == "different"
    assert Number("loss", math.nan, math.nan).difference == 0


def test_the_curve_is_compared_epoch_by_epoch() -> None:
    before = [EpochEnd("a", epoch, {"loss": 1.0, "val_loss": 2.0}, 0.0) for epoch in range(2)]
    now = [before[0], EpochEnd("a", 1, {"loss": 1.0, "val_loss": 2.2}, 0.0)]
    assert largest(before, before) == 0
    assert largest(before, now) == pytest.approx(0.2 / 2.2)


OTHER = Result(Status.DONE, 2, 1, {"val_loss": 0.51}, {"loss": 0.25})


@pytest.mark.parametrize(
    ("losses", "rates", "verdict"),
    [
        ((1e-7, 1e-6, 3e-5, 1e-2, 0.3), (), "rounding"),
        ((0.0, 0.0, 1e-7, 9e-5, 0.05), (), "rounding"),
        ((1e-7, 0.02), (), "different"),
        ((5e-5, 0.4), (), "different"),
        ((2e-4, 1e-3), (), "different"),
        ((0.02, 0.02), (), "different"),
        ((1e-7, 1e-5, 1e-2), (0.0, 0.0, 0.5), "different"),
        ((1e-7, math.inf), (), "different"),
        ((), (), "different"),
    ],
)
def test_rounding_begins_small_and_grows(
    losses: tuple[float, ...], rates: tuple[float, ...], verdict: str
) -> None:
    assert comparison(OTHER, 0.3, course=Course(losses, rates)).verdict == verdict


def test_rounding_may_end_a_run_at_another_epoch_but_not_in_a_failure() -> None:
    grown = Course((1e-7, 1e-5), (0.0, 0.0))
    assert comparison(replace(OTHER, status=Status.STOPPED, epochs=3), course=grown).verdict == "rounding"
    assert comparison(replace(OTHER, status=Status.FAILED), course=grown).verdict == "different"


def test_on_other_data_nothing_but_the_same_bits_is_the_same() -> None:
    stored, grown = replace(STORED, fingerprint="a"), Course((1e-7, 1e-5), (0.0, 0.0))
    same = replace(OTHER, metrics={"val_loss": 0.5}, fingerprint="b")
    assert comparison(same, stored=stored).verdict == "identical"
    assert comparison(same, 1e-6, stored=stored).verdict == "different"
    assert comparison(replace(OTHER, fingerprint="b"), stored=stored, course=grown).verdict == "different"
    assert comparison(replace(OTHER, fingerprint="a"), stored=stored, course=grown).verdict == "rounding"


def test_an_accuracy_that_jumps_by_an_example_is_no_other_result() -> None:
    before = [EpochEnd("a", 0, {"loss": 1.0, "accuracy": 0.5, "learning_rate": 0.1}, 0.0)]
    now = [EpochEnd("a", 0, {"loss": 1.0 + 1e-7, "accuracy": 0.51, "learning_rate": 0.1}, 0.0)]
    found = course(before, now)
    assert found.rates == (0.0,)
    assert 0 < found.losses[0] < SAME
    assert comparison(OTHER, 0.02, course=found).verdict == "rounding"
