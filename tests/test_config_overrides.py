"""`--set key=value`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from hpexp import config
from hpexp.errors import ConfigError
from hpexp.model import Axis, Experiment, Limits, Objective
from tests.bad_inputs import HEAD, MAIN

GRID = HEAD + "grid: {epochs: [1, 2], optimizer: [sgd, adam]}\n"
BLOCKS = HEAD + "grid: [{zip: {epochs: [1, 2], batch: [8, 16]}}, {optimizer: [sgd], epochs: [5]}]\n"

Load: TypeAlias = Callable[..., Experiment]
"""From a file's text and overrides to an experiment."""


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def load_text(text: str, *overrides: str) -> Experiment:
        path = tmp_path / MAIN
        path.write_text(text)
        return config.load(path, overrides)

    return load_text


def axes(experiment: Experiment) -> list[list[tuple[str, ...]]]:
    return [[axis.names for axis in block] for block in experiment.grid]


def test_a_bare_parameter_is_set_for_every_run(load: Load) -> None:
    experiment = load(GRID, "epochs=3")
    assert experiment.params == {"epochs": 3}
    assert axes(experiment) == [[("optimizer",)]]


def test_a_bare_parameter_leaves_every_block_and_zip(load: Load) -> None:
    experiment = load(BLOCKS, "epochs=3")
    assert axes(experiment) == [[("batch",)], [("optimizer",)]]
    listed = HEAD + "grid: {zip: [{epochs: [1, 2]}, {batch: [8, 16]}]}\n"
    assert axes(load(listed, "epochs=3")) == [[("batch",)]]
    assert axes(load(listed, "epochs=3", "batch=8")) == [[]]


def test_what_is_set_under_params_is_the_value_of_every_run_too(load: Load) -> None:
    experiment = load(GRID, "params.epochs=3")
    assert experiment.params == {"epochs": 3}
    assert axes(experiment) == [[("optimizer",)]]


def test_a_list_for_a_bare_parameter_is_its_axis(load: Load) -> None:
    values = ((1e-3,), (0.1,))
    assert load(HEAD, "learning_rate=[1e-3, 0.1]").grid == ((Axis(("learning_rate",), values),),)
    assert axes(load(BLOCKS, "epochs=[3,4]")) == [[("batch",), ("epochs",)], [("optimizer",), ("epochs",)]]
    assert axes(load(HEAD, "l2={log: [1, 100], n: 3}")) == [[("l2",)]]


def test_a_list_of_widths_is_one_value_and_a_list_of_lists_an_axis(load: Load) -> None:
    assert load(HEAD, "hidden=[64,32]").params == {"hidden": (64, 32)}
    assert load(HEAD, "hidden=[[64],[32]]").grid == ((Axis(("hidden",), (((64,),), ((32,),))),),)


def test_dotted_keys(load: Load) -> None:
    experiment = load(
        GRID,
        "grid.optimizer=[lion]",
        "early_stopping.patience=5",
        "limits.timeout=5m",
        "split.test=0.1",
        "seeds=2",
        "data=iris",
        "objective=val_loss",
        "name=other",
    )
    assert experiment.grid[0][1] == Axis(("optimizer",), (("lion",),))
    assert experiment.early_stopping is not None
    assert experiment.early_stopping.patience == 5
    assert experiment.limits == Limits(timeout=300.0)
    assert experiment.data.split.test == 0.1
    assert experiment.seeds == (0, 1)
    assert experiment.data.source == "iris"
    assert experiment.objective == Objective("val_loss", "min")
    assert experiment.name == "other"


def test_blocks_are_named_by_number(load: Load) -> None:
    assert load(BLOCKS, "grid[1].epochs=[7]").grid[1][1].values == ((7,),)
    assert load(BLOCKS, "grid.1.epochs=[7]").grid[1][1].values == ((7,),)
    assert load(HEAD + "seeds: [1, 2]\n", "seeds[0]=9").seeds == (9, 2)


def test_a_name_becomes_a_map_where_a_key_is_set_below(load: Load) -> None:
    experiment = load("data: moons\nmodel: mlp\nobjective: loss\n", "data.noise=0.5", "objective.mode=max")
    assert experiment.data.options == {"noise": 0.5}
    assert experiment.objective == Objective("loss", "max")


@pytest.mark.parametrize(
    "off", ["", "early_stopping: false\n", "early_stopping: true\n", "early_stopping:\n"]
)
def test_a_section_may_be_begun_by_an_override(load: Load, off: str) -> None:
    stopping = load(HEAD + off, "early_stopping.patience=9").early_stopping
    assert stopping is not None
    assert stopping.patience == 9


def test_null_takes_a_key_away(load: Load) -> None:
    assert load(GRID, "grid=null").grid == ()
    assert load(HEAD + "early_stopping: true\n", "early_stopping=false").early_stopping is None


def test_later_overrides_win(load: Load) -> None:
    assert load(HEAD, "epochs=1", "epochs=2").params == {"epochs": 2}


def test_own_parameters_may_be_set(load: Load) -> None:
    own = "data: digits\nmodel: {python: 'json:loads'}\n"
    assert load(own, "width=8").params == {"width": 8}
    assert axes(load(own, "width=[8,16]")) == [[("width",)]]


def test_an_anchor_shared_by_two_keys_is_changed_in_one(load: Load) -> None:
    experiment = load(HEAD + "params: &p {epochs: 1}\ninclude: [*p]\n", "params.epochs=3")
    assert experiment.params == {"epochs": 3}
    assert experiment.include == ({"epochs": 1},)


def test_the_text_tells_of_overrides(load: Load) -> None:
    assert load(HEAD.rstrip(), "epochs=3", "name=a").text == HEAD + "# --set epochs=3\n# --set name=a\n"


def test_an_error_names_the_override(load: Load, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        load(HEAD, "seeds=0")
    assert str(raised.value) == (
        f"{tmp_path / MAIN}: --set seeds=0: 0 is neither a number of seeds, 1 to 10000, nor a list of seeds"
    )
