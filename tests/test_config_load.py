"""A whole file -> an Experiment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hpexp import config
from hpexp.errors import ConfigError, UsageError
from hpexp.model import (
    Axis,
    DataSpec,
    EarlyStopping,
    Experiment,
    Limits,
    ModelSpec,
    Objective,
    Resources,
    Split,
    TensorBoardOptions,
    TrainingOptions,
)
from tests.bad_inputs import HEAD, MAIN, Files
from tests.good_inputs import EVERYTHING, GOOD_INPUTS, LR


def write(files: Files, folder: Path) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder / MAIN


def load(text: str, folder: Path, *overrides: str, smoke: bool = False) -> Experiment:
    return config.load(write({MAIN: text}, folder), overrides, smoke=smoke)


@pytest.mark.parametrize("name", GOOD_INPUTS)
def test_every_form_of_every_key_is_read(name: str, tmp_path: Path) -> None:
    experiment = config.load(write(GOOD_INPUTS[name], tmp_path))
    facts = config.data_facts(experiment)
    assert len(facts.fingerprint) >= 12
    assert experiment.seeds
    hash((experiment.grid, experiment.seeds, experiment.data.split))


def test_a_file_becomes_an_experiment(tmp_path: Path) -> None:
    path = write({MAIN: LR}, tmp_path)
    rates = Axis(("learning_rate",), ((1e-4,), (1e-3,), (1e-2,), (0.1,), (1.0,)))
    optimizers = Axis(("optimizer",), (("sgd",), ("adam",), ("rmsprop",)))
    assert config.load(path) == Experiment(
        name="lr",
        description="How far can the learning rate go?",
        path=str(path),
        text=LR,
        data=DataSpec("builtin", "digits", {}, Split(), str(tmp_path)),
        model=ModelSpec("mlp", "mlp", {}, str(tmp_path)),
        params={
            "hidden": (128,),
            "activation": "relu",
            "optimizer": "sgd",
            "learning_rate": 0.01,
            "batch": "mini",
            "epochs": 30,
        },
        grid=((rates, optimizers),),
        include=(),
        exclude=(),
        seeds=(0, 1, 2),
        early_stopping=EarlyStopping("val_loss", 3, 0.0, "min"),
        objective=Objective("val_accuracy", "max"),
    )


def test_every_section_arrives(tmp_path: Path) -> None:
    experiment = load(EVERYTHING, tmp_path)
    assert experiment.description == "on"
    assert experiment.data.split == Split(0.25, 0.0, 1)
    assert experiment.data.options == {"examples": 200, "noise": 1.5, "classes": 4, "seed": 7}
    assert experiment.params["weight_decay"] is None
    assert experiment.params["epochs"] == 10
    assert type(experiment.params["epochs"]) is int
    assert experiment.include == ({"optimizer": "lion", "learning_rate": 1e-4},)
    assert experiment.exclude == ({"optimizer": "sgd", "batch": "full"},)
    assert experiment.seeds == (0, 7, 42)
    assert experiment.early_stopping == EarlyStopping()
    assert experiment.objective == Objective("loss", "min")
    assert experiment.tensorboard == TensorBoardOptions("all", 5)
    assert experiment.training == TrainingOptions(10, True)
    assert experiment.limits == Limits(300.0, 30.0, 2, 3)
    assert experiment.resources == Resources(4 * 10**9, 2)


def test_the_file_names_the_experiment_that_has_no_name(tmp_path: Path) -> None:
    path = tmp_path / "momentum.yaml"
    path.write_text(HEAD)
    assert config.load(path).name == "momentum"


def test_smoke_is_kept(tmp_path: Path) -> None:
    assert load(HEAD, tmp_path, smoke=True).smoke
    assert not load(HEAD, tmp_path).smoke


def test_text_is_text_where_text_is_expected(tmp_path: Path) -> None:
    experiment = load("data: {csv: t.csv, target: no}\nmodel: mlp\ndescription: yes\n", _table(tmp_path))
    assert experiment.data.options["target"] == "no"
    assert experiment.description == "yes"


def _table(folder: Path) -> Path:
    (folder / "t.csv").write_text("a,no\n1,0\n2,1\n3,0\n4,1\n")
    return folder


def test_paths_count_from_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "configs"
    path = write({MAIN: "data: {csv: ../t.csv, target: no}\nmodel: mlp\n"}, folder)
    _table(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    experiment = config.load(Path(os.path.relpath(path)))
    assert experiment.data.source == str(tmp_path / "t.csv")
    assert experiment.data.folder == str(folder)
    assert experiment.path == "../configs/experiment.yaml"


@pytest.mark.parametrize(
    ("text", "metric"),
    [
        (HEAD, "val_accuracy"),
        ("data: diabetes\nmodel: mlp\n", "val_loss"),
        ("data: mnist\nmodel: mlp\n", "val_accuracy"),
        ("data: {csv: t.csv, target: no}\nmodel: mlp\n", "val_accuracy"),
        ("data: {csv: t.csv, target: no, task: regression}\nmodel: mlp\n", "val_loss"),
        ("data: {python: 'json:loads'}\nmodel: mlp\n", "val_loss"),
        (HEAD + "split: {validation: 0}\n", "accuracy"),
        ("data: diabetes\nmodel: mlp\nsplit: {validation: 0}\n", "loss"),
    ],
)
def test_the_objective_follows_from_the_task(text: str, metric: str, tmp_path: Path) -> None:
    objective = load(text, _table(tmp_path)).objective
    assert objective == Objective(metric, "max" if "accuracy" in metric else "min")


def test_a_monitor_decides_its_mode(tmp_path: Path) -> None:
    stopping = load(HEAD + "early_stopping: {monitor: val_accuracy}\n", tmp_path).early_stopping
    assert stopping is not None
    assert stopping.mode == "max"


def test_all_problems_come_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = """\
data: {csv: gone.csv, target: y}
model: mpl
params:
  epochs: 0
