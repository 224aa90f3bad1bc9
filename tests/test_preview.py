"""What `hpexp plan` prints."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from hpexp.model import DataFacts, DataSpec, Objective, Plan, Status, Taken, Task
from hpexp.paths import LogsFolder
from hpexp.preview import SHOWN_POINTS, as_dict, print_plan, statuses_of
from hpexp.store import Store
from tests.plans import FACTS, plan_of

GRID: dict[str, Any] = {"learning_rate": [0.01, 1e-5], "optimizer": ["sgd", "adam"], "momentum": [0.0, 0.9]}


def shown(plan: Plan, statuses: dict[str, Status] | None = None, width: int = 80) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    print_plan(plan, statuses or {}, console, as_json=False)
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_the_whole_picture() -> None:
    plan = plan_of(grid=GRID, seeds=(0, 1, 2), description="A try")
    first, second, *_ = plan.runs
    assert shown(plan, {first.id: Status.DONE, second.id: Status.FAILED}) == [
        "toy  18 runs (6 points × 3 seeds) in 1 group, 1 done, 17 to train",
        "A try",
        "digits: classification; 1079 training, 359 validation and 359 test examples",
        "2 points collapsed: momentum, optimizer adam has none",
        "",
        "engine    groups  runs each  updates/epoch  what they share",
        "compiled       1         18             34  one program",
        "",
        "learning_rate  optimizer  momentum  seeds  updates/epoch  status",
        "         0.01        sgd         0    0–2             34  1/3 done, 1 failed",
        "         0.01        sgd       0.9    0–2             34  pending",
        "         0.01       adam         –    0–2             34  pending",
        "        1e-05        sgd         0    0–2             34  pending",
        "        1e-05        sgd       0.9    0–2             34  pending",
        "        1e-05       adam         –    0–2             34  pending",
    ]


def test_one_seed() -> None:
    plan = plan_of(grid={"batch": ["full", "stochastic"]}, seeds=(7,))
    text = shown(plan, {run.id: Status.DONE for run in plan.runs})
    assert text[0] == "toy  2 runs in 2 groups, 2 done, 0 to train"
    assert text[-3:] == [
        "     batch  seed  updates/epoch  status",
        "      full     7              1  done",
        "stochastic     7           1079  done",
    ]


def test_why_runs_go_through_fit() -> None:
    plan = plan_of(grid={"batch": ["full", "mini"]}, engine="fit", seeds=(0, 1))
    assert shown(plan)[4:6] == [
        "fit          2          1              1  one by one: --engine fit",
        "fit          2          1             34  one by one: --engine fit",
    ]


def test_reasons_of_one_parameter_come_together() -> None:
    plan = plan_of(grid={"optimizer": ["sgd", "adam", "lion"], "momentum": [0.0, 0.9, 0.9]})
    assert [line for line in shown(plan, width=140) if "collapsed" in line] == [
        "1 point collapsed: the point is listed more than once",
        "4 points collapsed: momentum, optimizers adam, lion have none",
    ]


def test_parameters_that_no_run_has_are_named() -> None:
    params = {"momentum": 0.9, "clipnorm": None, "decay_rate": 0.1, "dropout": 0.5}
    plan = plan_of(params=params, grid={"optimizer": ["adam", "lion"]})
    assert shown(plan, width=140)[2:4] == [
        "no effect: momentum (optimizers adam, lion have none)",
        "no effect: decay_rate (schedule constant has none)",
    ]
    plan = plan_of(params=params, grid={"optimizer": ["sgd", "adam"], "schedule": ["step"]})
    assert not any("no effect" in line for line in shown(plan))


def test_an_exclude_that_holds_at_no_point_is_named() -> None:
    grid = {"optimizer": ["sgd", "adam"], "momentum": [0.0, 0.9]}
    exclude = ({"momentum": 0.9, "optimizer": "sgd"}, {"momentum": 0.8}, {"optimizer": "adam", "batch": 16})
    plan = plan_of(grid=grid, exclude=exclude)
    assert plan.unmatched == exclude[1:]
    assert shown(plan)[3:5] == [
        "exclude: no point has momentum=0.8",
        "exclude: no point has optimizer=adam, batch=16",
    ]


@pytest.mark.parametrize("width", [80, 140])
def test_axes_that_do_not_fit_side_by_side_share_a_column(width: int) -> None:
    grid = {
        **GRID, "nesterov": [True], "activation": ["hard_sigmoid"], "initializer": ["glorot_uniform"],
        "normalize": ["standard"], "hidden": [(64, 64)],
    }  # fmt: skip
    text = shown(plan_of(grid=grid), width=width)
    assert all(len(line) <= width for line in text)
    assert any(line.startswith("learning_rate=0.01 optimizer=sgd") for line in text) == (width == 80)
    assert not any("…" in line for line in text)


def test_long_lists_are_cut() -> None:
    plan = plan_of(grid={"batch": list(range(2, 42))}, seeds=(4, 9))
    text = shown(plan)
    assert text[-1] == f"… and {40 - SHOWN_POINTS} more points (--json lists every run)"
    assert sum(line.endswith("pending") for line in text) == SHOWN_POINTS
    assert [line for line in text if line.endswith("more groups")] == [
        "…             28                            more groups"
    ]


@pytest.mark.parametrize(
    ("seeds", "text"),
    [((0, 1, 2, 3, 4), "0–4"), ((3, 1), "3,1"), ((1, 5, 6, 8, 9), "1,5,…,9"), ((0, 2, 4, 6), "0,2,4,6")],
)
def test_seeds(seeds: tuple[int, ...], text: str) -> None:
    assert shown(plan_of(seeds=seeds))[-1].split()[0] == text


def test_data_whose_size_is_not_known_yet() -> None:
    plan = plan_of(FACTS.__class__("f", None, None, None, None), data=DataSpec("csv", "/far/away/table.csv"))
    text = shown(plan)
    assert text[1] == "table.csv: task and sizes are known once the data is loaded"
    assert text[-1].split() == ["0", "?", "pending"]


@pytest.mark.parametrize(
    ("task", "classes", "line"),
    [
        ("regression", (), "digits: regression; 10 training, 5 validation and 5 test examples"),
        (
            "classification",
            (("no", 15), ("yes", 5)),
            "digits: classification, 2 classes: no 15, yes 5; 10 training, 5 validation and 5 test examples",
        ),
        (
            "classification",
            tuple((f"class number {number}", 1000 + number) for number in range(20)),
            "digits: classification, 20 classes of 1,000 to 1,019 examples; 10 training, 5 validation",
        ),
    ],
)
def test_what_there_is_to_learn(task: Task, classes: tuple[tuple[str, int], ...], line: str) -> None:
    plan = plan_of(DataFacts("f", task, 10, 5, 5, classes=classes))
    assert shown(plan, width=200)[1].startswith(line)
    assert as_dict(plan, {})["data"] == {
        "task": task,
        "classes": dict(classes),
        "examples": {"train": 10, "validation": 5, "test": 5},
    }


def test_json_says_everything(capsys: pytest.CaptureFixture[str]) -> None:
    plan = plan_of(grid={**GRID, "hidden": [(8, 4)]}, seeds=(0, 1))
    print_plan(plan, {plan.runs[0].id: Status.STOPPED}, Console(), as_json=True)
    said = json.loads(capsys.readouterr().out)
    assert said == json.loads(json.dumps(as_dict(plan, {plan.runs[0].id: Status.STOPPED})))
    assert set(said) == {"experiment", "data", "runs", "collapsed", "no_effect", "groups"}
    assert said["experiment"] == "toy"
    run, first = plan.runs[0], said["runs"][0]
    assert first == {
        "id": run.id, "name": run.name, "params": {**run.params, "hidden": [8, 4]}, "seed": 0, "repeat": 0,
        "engine": "compiled", "updates_per_epoch": 34, "status": "stopped",
    }  # fmt: skip
    assert [each["status"] for each in said["runs"][1:]] == ["pending"] * 11
    assert said["collapsed"] == [{"param": "momentum", "reason": "optimizer adam has none", "points": 2}]
    assert said["groups"] == [
        {"id": 0, "engine": "compiled", "reason": "", "runs": [run.id for run in plan.runs]}
    ]


def test_statuses_come_from_the_store(tmp_path: Path) -> None:
    before, plan = plan_of(grid={"batch": [5]}), plan_of(grid={"batch": [5, 6]})
    logs = LogsFolder(tmp_path)
    assert statuses_of(plan, tmp_path) == {}
    with Store.open(logs) as store:
        store.begin(before.experiment, "hpexp run", {})
        store.add(before.runs)
        store.commit()
    assert statuses_of(plan, tmp_path) == {plan.runs[0].id: Status.PENDING}
    assert statuses_of(plan_of(name="other", grid={"batch": [5]}), tmp_path) == {}


@pytest.mark.parametrize(
    ("epoch", "line"),
    [
        ("last", "epochs varies: each run is taken at its last epoch"),
        ("best", "epochs varies, and each run is taken at its best epoch, which may be one and the same"),
    ],
)
def test_runs_of_different_lengths_are_said_to_be_compared_at(epoch: Taken, line: str) -> None:
    objective = Objective("val_accuracy", "max", epoch)
    plan = plan_of(grid={"epochs": [5, 10]}, objective=objective)
    assert any(told.startswith(line) for told in shown(plan, width=200))
    assert "epochs varies" not in "".join(shown(plan_of(objective=objective)))
