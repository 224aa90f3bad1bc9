"""The story of `hpexp run`, where it goes wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hpexp.errors import StoreError
from hpexp.execute.fake import train_job
from hpexp.execute.inline import InlineBackend
from hpexp.model import Run
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