grid:
  optimizer: [sgd, adm]
sedes: 3
sedes: 3
"""
    with pytest.raises(ConfigError) as raised:
        load(text, tmp_path, "batch=x")
    problems = raised.value.problems
    assert [(each.line, each.column, each.breadcrumb) for each in problems] == [
        (0, 0, "--set batch=x"),
        (1, 13, "data.csv"),
        (2, 8, "model"),
        (4, 11, "params.epochs"),
        (6, 20, "grid.optimizer[1]"),
        (7, 1, "sedes"),
        (8, 1, "sedes"),
    ]


def test_one_problem_is_one_line_with_place_and_remedy(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        load(HEAD + "params: {normalize: standrd}\n", tmp_path)
    assert str(raised.value) == (
        f"{tmp_path / MAIN}:3:21: params.normalize: "
        "standrd is not one of none, standard, minmax; did you mean standard?"
    )


def test_own_code_is_found_but_not_run(tmp_path: Path) -> None:
    text = "data: {python: 'bomb:load'}\nmodel: {python: 'bomb:build'}\n"
    write({MAIN: text, "bomb.py": "raise SystemExit('it ran')\n"}, tmp_path)
    experiment = config.load(tmp_path / MAIN)
    assert config.data_facts(experiment).train is None
    assert "bomb" not in sys.modules


@pytest.mark.parametrize("name", ["gone.yaml", "folder"])
def test_a_file_that_is_none_is_a_usage_error(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError, match=name):
        config.load(tmp_path / name)


def test_an_unreadable_file_is_a_usage_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = write({MAIN: HEAD}, tmp_path)
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(UsageError, match="cannot be read: Permission denied"):
        config.load(path)


def test_a_name_that_no_file_can_have_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        config.load(Path("n" * 5000 + ".yaml"))


def test_importing_the_package_is_free() -> None:
    code = (
        "import sys, hpexp.config;"
        "heavy = {'pydantic', 'yaml', 'numpy', 'tensorflow', 'difflib'} & set(sys.modules);"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_good_file_needs_no_module_that_words_errors(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from hpexp import config;"
        f"config.data_facts(config.load(Path({str(write({MAIN: LR}, tmp_path))!r})));"
        "heavy = {'numpy', 'tensorflow', 'sklearn', 'difflib'} & set(sys.modules);"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("text", "epoch"),
    [
        ("", "best"),
        ("objective: {metric: loss, epoch: last}", "last"),
        ("early_stopping: true", "best"),
        ("early_stopping: {restore_best: false}", "last"),
        ("early_stopping: {patience: 1}\nobjective: {metric: val_loss, epoch: last}", "last"),
        ("early_stopping: {restore_best: false}\nobjective: {metric: val_loss, epoch: last}", "last"),
        ("grid: {epochs: [5, 10]}", "last"),
        ("grid: {zip: {epochs: [5, 10], learning_rate: [0.1, 1]}}", "last"),
        ("include: [{epochs: 20}]", "last"),
        ("grid: {epochs: [5]}", "best"),
        ("grid: {epochs: [5, 10]}\nobjective: {metric: val_loss, epoch: best}", "best"),
        ("grid: {epochs: [5, 10]}\nearly_stopping: true", "best"),
    ],
)
def test_the_epoch_that_a_run_is_taken_at(text: str, epoch: str, tmp_path: Path) -> None:
    assert load(f"{HEAD}{text}\n", tmp_path).objective.epoch == epoch


def test_the_loss_of_the_data_has_one_name_as_an_objective(tmp_path: Path) -> None:
    text = "objective: val_data_loss\nearly_stopping: {monitor: data_loss}\n"
    experiment = load(HEAD + text, tmp_path)
    assert experiment.objective == Objective("val_loss", "min")
    assert experiment.early_stopping == EarlyStopping("loss")
