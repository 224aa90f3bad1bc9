"""`hpexp run` from end to end with real training: the first experiment of a person."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.e2e.conftest import Command

CONFIG = """\
name: first
data: iris
model: mlp
params: {hidden: [8], batch: full, epochs: 4}
grid:
  optimizer: [sgd, adam]
  learning_rate: [0.01, 0.1]
early_stopping: {monitor: val_loss, patience: 2}
"""


def results(hpexp: Command, experiment: str = "first", logs: str = "logs") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(
        hpexp("results", experiment, "--format", "json", "--logs", logs).stdout
    )
    return sorted(({**row, "seconds": 0} for row in rows), key=lambda row: str(row["id"]))


@pytest.fixture(scope="module")
def trained(shared_hpexp: Command) -> Command:
    """The first experiment, trained once; `first-run.txt` holds what was printed."""
    shared_hpexp.write("first.yaml", CONFIG)
    done = shared_hpexp("run", "first.yaml")
    shared_hpexp.write("first-run.txt", done.stdout)
    return shared_hpexp


def test_the_summary_tells_what_was_learned(trained: Command) -> None:
    printed = (trained.folder / "first-run.txt").read_text()
    best = max(results(trained), key=lambda row: row["metrics"]["val_accuracy"])
    assert f"{best['metrics']['val_accuracy']:.4g}"[:5] in printed
    assert "--set" in printed
    assert "test" in printed
    assert "hpexp board" in printed
    assert "\x1b" not in printed, "colours belong on a terminal"


def test_every_run_has_its_row_and_its_events(trained: Command) -> None:
    rows = results(trained)
    assert len(rows) == 4
    for row in rows:
        assert row["status"] in ("done", "stopped")
        assert set(row["metrics"]) == {"loss", "accuracy", "val_loss", "val_accuracy"}
        folder = trained.folder / "logs" / "first" / row["name"]
        for split in ("train", "validation"):
            assert len(list((folder / split).iterdir())) == 1
    assert {(row["params"]["optimizer"], row["params"]["learning_rate"]) for row in rows} == {
        ("sgd", 0.01), ("sgd", 0.1), ("adam", 0.01), ("adam", 0.1),
    }  # fmt: skip


def test_running_again_trains_nothing_and_says_so(trained: Command) -> None:
    before = results(trained)
    done = trained("run", "first.yaml")
    assert "4" in done.stdout
    assert "already done" in done.stdout + done.stderr
    assert results(trained) == before


def test_a_wider_grid_trains_what_is_missing(trained: Command) -> None:
    before = {row["id"]: row for row in results(trained)}
    trained("run", "first.yaml", "--set", "grid.learning_rate=[0.01, 0.1, 0.03]", "--quiet")
    after = {row["id"]: row for row in results(trained)}
    assert len(after) == 6
    assert {run_id: after[run_id] for run_id in before} == before


def test_the_same_file_gives_the_same_numbers(trained: Command) -> None:
    trained("run", "first.yaml", "--logs", "again", "--quiet")
    first = {row["id"]: row["metrics"] for row in results(trained)}
    for row in results(trained, logs="again"):
        assert row["metrics"] == first[row["id"]]


def test_both_engines_agree(trained: Command) -> None:
    trained("run", "first.yaml", "--logs", "fit", "--engine", "fit", "--quiet")
    compiled = {row["id"]: row for row in results(trained)}
    for row in results(trained, logs="fit"):
        assert row["engine"] == "fit"
        other = compiled[row["id"]]
        assert other["engine"] == "compiled"
        assert (row["status"], row["epochs"], row["best_epoch"]) == (
            other["status"], other["epochs"], other["best_epoch"],
        )  # fmt: skip
        assert row["metrics"] == pytest.approx(other["metrics"], rel=1e-4)


def test_smoke_trains_every_run_one_epoch_and_leaves_no_logs(trained: Command) -> None:
    before = results(trained)
    trained("run", "first.yaml", "--smoke", "--junit", "smoke.xml")
    assert results(trained) == before
    cases = ElementTree.parse(trained.folder / "smoke.xml").getroot().iter("testcase")
    assert sum(1 for _ in cases) == 4


def test_an_own_model_that_fails_for_one_run_fails_alone(hpexp: Command) -> None:
    hpexp.write(
        "own.py",
        "import keras\n"
        "def build(input_shape, outputs, width=4):\n"
        "    if width == 13:\n"
        "        raise ValueError('thirteen is unlucky')\n"
        "    return keras.Sequential([keras.Input(input_shape), keras.layers.Dense(width, 'relu'),\n"
        "                             keras.layers.Dense(outputs)])\n",
    )
    hpexp.write(
        "own.yaml",
        "name: own\ndata: iris\nmodel: {python: 'own:build'}\n"
        "params: {epochs: 2, batch: full, learning_rate: 0.1}\ngrid: {width: [3, 13, 5]}\n",
    )
    done = hpexp("run", "own.yaml", code=1)
    assert "thirteen is unlucky" in done.stderr + done.stdout
    rows = {row["params"]["width"]: row for row in results(hpexp, "own")}
    assert {width: row["status"] for width, row in rows.items()} == {3: "done", 13: "failed", 5: "done"}
    log = hpexp.folder / "logs" / "own" / rows[13]["name"] / "log.txt"
    assert "Traceback" in log.read_text()
    assert "own.py" in log.read_text()
    hpexp.write("own.py", (hpexp.folder / "own.py").read_text().replace("== 13", "== 14"))
    hpexp("run", "own.yaml")
    assert {row["status"] for row in results(hpexp, "own")} == {"done"}


def test_a_diverged_run_is_a_result_but_never_the_best(hpexp: Command) -> None:
    hpexp.write(
        "wild.yaml",
        "name: wild\ndata: diabetes\nmodel: mlp\nparams: {epochs: 3, hidden: [4], batch: mini}\n"
        "grid: {learning_rate: [0.00001, 1000000.0]}\nobjective: val_loss\n",
    )
    done = hpexp("run", "wild.yaml")
    assert "diverged" in done.stdout
    calm, wild = sorted(results(hpexp, "wild"), key=lambda row: row["params"]["learning_rate"])
    assert (calm["status"], wild["status"]) == ("done", "diverged")
    assert "epoch 1" in wild["error"]
    listed = hpexp("results", "wild", "--format", "csv").stdout.splitlines()
    assert "diverged" in listed[-1]
