"""Points that are equal become one run, and the plan says why."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpexp.model import Collapse, Lacks, Value
from hpexp.plan.collapse import LISTED_AGAIN, SAME_MEANING, joined
from tests.plans import block, plan_of

OFTEN_DEAD: dict[str, list[Value]] = {
    "optimizer": ["sgd", "adam", "rmsprop", "lion"],
    "momentum": [0.0, 0.5, 0.9],
    "nesterov": [False, True],
    "rho": [None, 0.8, 0.9],
    "schedule": ["constant", "step", "cosine"],
    "decay_rate": [0.1, 0.5],
    "hidden": [(), (8,)],
    "dropout": [0, 0.0, 0.5],
    "learning_rate": [None, 1, 1.0, 0.01],
    "batch": ["mini", 32, "stochastic", 1, "full"],
}


@st.composite
def grids(draw: st.DrawFn) -> dict[str, list[Value]]:
    names = draw(st.lists(st.sampled_from(sorted(OFTEN_DEAD)), min_size=1, max_size=4, unique=True))
    return {name: draw(st.lists(st.sampled_from(OFTEN_DEAD[name]), min_size=1, max_size=3)) for name in names}


@given(grids(), st.integers(1, 3))
def test_every_point_is_a_run_or_accounted_for(grid: dict[str, list[Value]], seeds: int) -> None:
    plan = plan_of(grid=grid, seeds=tuple(range(seeds)))
    dropped = sum(each.points for each in plan.collapsed)
    assert plan.requested == len(plan.runs) + dropped * seeds
    assert len({run.id for run in plan.runs}) == len(plan.runs)
    assert all(each.points > 0 for each in plan.collapsed)
    assert {each.param for each in plan.collapsed} <= {*grid, ""}


def test_a_parameter_without_effect() -> None:
    plan = plan_of(grid={"optimizer": ["sgd", "adam", "lion"], "momentum": [0.0, 0.5, 0.9]}, seeds=(0, 1))
    assert plan.collapsed == (
        Collapse("momentum", Lacks("optimizer", "adam"), 2),
        Collapse("momentum", Lacks("optimizer", "lion"), 2),
    )
    assert len(plan.runs) == (3 + 1 + 1) * 2
    assert plan.requested == 18


def test_the_first_of_several_causes_is_named() -> None:
    plan = plan_of(params={"optimizer": "adam"}, grid={"momentum": [0.0, 0.9], "nesterov": [False, True]})
    assert plan.collapsed == (
        Collapse("nesterov", Lacks("optimizer", "adam"), 1),
        Collapse("momentum", Lacks("optimizer", "adam"), 2),
    )


@pytest.mark.parametrize(
    ("name", "values", "runs", "param", "reason"),
    [
        ("learning_rate", [1, 1.0, 1.0], 1, "", LISTED_AGAIN),
        ("learning_rate", [0.01, None], 1, "learning_rate", SAME_MEANING),
        ("batch", ["mini", 32], 1, "batch", SAME_MEANING),
        ("batch", ["stochastic", 1], 1, "batch", SAME_MEANING),
        ("optimizer", ["adam", "adam"], 1, "", LISTED_AGAIN),
    ],
)
def test_plain_duplicates(name: str, values: Sequence[Value], runs: int, param: str, reason: str) -> None:
    plan = plan_of(grid={name: values})
    assert len(plan.runs) == runs
    assert plan.collapsed == (Collapse(param, reason, len(values) - runs),)


def test_an_included_point_that_the_grid_has() -> None:
    plan = plan_of(grid={"optimizer": ["sgd", "adam"]}, include=({"optimizer": "adam"},))
    assert len(plan.runs) == 2
    assert plan.collapsed == (Collapse("", LISTED_AGAIN, 1),)


def test_two_blocks_that_meet() -> None:
    plan = plan_of(grid=(block(optimizer=["sgd", "adam"]), block(optimizer=["adam", "lion"]), (), ()))
    assert [run.params["optimizer"] for run in plan.runs] == ["sgd", "adam", "lion"]
    assert plan.requested == 6


def test_reasons_are_grouped_by_what_they_are_and_not_by_their_words() -> None:
    lacking = [Lacks("optimizer", "adam"), Lacks("model", "a b"), Lacks("optimizer", "lion")]
    assert joined(["x.y:z has none", *lacking, "task t has none"]) == (
        "optimizers adam, lion have none; model a b has none; x.y:z has none; task t has none"
    )
    assert joined(["task a has none", "task b has none"]) == "task a has none; task b has none"
