"""The grid becomes points in the order of the file."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpexp.errors import ConfigError
from hpexp.model import Value
from tests.plans import block, chosen, plan_of, zipped

LIVE: dict[str, st.SearchStrategy[Value]] = {
    "learning_rate": st.floats(1e-6, 10),
    "hidden": st.lists(st.integers(1, 512), min_size=1, max_size=3).map(tuple),
    "activation": st.sampled_from(["relu", "tanh", "sigmoid"]),
    "optimizer": st.sampled_from(["sgd", "adam", "rmsprop"]),
    "dropout": st.floats(0, 0.9),
    "batch": st.one_of(st.integers(2, 31), st.sampled_from(["full", "mini", "stochastic"])),
    "epochs": st.integers(1, 99),
    "batch_norm": st.booleans(),
}
"""Parameters that always have an effect in an mlp with hidden layers."""


@st.composite
def grids(draw: st.DrawFn) -> dict[str, list[Value]]:
    names = draw(st.lists(st.sampled_from(sorted(LIVE)), min_size=1, max_size=4, unique=True))
    return {name: draw(st.lists(LIVE[name], min_size=1, max_size=4, unique=True)) for name in names}


SEEDS = st.lists(st.integers(0, 99), min_size=1, max_size=3, unique=True).map(tuple)


@given(grids(), SEEDS)
def test_a_block_is_the_product_of_its_axes(grid: dict[str, list[Value]], seeds: tuple[int, ...]) -> None:
    """The last axis moves fastest, and seeds faster than it."""
    plan = plan_of(grid=grid, seeds=seeds)
    expected = [(*values, seed) for values in itertools.product(*grid.values()) for seed in seeds]
    got = [(*(run.axes[name] for name in grid), run.seed) for run in plan.runs]
    assert got == expected
    assert plan.requested == len(plan.runs)
    assert plan.collapsed == ()


@given(grids(), SEEDS)
def test_no_two_runs_are_equal(grid: dict[str, list[Value]], seeds: tuple[int, ...]) -> None:
    plan = plan_of(grid=grid, seeds=seeds)
    assert len({run.id for run in plan.runs}) == len(plan.runs)
    assert len({run.point for run in plan.runs}) * len(seeds) == len(plan.runs)


def test_an_empty_grid_is_one_point() -> None:
    assert len(plan_of().runs) == 1
    assert len(plan_of(seeds=(3, 1, 2)).runs) == 3


def test_blocks_are_joined() -> None:
    plan = plan_of(
        grid=(block(optimizer=["sgd"], momentum=[0.0, 0.9]), block(optimizer=["adam", "nadam"])),
    )
    assert chosen(plan, "optimizer", "momentum") == [
        ("sgd", 0.0), ("sgd", 0.9), ("adam", None), ("nadam", None),
    ]  # fmt: skip


def test_a_zipped_axis_moves_together() -> None:
    plan = plan_of(grid=((zipped(hidden=[(8,), (16,)], epochs=[20, 10]), *block(batch=[5, 7])),))
    assert chosen(plan, "hidden", "epochs", "batch") == [
        ((8,), 20, 5), ((8,), 20, 7), ((16,), 10, 5), ((16,), 10, 7),
    ]  # fmt: skip


def test_axes_stand_over_params() -> None:
    plan = plan_of(params={"optimizer": "adam", "epochs": 7}, grid={"optimizer": ["sgd", "lion"]})
    assert chosen(plan, "optimizer", "epochs") == [("sgd", 7), ("lion", 7)]


def test_include_adds_points_over_params() -> None:
    plan = plan_of(
        params={"epochs": 7}, grid={"optimizer": ["sgd"]}, include=({"optimizer": "adam", "batch": "full"},)
    )
    assert chosen(plan, "optimizer", "batch", "epochs") == [("sgd", "mini", 7), ("adam", "full", 7)]


def test_exclude_removes_points_where_all_its_items_hold() -> None:
    grid = {"optimizer": ["sgd", "adam"], "learning_rate": [0.1, 1.0]}
    plan = plan_of(grid=grid, exclude=({"optimizer": "adam", "learning_rate": 1},))
    assert chosen(plan, "optimizer", "learning_rate") == [("sgd", 0.1), ("sgd", 1.0), ("adam", 0.1)]
    assert plan.requested == 3


@pytest.mark.parametrize(
    ("condition", "left"),
    [
        ({"activation": "relu", "optimizer": "sgd"}, ["adam"]),  # a default
        ({"learning_rate": 0.01}, ["adam"]),  # Keras's default for sgd
        ({"batch": 32}, []),  # what `mini` means
        ({"batch_norm": 0}, ["sgd", "adam"]),  # no flag
        ({"momentum": None}, []),  # not set
        ({"unheard_of": 1}, ["sgd", "adam"]),
    ],
)
def test_exclude_sees_defaults(condition: dict[str, Value], left: Sequence[str]) -> None:
    changes = {"grid": {"optimizer": ["sgd", "adam"]}, "exclude": (condition,)}
    if not left:
        with pytest.raises(ConfigError, match=r"toy\.yaml: exclude: every point of the grid is excluded"):
            plan_of(**changes)
    else:
        assert chosen(plan_of(**changes), "optimizer") == [(name,) for name in left]


def test_exclude_leaves_included_points_alone() -> None:
    plan = plan_of(
        grid={"optimizer": ["sgd", "adam"]}, include=({"optimizer": "adam", "epochs": 3},),
        exclude=({"optimizer": "adam"},),
    )  # fmt: skip
    assert chosen(plan, "optimizer", "epochs") == [("sgd", 10), ("adam", 3)]


def test_a_seed_given_twice_is_one_run() -> None:
    plan = plan_of(seeds=(4, 4, 2))
    assert [run.seed for run in plan.runs] == [4, 2]
    assert plan.requested == 2
