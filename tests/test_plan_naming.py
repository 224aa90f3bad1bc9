"""Names of run folders: readable, safe, short, unique."""

from __future__ import annotations

import re
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpexp.model import ModelSpec, Value
from hpexp.plan.naming import LONGEST, Names
from hpexp.text import short
from hpexp.vocabulary import PARAMETERS
from tests.plans import plan_of

SAFE = re.compile(r"[A-Za-z0-9._,=-]+")


def names(**grid: list[Value]) -> list[str]:
    return [run.name for run in plan_of(grid=grid).runs]


def test_a_name_says_what_varies_the_seed_and_digits_of_the_id() -> None:
    plan = plan_of(grid={"learning_rate": [0.01], "optimizer": ["adam"]}, seeds=(5,))
    (run,) = plan.runs
    assert run.name == f"learning_rate=0.01,optimizer=adam,seed=5-{run.id[:6]}"


def test_axes_are_in_the_order_of_the_file() -> None:
    plan = plan_of(
        grid={"optimizer": ["sgd"], "hidden": [(64, 64)]}, include=({"learning_rate": 1e-5, "hidden": ()},)
    )
    assert [run.name[:-7] for run in plan.runs] == [
        "optimizer=sgd,hidden=64x64,learning_rate=0.01,seed=0",
        "optimizer=sgd,hidden=none,learning_rate=1e-05,seed=0",
    ]


def test_a_name_leaves_out_what_has_no_effect() -> None:
    found = names(optimizer=["sgd", "adam"], momentum=[0.9])
    assert [name[:-7] for name in found] == ["optimizer=sgd,momentum=0.9,seed=0", "optimizer=adam,seed=0"]


def test_nothing_varies() -> None:
    (run,) = plan_of().runs
    assert run.name == f"seed=0-{run.id[:6]}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.01, "0.01"), (1e-5, "1e-05"), (1.0, "1"), (1 / 3, "0.333333"), (12, "12"), (True, "true"),
        (False, "false"), (None, "default"), ((64, 64), "64x64"), ((), "none"), ("he_normal", "he_normal"),
    ],
)  # fmt: skip
def test_short_values(value: Value, text: str) -> None:
    assert short(value) == text


VALUES = st.one_of(
    st.text(max_size=200), st.floats(allow_nan=False), st.integers(), st.booleans(), st.none(),
    st.sampled_from(["..", "../../etc/passwd", "/", "a/b", "a\\b", "C:", "\n", "..\0", "=,=", "-", "Ä"]),
)  # fmt: skip


NAMES = st.text(min_size=1, max_size=60).filter(lambda name: name not in PARAMETERS)
"""Of an own model's parameters; the values of hpexp's own are checked where the file is read."""


@given(st.dictionaries(NAMES, st.lists(VALUES, min_size=1, max_size=3), min_size=1, max_size=3))
def test_names_cannot_leave_their_folder(grid: dict[str, list[Value]]) -> None:
    """Whatever text an own model's parameters hold."""
    plan = plan_of(model=ModelSpec("python", "nowhere:build"), grid=grid)
    for run in plan.runs:
        assert SAFE.fullmatch(run.name)
        assert len(run.name) <= LONGEST
        assert run.name.endswith(run.id[:6])
        assert not run.name.startswith((".", "-"))
        for path in (PurePosixPath(run.name), PureWindowsPath(run.name)):
            assert path.parts == (run.name,)
    assert len({run.name.lower() for run in plan.runs}) == len(plan.runs)


def test_a_clash_shows_more_digits() -> None:
    names = Names()
    assert names.name("a=1", 0, "123456aaaaaa") == "a=1,seed=0-123456"
    assert names.name("a=1", 0, "123456bbbbbb") == "a=1,seed=0-123456bbbbbb"
    assert names.name("a=2", 0, "123456cccccc") == "a=2,seed=0-123456"


def test_a_long_name_keeps_its_digits() -> None:
    found = Names().name("a=" + "x" * 500, 0, "123456aaaaaa")
    assert len(found) == LONGEST
    assert found.endswith("x-123456")
