"""What a file sets in vain is named, with what may have been meant; a grid of nothing else is an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from hpexp import config
from hpexp.errors import ConfigError
from hpexp.model import DataFacts, Plan
from hpexp.plan import build_plan, refuse_idle_grid
from hpexp.preview import warnings

FACTS = DataFacts("f", "classification", 100, 30, 30)
NET = "def build(shape, outputs, width=3, filters=1, activation='relu', dropout=0, momentum=0.9): ...\n"
HEAD = "data: digits\nmodel: {python: 'net:build'}\n"


def plan(folder: Path, text: str) -> Plan:
    (folder / "net.py").write_text(NET)
    return build_plan(config.load_text(text, folder / "toy.yaml"), FACTS)


@pytest.mark.parametrize(
    ("grid", "told"),
    [
        ("{batch_size: [8, 16], width: [1, 2]}",
         ["no effect: batch_size (net:build takes none; did you mean batch?)"]),
        ("{widht: [8, 16], width: [1, 2]}", ["no effect: widht (net:build takes none; did you mean width?)"]),
        ("{hidden: [[8], [16]], width: [1, 2]}", ["no effect: hidden (net:build takes none)"]),
        ("{width: [1, 2]}", []),
    ],
)  # fmt: skip
def test_an_axis_in_vain_is_named(grid: str, told: list[str], tmp_path: Path) -> None:
    made = plan(tmp_path, f"{HEAD}grid: {grid}\n")
    refuse_idle_grid(made)
    assert warnings(made) == told


def test_a_grid_in_vain_is_an_error_at_its_place(tmp_path: Path) -> None:
    grid = "grid:\n  batch_size: [8, 16]\n  zip: [{lr: [1, 2], leyers: [1, 2]}]\n"
    with pytest.raises(ConfigError) as caught:
        refuse_idle_grid(plan(tmp_path, f"{HEAD}params: {{batch_size: 4}}\n{grid}"))
    told = "no axis has an effect: net:build takes none; did you mean"
    assert str(caught.value).replace(f"{tmp_path}/", "").splitlines() == [
        f"toy.yaml:5:3: grid.batch_size: {told} batch?",
        f"toy.yaml:6:10: grid.lr: {told} learning_rate?",
        f"toy.yaml:6:22: grid.leyers: {told} filters?",
    ]


def test_a_grid_in_vain_with_a_built_in_model(tmp_path: Path) -> None:
    made = plan(tmp_path, "data: digits\nmodel: mlp\nparams: {optimizer: adam}\ngrid: {rho: [0.8, 0.9]}\n")
    with pytest.raises(ConfigError, match=r":4:8: grid.rho: no axis has an effect: optimizer adam has none"):
        refuse_idle_grid(made)


@pytest.mark.parametrize(
    ("name", "written", "value"),
    [
        ("filters", "8", 8),
        ("filters", "[8, 16]", (8, 16)),
        ("filters", "many", "many"),
        ("activation", "mine", "mine"),
        ("activation", "null", None),
        ("dropout", "1", 1),
        ("dropout", "0.0", 0.0),
        ("dropout", "true", True),
    ],
)
def test_names_of_built_in_models_arrive_as_written(
    name: str, written: str, value: object, tmp_path: Path
) -> None:
    """The function may give them any meaning; hpexp's own rules for them do not hold."""
    for text in (f"params: {{{name}: {written}}}", f"grid: {{{name}: [{written}]}}"):
        (run,) = plan(tmp_path, f"{HEAD}{text}\n").runs
        assert name in run.params
        assert run.params[name] == value
        assert type(run.params[name]) is type(value)


def test_what_is_written_is_what_counts(tmp_path: Path) -> None:
    """1, 1.0, true and null are four values with ids of their own; none is the function's default."""
    made = plan(tmp_path, f"{HEAD}grid: {{dropout: [1, 1.0, true, null]}}\n")
    default = plan(tmp_path, HEAD)
    assert len({run.id for run in [*made.runs, *default.runs]}) == 5
    kept = plan(tmp_path, f"{HEAD}grid: {{dropout: [1, 1.0, true]}}\nexclude: {{dropout: 1}}\n")
    assert [run.params["dropout"] for run in kept.runs] == [1.0, True]
    assert [type(run.params["dropout"]) for run in kept.runs] == [float, bool]


@pytest.mark.tensorflow
def test_the_function_gets_what_was_written(tmp_path: Path) -> None:
    from hpexp.train.models import Problem, build_model

    (tmp_path / "wants.py").write_text(
        "import keras\n"
        "def build(shape, outputs, filters=(1,), activation='relu'):\n"
        "    assert type(filters) is int and activation is None\n"
        "    return keras.Sequential([keras.Input(shape), keras.layers.Dense(filters, activation)])\n"
    )
    text = "data: digits\nmodel: {python: 'wants:build'}\nparams: {filters: 8, activation: null}\n"
    experiment = config.load_text(text, tmp_path / "toy.yaml")
    (run,) = build_plan(experiment, FACTS).runs
    model = build_model(experiment.model, run.params, Problem((4,), 8, "classification"), 0)
    assert model.output_shape == (None, 8)
