"""Where a baseline is shown, and where there is none to compare with."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from rich.console import Console

from hpexp.junit import junit_file, write_junit
from hpexp.model import Objective, Result, Status
from hpexp.paths import LogsFolder
from hpexp.results import Query, print_results
from hpexp.results.data import baseline
from hpexp.run import Outcome
from hpexp.show import print_run
from hpexp.store import Store
from hpexp.summary import print_json, print_summary
from tests.builders import a_loss_summary, a_plan, a_run, an_experiment, store_results

LOSS, MAE = Objective("val_loss", "min"), Objective("val_mae", "min")
WORSE = Result(Status.DONE, 1, 0, {"val_loss": 3.0, "val_mae": 0.625})
"""Than the constants of `a_loss_summary`, 0.25 and 0.5."""


@dataclass(frozen=True)
class Screen:
    """All that is said of an experiment's baseline, wherever it is."""

    logs: Path
    outcome: Outcome
    capsys: pytest.CaptureFixture[str]

    def results(self, format_: str) -> str:
        print_results(self.logs, None, Query(), format_, Console(width=160))
        return self.capsys.readouterr().out

    def json(self) -> list[dict[str, float]]:
        return [row["baselines"] for row in json.loads(self.results("json"))]

    def csv(self) -> list[str]:
        return [row["baseline"] for row in csv.DictReader(io.StringIO(self.results("csv")))]

    def overview(self) -> str:
        """The cell of the table of several experiments."""
        store_results(LogsFolder(self.logs), an_experiment("zz"), [(a_run(0, "zz"), None)])
        rows = [
            [cell.strip() for cell in line.split("|")] for line in self.results("md").splitlines() if line
        ]
        return dict(zip(rows[0], rows[2], strict=True))["baseline"]

    def summary(self) -> str:
        file = io.StringIO()
        print_summary(self.outcome, self.logs, Console(file=file, width=200), smoke=False)
        return next((line for line in file.getvalue().splitlines() if line.startswith("base")), "")

    def summary_json(self) -> tuple[bool | None, list[str]]:
        print_json([self.outcome], self.logs)
        (found,) = json.loads(self.capsys.readouterr().out)
        return found["beats_baseline"], [*found["data"]["baselines"]]

    def junit(self) -> dict[str | None, str | None]:
        write_junit(junit_file(self.logs / "junit.xml"), [self.outcome], self.logs)
        (suite,) = ET.parse(self.logs / "junit.xml").getroot()
        return {each.get("name"): each.get("value") for each in suite[0]}

    def show(self) -> str:
        run = self.outcome.plan.runs[0]
        print_run(self.logs, run.id, Console(width=120), as_json=False)
        lines = self.capsys.readouterr().out.splitlines()
        return next((" ".join(line.split()) for line in lines if line.startswith("baseline")), "")

    def show_json(self) -> tuple[bool, list[str]]:
        run = self.outcome.plan.runs[0]
        print_run(self.logs, run.id, Console(), as_json=True)
        found = json.loads(self.capsys.readouterr().out)
        return found["own_loss"], [*found["data"]["baselines"]]


def screen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], objective: Objective, *own_loss: bool
) -> Screen:
    """An experiment with a run for each of `own_loss`."""
    experiment = replace(an_experiment(), objective=objective)
    pairs = [(a_run(0, rate=rate), replace(WORSE, own_loss=own)) for rate, own in enumerate(own_loss)]
    store_results(LogsFolder(tmp_path), experiment, pairs)
    with Store.open(LogsFolder(tmp_path)) as store:
        store.found("toy", 0, a_loss_summary())
    plan = a_plan(experiment, *(run for run, _ in pairs))
    return Screen(tmp_path, Outcome(plan, 0, {run.id: result for run, result in pairs}), capsys)


def test_a_loss_of_ours_has_a_baseline_everywhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seen = screen(tmp_path, capsys, LOSS, False)
    for format_ in ("table", "md"):
        assert "baseline: val_loss 0.2500 by the mean" in seen.results(format_)
    assert seen.json() == [{"val_loss": 0.25, "val_mae": 0.5}]
    assert seen.csv() == ["0.25"]
    assert seen.summary() == "base    val_loss 0.2500 by the mean: the best point does not beat it"
    assert seen.summary_json() == (False, ["val_loss", "val_mae"])
    assert seen.junit().items() >= {"baseline": "0.25", "beats_baseline": "false"}.items()
    assert seen.show() == "baseline val_loss 0.2500 val_mae 0.5000"
    assert seen.show_json() == (False, ["val_loss", "val_mae"])
    assert seen.overview() == "0.2500"


def test_a_loss_of_the_models_own_has_none_anywhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A Huber or quantile loss says nothing beside a constant's squared error."""
    seen = screen(tmp_path, capsys, LOSS, True)
    for format_ in ("table", "md"):
        assert "baseline" not in seen.results(format_)
    assert seen.json() == [{"val_mae": 0.5}]
    assert seen.csv() == [""]
    assert seen.summary() == "base    none: val_loss is a loss of the model's own"
    assert seen.summary_json() == (None, ["val_mae"])
    assert not {"baseline", "beats_baseline"} & seen.junit().keys()
    assert seen.show() == "baseline val_mae 0.5000"
    assert seen.show_json() == (True, ["val_mae"])
    assert seen.overview() == "–"


def test_other_metrics_of_such_a_model_keep_theirs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = screen(tmp_path, capsys, MAE, True)
    assert "baseline: val_mae 0.5000 by the median" in seen.results("table")
    assert seen.csv() == ["0.5"]
    assert seen.summary() == "base    val_mae 0.5000 by the median: the best point does not beat it"
    assert seen.junit().items() >= {"baseline": "0.5", "beats_baseline": "false"}.items()
    assert seen.overview() == "0.5000"


def test_a_run_keeps_its_baseline_where_only_another_has_a_loss_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The experiment has none: its best point may be of either kind."""
    seen = screen(tmp_path, capsys, LOSS, False, True)
    assert seen.json() == [{"val_loss": 0.25, "val_mae": 0.5}, {"val_mae": 0.5}]
    assert seen.csv() == ["0.25", ""]
    assert seen.summary_json() == (None, ["val_mae"])
    assert seen.show_json() == (False, ["val_loss", "val_mae"])


@pytest.mark.parametrize("metric", ["loss", "val_loss"])
def test_only_losses_lose_it(tmp_path: Path, metric: str) -> None:
    store_results(LogsFolder(tmp_path), an_experiment(), [(a_run(), replace(WORSE, own_loss=True))])
    with Store.read(LogsFolder(tmp_path)) or pytest.fail("no store") as store:
        runs = store.runs("toy")
    summary = a_loss_summary()
    part = "validation" if metric.startswith("val_") else "train"
    summary = replace(summary, baselines=tuple(replace(each, part=part) for each in summary.baselines))
    assert baseline({0: summary}, metric, runs) is None
    assert baseline({0: summary}, metric, ()) == summary.baselines[0]
    assert baseline({0: summary}, metric.replace("loss", "mae"), runs) == summary.baselines[1]
