"""The story of `hpexp run`, where it goes wrong."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest

from hpexp.appending import append
from hpexp.errors import StoreError
from hpexp.execute.fake import train_job
from hpexp.execute.inline import InlineBackend
from hpexp.model import Limits, Run, Status
from hpexp.paths import LogsFolder
from hpexp.progress import QuietView
from hpexp.run import RunOptions, run
from tests.builders import a_plan, a_run, an_experiment
from tests.test_progress import console


class BreakingView(QuietView):
    """Makes the logs impossible to write once the first run has started."""

    def __init__(self, logs: Path) -> None:
        super().__init__(console())
        self._logs = logs
        self.closed = False

    def started(self, run: Run) -> None:
        super().started(run)
        shutil.rmtree(self._logs / run.experiment)
        (self._logs / run.experiment).write_text("a file where the folder should be")

    def close(self) -> None:
        self.closed = True


def test_the_view_is_closed_where_the_logs_cannot_be_written(tmp_path: Path) -> None:
    view = BreakingView(tmp_path)
    options = RunOptions(logs=tmp_path, command=("hpexp", "run", "toy.yaml"))
    with pytest.raises(StoreError, match="toy"):
        run([a_plan(an_experiment(), a_run())], options, view, InlineBackend(train_job))
    assert view.closed


@pytest.mark.parametrize(("writes", "status"), [(1, Status.DONE), (100, Status.FAILED)])
def test_a_run_that_met_a_full_disk_has_its_retries(
    writes: int, status: Status, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = writes

    def full(path: Path, data: bytes) -> None:
        nonlocal left
        if left:
            left -= 1
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        append(path, data)

    monkeypatch.setattr("hpexp.appending.append", full)
    options = RunOptions(logs=tmp_path, command=("hpexp", "run", "toy.yaml"))
    plan = a_plan(an_experiment(limits=Limits(retries=1)), a_run())
    view = QuietView(console())
    (outcome,) = run([plan], options, view, InlineBackend(train_job))
    assert [result.status for result in outcome.results.values()] == [status]
    assert not LogsFolder(tmp_path).reserve.exists()
