"""Event files that are missing or short are noticed, and written again from the store."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from hpexp import doctor
from hpexp.execute.fake import train_job
from hpexp.execute.inline import InlineBackend
from hpexp.paths import LogsFolder
from hpexp.progress import QuietView
from hpexp.run import RunOptions, run
from tests.builders import a_plan, a_run, an_experiment
from tests.eventfiles import event_file, hparams, scalars

PLAN = a_plan(an_experiment(), *(a_run(seed) for seed in range(4)))
HURT, WHOLE = PLAN.runs[1], PLAN.runs[2]


@pytest.fixture
def logs(tmp_path: Path) -> LogsFolder:
    folder = LogsFolder(tmp_path / "logs")
    assert said_by_run(folder) == ""
    return folder


def said_by_run(logs: LogsFolder) -> str:
    said = io.StringIO()
    options = RunOptions(logs=logs.root, command=("hpexp", "run", "toy.yaml"))
    view = QuietView(Console(file=said, width=1000))
    run([PLAN], options, view, InlineBackend(train_job))
    return said.getvalue()


def content(logs: LogsFolder) -> tuple[Any, ...]:
    """All that TensorBoard shows of the run, but the times of its session."""
    paths = logs.run("toy", HURT.name)
    records = hparams(paths.train)
    start, end = records["session_start_info"], records["session_end_info"]
    return (
        scalars(paths.train),
        scalars(paths.validation),
        {name: str(value) for name, value in start.hparams.items()},
        end.status,
    )


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def lengthen(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"more")


@pytest.mark.parametrize("part", ["train", "validation"])
@pytest.mark.parametrize("harm", [Path.unlink, cut, lengthen, lambda path: shutil.rmtree(path.parent)])
def test_what_is_not_whole_is_written_again(
    harm: Callable[[Path], None], part: str, logs: LogsFolder
) -> None:
    before = content(logs)
    paths = logs.run("toy", HURT.name)
    paths.log.write_text("what it said\n")
    other = event_file(logs.run("toy", WHOLE.name).train).stat().st_mtime_ns
    harm(event_file(paths.folder / part))
    (check,) = (check for check in doctor.examine(logs.root) if check.name == "event files")
    assert check.grade == "mend"
    assert str(paths.folder / part) in check.found
    assert check.mend.endswith("hpexp run toy.yaml")
    said = said_by_run(logs)
    assert "event files of 1 run were missing or cut short" in said
    assert HURT.name in said
    assert content(logs) == before
    assert paths.log.read_text() == "what it said\n"
    assert event_file(logs.run("toy", WHOLE.name).train).stat().st_mtime_ns == other
    assert said_by_run(logs) == ""
    (check,) = (check for check in doctor.examine(logs.root) if check.name == "event files")
    assert (check.grade, check.found) == ("ok", "those of 4 runs are as they were written")


def test_a_changed_byte_is_found_by_doctor(logs: LogsFolder) -> None:
    path = event_file(logs.run("toy", HURT.name).validation)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert said_by_run(logs) == "", "run looks at lengths alone"
    (check,) = (check for check in doctor.examine(logs.root) if check.name == "event files")
    assert check.found == f"missing or damaged: {path}"
    path.unlink()
    assert "written again from the store" in said_by_run(logs)
