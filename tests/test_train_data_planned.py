"""Files of data that change between planning and training: nothing of them is trained under the old ids."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hpexp.config.content import content_of
from hpexp.config.facts import facts_of
from hpexp.messages import DataFound, DataWrong, Finished, Job, Report, Started
from hpexp.model import DataFacts, DataSpec, Group, Resources, Status
from hpexp.train import worker
from hpexp.train.data import Streamed
from tests.engines import experiment, runs
from tests.pictures import COLOUR, GREY, encoded

pytestmark = pytest.mark.tensorflow


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_opened", {})


def csv(folder: Path, number: int) -> DataSpec:
    rows = "".join(f"{row + number},{row % 2}\n" for row in range(40))
    (folder / "a.csv").write_text(f"x,y\n{rows}")
    return DataSpec("csv", str(folder / "a.csv"), {"target": "y"})


def parquet(folder: Path, number: int) -> DataSpec:
    import polars as pl

    frame = pl.DataFrame({"x": np.arange(40.0) + number, "y": np.arange(40) % 2})
    frame.write_parquet(folder / "a.parquet")
    return DataSpec("parquet", str(folder / "a.parquet"), {"target": "y"})


def npz(folder: Path, number: int) -> DataSpec:
    np.savez(folder / "a.npz", x=np.arange(80, dtype=np.float32).reshape(40, 2) + number, y=np.arange(40) % 2)
    return DataSpec("npz", str(folder / "a.npz"))


def images(folder: Path, number: int) -> DataSpec:
    for name in ("no", "yes"):
        (folder / "images" / name).mkdir(parents=True, exist_ok=True)
        for place in range(5):
            (folder / "images" / name / f"{place}.png").write_bytes(encoded((GREY, COLOUR)[number], "PNG"))
    return DataSpec("images", str(folder / "images"), {"size": 8})


def job(spec: DataSpec, facts: DataFacts, resources: Resources | None = None, lanes: int = 1) -> Job:
    its = replace(experiment(), data=spec, resources=resources or Resources())
    group = Group(0, "fit", runs(seed=list(range(lanes)), epochs=[1], batch=[8])[:lanes])
    return Job(its, group, content=facts.content)


def told(job: Job) -> list[Report]:
    reports: list[Report] = []
    worker.train_job(job, reports.append)
    return reports


@pytest.mark.parametrize("write", [csv, parquet, npz, images])
def test_files_that_changed_since_they_were_planned_are_refused(
    write: Callable[[Path, int], DataSpec], tmp_path: Path
) -> None:
    spec = write(tmp_path, 0)
    planned = facts_of(spec)
    assert planned.content == content_of(spec) != ""
    assert any(isinstance(each, DataFound) for each in told(job(spec, planned, lanes=0)))
    worker._opened.clear()
    write(tmp_path, 1)
    wrong = DataWrong(
        "r0", f"{spec.source} has changed since the runs were planned", "give the command again"
    )
    assert told(job(spec, planned))[1:] == [wrong]
    # A process that has loaded the new plan's data does not take them for the old one's.
    found = [each for each in told(job(spec, facts_of(spec), lanes=0)) if isinstance(each, DataFound)]
    assert len(found) == 1
    assert told(job(spec, planned))[1:] == [wrong]


def test_a_file_that_is_read_while_runs_train_ends_them_when_it_changes(tmp_path: Path) -> None:
    spec = npz(tmp_path, 0)
    asked = job(spec, facts_of(spec), Resources(memory=400), lanes=2)
    reports: list[Report] = []

    def emit(report: Report) -> None:
        reports.append(report)
        if isinstance(report, Started) and report.run_id == "r1":
            npz(tmp_path, 1)

    worker.train_job(asked, emit)
    data = next(iter(worker._opened.values()))[0]
    assert isinstance(data, Streamed)
    results = {each.run_id: each.result for each in reports if isinstance(each, Finished)}
    assert results["r0"].status is Status.DONE
    assert results["r1"].status is Status.FAILED
    assert "has changed since the runs were planned (give the command again)" in str(results["r1"].error)
    (wrong,) = [each for each in told(asked) if isinstance(each, DataWrong)]
    assert "has changed since the runs were planned" in wrong.message
