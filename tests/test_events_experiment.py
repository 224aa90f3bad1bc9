"""The HParams configuration: columns, domains, metrics, and several experiments in one log folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hpexp.events import write_experiment
from hpexp.model import Plan, Run, Task
from hpexp.paths import LogsFolder
from tests.builders import a_plan, a_run, an_experiment
from tests.eventfiles import event_file, hparams


@pytest.fixture
def logs(tmp_path: Path) -> LogsFolder:
    return LogsFolder(tmp_path / "logs")


def write(logs: LogsFolder, name: str, *runs: Run, task: Task | None = "classification") -> None:
    plan: Plan = a_plan(an_experiment(name), *runs)
    write_experiment(logs, replace(plan, facts=replace(plan.facts, task=task)))


def config(logs: LogsFolder, name: str) -> Any:
    return hparams(logs.experiment(name))["experiment"]


def domains(logs: LogsFolder, name: str) -> dict[str, Any]:
    """By column: the discrete values, or the two ends of an interval."""
    found: dict[str, Any] = {}
    for info in config(logs, name).hparam_infos:
        ends = info.domain_interval
        found[info.name] = list(info.domain_discrete) or (ends.min_value, ends.max_value)
    return found


def varied(logs: LogsFolder, name: str) -> list[str]:
    return [info.name for info in config(logs, name).hparam_infos if info.differs]


def test_every_axis_has_its_full_domain(logs: LogsFolder) -> None:
    points: list[dict[str, Any]] = [
        {"learning_rate": rate, "nesterov": nesterov, "batch": batch, "hidden": hidden}
        for rate in (1e-4, 1.0, 0.01)
        for nesterov in (True, False)
        for batch in ("full", 32)
        for hidden in ((), (64, 64))
    ]
    write(logs, "lr", *(a_run(seed, "lr", **point) for point in points for seed in (0, 1)))
    assert domains(logs, "lr") == {
        "learning_rate": [1e-4, 0.01, 1.0],
        "nesterov": [False, True],
        "batch": ["full", "32"],
        "hidden": ["[]", "[64, 64]"],
        "seed": [0, 1],
    }
    assert varied(logs, "lr") == ["learning_rate", "nesterov", "batch", "hidden", "seed"]


def test_many_numbers_are_an_interval(logs: LogsFolder) -> None:
    write(logs, "seeds", *(a_run(seed, "seeds") for seed in range(9)))
    assert domains(logs, "seeds")["seed"] == list(range(9))
    write(logs, "seeds", *(a_run(seed, "seeds") for seed in range(10)))
    assert domains(logs, "seeds")["seed"] == (0, 9)


def test_a_value_that_is_not_set_is_left_out(logs: LogsFolder) -> None:
    write(logs, "clip", a_run(0, "clip", clipnorm=None), a_run(0, "clip", clipnorm=1.0))
    assert domains(logs, "clip")["clipnorm"] == [1.0]


@pytest.mark.parametrize(
    ("task", "metrics"),
    [
        ("classification", ["val_accuracy", "val_loss", "accuracy", "loss"]),
        ("regression", ["val_loss", "loss", "val_mae", "mae"]),
        (None, ["val_accuracy", "val_loss", "loss"]),
    ],
)
def test_metrics_are_the_tasks(logs: LogsFolder, task: Task | None, metrics: list[str]) -> None:
    write(logs, "lr", a_run(0, "lr"), task=task)
    infos = config(logs, "lr").metric_infos
    assert [info.display_name for info in infos] == metrics
    assert [(info.name.group, info.name.tag) for info in infos] == [
        ("", f"result/{name}") for name in metrics
    ]


def test_experiments_know_each_others_columns(logs: LogsFolder) -> None:
    write(logs, "lr", a_run(0, "lr", learning_rate=0.1), a_run(0, "lr", learning_rate=1.0))
    write(logs, "net", *(a_run(0, "net", activation=a, learning_rate=5.0) for a in ("relu", "tanh")))
    for name in ("lr", "net"):
        assert domains(logs, name) == {
            "learning_rate": [0.1, 1.0, 5.0],
            "activation": ["relu", "tanh"],
            "seed": [0],
            "experiment": ["lr", "net"],
        }
    assert varied(logs, "lr") == ["learning_rate"]
    assert varied(logs, "net") == ["activation"]


def test_a_deleted_experiment_leaves_the_others_columns(logs: LogsFolder) -> None:
    write(logs, "lr", a_run(0, "lr", learning_rate=0.1))
    write(logs, "net", a_run(0, "net", activation="relu"))
    event_file(logs.experiment("net")).unlink()
    logs.experiment("net").rmdir()
    write(logs, "lr", a_run(0, "lr", learning_rate=0.1))
    assert set(domains(logs, "lr")) == {"learning_rate", "seed"}


def test_a_rewrite_replaces_the_file_only_for_something_new(logs: LogsFolder) -> None:
    write(logs, "lr", a_run(0, "lr", learning_rate=0.1))
    first = event_file(logs.experiment("lr"))
    write(logs, "lr", a_run(0, "lr", learning_rate=0.1))
    assert event_file(logs.experiment("lr")) == first
    write(logs, "lr", a_run(0, "lr", learning_rate=0.2))
    assert event_file(logs.experiment("lr")) != first
    assert domains(logs, "lr")["learning_rate"] == [0.2]
    assert [path.name for path in logs.root.rglob(".writing*")] == []


def test_a_damaged_note_counts_as_none(logs: LogsFolder) -> None:
    write(logs, "net", a_run(0, "net", activation="relu"))
    for text in ("{", "[]", '{"columns": 3}', "{}"):
        (logs.internal / "hparams" / "net.json").write_text(text)
        write(logs, "lr", a_run(0, "lr", learning_rate=0.1))
        assert set(domains(logs, "lr")) == {"learning_rate", "seed"}
