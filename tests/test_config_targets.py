"""Arrays of targets: what there is to learn, and what is said of it."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpexp.config.targets import Decision, TargetArray
from hpexp.errors import DataError
from hpexp.model import Task

N = 60
I = np.arange(N)  # noqa: E741
EYE = np.eye(3)[I % 3]


def decide(y: Any, chosen: Task | None = None, at_once: int = N) -> Decision:
    y = np.asarray(y)
    found = TargetArray(y.dtype, y.shape)
    for start in range(0, len(y), at_once):
        found.add(y[start : start + at_once])
    return found.decide("own", chosen)


@pytest.mark.parametrize(
    ("y", "task", "note"),
    [
        (I % 2, "classification", ""),
        (np.where(I % 2, 1, -1), "classification", ""),
        (I % 2 == 0, "classification", ""),
        (np.array(["a", "b"])[I % 2], "classification", ""),
        (I.astype(str), "classification", "60 different texts in 60 examples are taken as classes"),
        (I, "regression", "whole numbers of more than 20 different values are taken as quantities"),
        (1950 + I, "regression", "quantities"),
        (I % 3 * 1.0, "classification", "floats that hold 3 whole numbers are taken as classes"),
        (I % 3 + 0.5, "regression", "3 different numbers are taken as quantities"),
        (I / 7, "regression", ""),
        (EYE, "classification", "rows with a single 1 are taken as one-hot, 3 classes"),
        (EYE.astype(np.uint8), "classification", "one-hot"),
        (EYE == 1, "classification", "one-hot"),
        (np.stack([I, I], 1) / 7, "regression", "rows of 2 numbers are taken as 2 quantities"),
        (EYE * 0.7 + 0.1, "regression", "rows that add up to 1 are taken as 3 quantities"),
        (np.array(["a", "nan"])[I % 2], "classification", "'nan' is a class like any other text"),
        (np.array(["a", ""])[I % 2], "classification", "'' is a class like any other text"),
    ],
)
def test_what_is_assumed_is_said(y: Any, task: Task, note: str) -> None:
    found = decide(y)
    assert found.task == task
    assert note in found.note
    assert bool(note) == bool(found.note)
    what_to_do = ("`task: classification`", "give them as numbers", "classes are one value", "drop such rows")
    assert bool(note) == any(words in found.note for words in what_to_do)
    assert found.one_hot == ("one-hot" in note)
    assert decide(y[:, None] if y.ndim == 1 else y) == found
    assert decide(y, at_once=7) == found


@pytest.mark.parametrize(
    ("y", "chosen"),
    [(I % 3, "regression"), (I, "classification"), (I % 3 * 1.0, "classification"), (EYE, "regression"),
     (np.roll(EYE, 1, 1) + EYE, "regression"), (EYE, "classification")],
)  # fmt: skip
def test_a_chosen_task_holds_and_nothing_is_said(y: Any, chosen: Task) -> None:
    assert decide(y, chosen) == Decision(chosen, one_hot=y is EYE and chosen == "classification")


@pytest.mark.parametrize(
    ("y", "chosen", "message"),
    [
        (np.ones((90, 3, 2)), None, r"the target has shape \(90, 3, 2\)"),
        (np.ones((90, 3, 2)), "regression", r"the target has shape \(90, 3, 2\)"),
        (np.ones((90, 0)), None, r"the target has shape \(90, 0\)"),
        (np.roll(EYE, 1, 1) + EYE, None, "several labels an example"),
        (np.roll(EYE, 1, 1) + EYE, "classification", "several labels an example"),
        (np.zeros((N, 3)), None, "several labels an example"),
        (EYE * 0.7 + 0.1, "classification", "class targets need one column, or one-hot rows"),
        (EYE.astype(str), None, "class targets need one column"),
        (np.eye(3)[I * 0], None, "there is only one class, column 0 of 3"),
        (I * 0, None, "there is only one class, 0"),
        (I * 0.0, "classification", "there is only one class, 0"),
        (np.full(N, "a"), None, "there is only one class, a"),
        (np.array(["a", "b"])[I % 2], "regression", "the target is text, which regression cannot learn"),
        (I * np.nan, None, "the target of example 0 holds NaN or infinity"),
        (I.astype("M8[D]"), None, "the target is dates"),
        (I * 1j, None, "the target is complex numbers"),
    ],
)
def test_what_cannot_be_learned(y: Any, chosen: Task | None, message: str) -> None:
    with pytest.raises(DataError, match=message):
        decide(y, chosen)


@settings(max_examples=50, derandomize=True, deadline=None)
@given(st.lists(st.lists(st.sampled_from([0, 1]), min_size=3, max_size=3), min_size=2, max_size=12))
def test_matrices_of_0_and_1_are_one_hot_or_an_error(rows: list[list[int]]) -> None:
    """Never silently a regression."""
    places = {row.index(1) for row in rows if 1 in row}
    if all(sum(row) == 1 for row in rows) and len(places) > 1:
        assert decide(rows).one_hot
    else:
        with pytest.raises(DataError):
            decide(rows)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(
    st.floats(-2, 12),
    st.sampled_from([-1.0, 1.0]),
    st.integers(0, 9),
    st.sampled_from([1, 7, N]),
    st.sampled_from(["f8", "i8", "f4"]),
)
def test_targets_that_float32_rounds_away_are_refused(
    exponent: float, sign: float, seed: int, at_once: int, dtype: str
) -> None:
    """Against the definition: rounding changes them by 1e-3 of their standard deviation."""
    y = (sign * 10**exponent + 5 * np.random.default_rng(seed).normal(size=N)).astype(dtype)
    exact = y.astype(np.float64)
    lost = np.sqrt(np.mean((exact - y.astype(np.float32)) ** 2)) / (exact.std() or 1)
    if lost > 1e-3:
        with pytest.raises(DataError, match=r"own: the target is -?\d.* ± \d.* has steps of") as raised:
            decide(y, "regression", at_once)
        assert "subtract an offset from the target" in str(raised.value.hint)
    else:
        assert decide(y, "regression", at_once).task == "regression"


def test_of_several_outputs_the_one_is_named() -> None:
    y = np.stack([I / 7, 1_700_000_000 + I / 7], 1)
    with pytest.raises(DataError, match=r"the target, output 1, is 1\.7e\+09 ± 2\.47 .* steps of 128"):
        decide(y)
    assert decide(np.full(N, 1_700_000_001.5), "regression").task == "regression", "constant"
    assert decide(np.float32(1_700_000_000) + I.astype(np.float32) * 999, "regression").task == "regression"
    with pytest.raises(DataError, match="steps of"):
        decide(2**60 + I)
    note = decide((1_700_000_000 + 20 * I).astype(np.float32), "regression").note
    assert re.fullmatch(
        r"the target is 1\.7e\+09 ± 351 .* has steps of 128: too coarse for it; subtract .*", note
    )
    with pytest.raises(DataError, match="steps of"):
        decide(I * 1e-50 / 7)
