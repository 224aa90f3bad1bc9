"""Axes, ranges, zips, points, and the values of parameters."""

from __future__ import annotations

from typing import Any

import pytest

from hpexp.config.collect import Collector
from hpexp.config.grid import count_points, read_grid, read_params, read_points
from hpexp.config.values import check_value
from hpexp.model import Axis, Block
from hpexp.vocabulary import PARAMETERS


def blocks(value: Any, *, own: bool = False) -> tuple[Block, ...]:
    collector = Collector()
    result = read_grid(value, collector, own=own)
    assert collector.problems == []
    return result


def axis_values(value: Any, name: str = "learning_rate", *, own: bool = False) -> list[Any]:
    (((axis,),)) = blocks({name: value}, own=own)
    return [each for (each,) in axis.values]


def problems(value: Any) -> list[tuple[Any, ...]]:
    collector = Collector()
    read_grid(value, collector, own=False)
    return [path for _, path, _ in collector.problems]


@pytest.mark.parametrize(
    ("low", "high", "n", "expected"),
    [
        (1e-4, 1, 5, [1e-4, 1e-3, 1e-2, 1e-1, 1.0]),
        (1, 1e-4, 5, [1.0, 0.1, 0.01, 0.001, 0.0001]),
        (1e-5, 1e-1, 9, [1e-5, 3.16227766017e-5, 1e-4, 3.16227766017e-4, 1e-3, 3.16227766017e-3, 0.01,
                         0.0316227766017, 0.1]),
        (3e-4, 3e-2, 3, [3e-4, 3e-3, 3e-2]),
        (0.5, 0.5, 1, [0.5]),
        (1, 8, 4, [1.0, 2.0, 4.0, 8.0]),
    ],
)  # fmt: skip
def test_log_ranges_hold_round_values(low: float, high: float, n: int, expected: list[float]) -> None:
    assert axis_values({"log": [low, high], "n": n}) == expected


@pytest.mark.parametrize(
    ("low", "high", "n", "expected"),
    [
        (0, 0.9, 4, [0.0, 0.3, 0.6, 0.9]),
        (0, 0.7, 8, [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]),
        (0.9, 0, 4, [0.9, 0.6, 0.3, 0.0]),
        (0.25, 0.25, 1, [0.25]),
    ],
)
def test_linear_ranges_hold_round_values(low: float, high: float, n: int, expected: list[float]) -> None:
    assert axis_values({"linear": [low, high], "n": n}, "momentum") == expected


def test_ranges_of_counts_are_whole_numbers_once_each() -> None:
    values = axis_values({"log": [1, 16], "n": 5}, "epochs")
    assert values == [1, 2, 4, 8, 16]
    assert all(type(each) is int for each in values)
    assert axis_values({"linear": [1, 3], "n": 9}, "batch") == [1, 2, 3]


def test_a_range_may_be_that_of_an_own_parameter() -> None:
    assert axis_values({"linear": [0, 1], "n": 3}, "width", own=True) == [0.0, 0.5, 1.0]


def test_a_zip_moves_its_axes_together() -> None:
    expected = (Axis(("epochs", "batch"), ((1, 8), (2, "full"))),)
    assert blocks({"zip": {"epochs": [1, 2], "batch": [8, "full"]}}) == (expected,)
    assert blocks({"zip": [{"epochs": [1, 2]}, {"batch": [8, "full"]}]}) == (expected,)


def test_several_zips_multiply() -> None:
    (block,) = blocks(
        {"zip": [{"epochs": [1, 2], "batch": [8, 16]}, {"dropout": [0, 0.1, 0.2], "l2": [0, 1, 2]}]}
    )
    assert [axis.names for axis in block] == [("epochs", "batch"), ("dropout", "l2")]
    assert count_points((block,)) == 6


def test_blocks_are_joined_not_multiplied() -> None:
    grid = blocks([{"optimizer": ["sgd"], "momentum": [0, 0.9]}, {"optimizer": ["adam", "lion"]}])
    assert count_points(grid) == 2 + 2
    assert count_points(()) == 1
    assert count_points(blocks({})) == 1


def test_axes_keep_the_order_of_the_file() -> None:
    (block,) = blocks({"l2": [0], "zip": {"epochs": [1], "batch": [2]}, "dropout": [0]})
    assert [axis.names for axis in block] == [("l2",), ("epochs", "batch"), ("dropout",)]


def test_every_problem_of_a_grid_is_found() -> None:
    grid = [
        {"epochs": [0, 1, "x"], "optimzer": ["sgd"]},
        "x",
        {"zip": {"batch": [0], "epochs": []}, "l2": {"log": [0, 1], "n": 2}},
    ]
    assert problems(grid) == [
        (0, "epochs", 0),
        (0, "epochs", 2),
        (0, "optimzer"),
        (1,),
        (2, "zip", "batch", 0),
        (2, "zip", "epochs"),
        (2, "l2"),
    ]


def test_points() -> None:
    collector = Collector()
    assert read_points({"epochs": 3}, collector, own=False) == ({"epochs": 3},)
    assert read_points([{"epochs": 3}, {"l2": 1}], collector, own=False) == ({"epochs": 3}, {"l2": 1.0})
    assert collector.problems == []


def test_own_parameters_need_an_own_model() -> None:
    collector = Collector()
    assert read_params({"width": 8}, collector, own=True) == {"width": 8}
    assert collector.problems == []
    assert read_params({"width": 8}, collector, own=False) == {}
    assert [path for _, path, _ in collector.problems] == [("width",)]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("learning_rate", 1, 1.0),
        ("learning_rate", None, None),
        ("momentum", 1, 1.0),
        ("epochs", 3.0, 3),
        ("batch", 32.0, 32),
        ("batch", "full", "full"),
        ("hidden", 64, (64,)),
        ("hidden", [64, 32.0], (64, 32)),
        ("hidden", [], ()),
        ("nesterov", False, False),
        ("normalize", "none", "none"),
        ("width", [1, 2], (1, 2)),
        ("width", "x", "x"),
        ("width", None, None),
        ("width", True, True),
    ],
)
def test_values_become_what_the_plan_wants(name: str, value: Any, expected: Any) -> None:
    assert check_value(name, value) == expected
    assert type(check_value(name, value)) is type(expected)


@pytest.mark.parametrize("name", PARAMETERS)
def test_defaults_and_allowed_names_are_valid_values(name: str) -> None:
    parameter = PARAMETERS[name]
    default = list(parameter.default) if isinstance(parameter.default, tuple) else parameter.default
    assert check_value(name, default) == parameter.default
    for each in parameter.allowed:
        assert check_value(name, each) == each


@pytest.mark.parametrize("name", [name for name, each in PARAMETERS.items() if each.kind == "number"])
def test_bounds_are_kept(name: str) -> None:
    parameter = PARAMETERS[name]
    assert parameter.low == 0
    assert check_value(name, 0) == 0
    with pytest.raises(ValueError, match="is not a number from 0"):
        check_value(name, -1e-9)
    if parameter.high is None:
        assert check_value(name, 1e6) == 1e6
        return
    with pytest.raises(ValueError, match="is not a number from 0 to"):
        check_value(name, parameter.high + 1e-9)
    if parameter.open_high:
        with pytest.raises(ValueError, match="below"):
            check_value(name, parameter.high)
    else:
        assert check_value(name, parameter.high) == parameter.high
