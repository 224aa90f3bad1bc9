"""The log folder, its store or its lock is taken from under a run: it is said, and nothing is lost."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from hpexp import anchor
from hpexp.errors import LogsGoneError, StoreError
from hpexp.execute.fake import train_job
from hpexp.execute.inline import InlineBackend
from hpexp.model import Plan, Result, Run, Status
from hpexp.paths import LogsFolder
from hpexp.progress import QuietView
from hpexp.run import Outcome, RunOptions, run
from hpexp.store import Store
from hpexp.summary import exit_code
from tests.builders import a_plan, a_run, an_experiment
from tests.test_progress import console

Harm = Callable[[Path], None]
PLAN = a_plan(an_experiment(), *(a_run(seed) for seed in range(6)))


class HarmingView(QuietView):
    """Does harm to the logs once the second run has ended."""

    def __init__(self, logs: Path, harm: Harm) -> None:
        super().__init__(console())
        self._logs, self._harm = logs, harm
        self._ended = 0

    def finished(self, run: Run, result: Result) -> None:
        super().finished(run, result)
        self._ended += 1
        if self._ended == 2:
            self._harm(self._logs)


def delete_store(logs: Path) -> None:
    for path in logs.glob("runs.db*"):
        path.unlink()


def replace_store(logs: Path) -> None:
    delete_store(logs)
    with closing(sqlite3.connect(logs / "runs.db")) as connection:
        connection.execute("CREATE TABLE theirs (a)")


def rename(logs: Path) -> None:
    logs.rename(logs.with_name("elsewhere"))


def rename_and_make_another(logs: Path) -> None:
    rename(logs)
    logs.mkdir()


def restore_a_backup(logs: Path) -> None:
    rename(logs)
    shutil.copytree(logs.with_name("elsewhere"), logs)


def delete(logs: Path) -> None:
    shutil.rmtree(logs)


def delete_lock(logs: Path) -> None:
    LogsFolder(logs).lock.unlink()


def train(logs: Path, harm: Harm, plan: Plan = PLAN) -> list[Outcome]:
    options = RunOptions(logs=logs, command=("hpexp", "run", "toy.yaml"))
    return run([plan], options, HarmingView(logs, harm), InlineBackend(train_job))


def done(logs: Path) -> int:
    store = Store.read(LogsFolder(logs))
    if store is None:
        return 0
    with store:
        return sum(run.status is Status.DONE for run in store.runs("toy"))


@pytest.fixture(autouse=True)
def always_looked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anchor, "_PERIOD", 0.0)


@pytest.mark.parametrize(
    ("harm", "words", "where"),
    [
        (
            delete_store,
            "runs.db was deleted while runs were trained; it was written again, with 2 results",
            "logs",
        ),
        (
            rename,
            "was moved to {tmp}/elsewhere while runs were trained; 2 results are stored there",
            "elsewhere",
        ),
        (rename_and_make_another, "was moved to {tmp}/elsewhere", "elsewhere"),
        (restore_a_backup, "was moved to {tmp}/elsewhere", "elsewhere"),
        (delete_lock, ".hpexp/lock was deleted or replaced while runs were trained", "logs"),
    ],
)
def test_results_are_kept_and_the_same_command_goes_on(
    harm: Harm, words: str, where: str, tmp_path: Path
) -> None:
    with pytest.raises(LogsGoneError) as caught:
        train(tmp_path / "logs", harm)
    assert words.format(tmp=tmp_path) in str(caught.value)
    assert "training was stopped" in str(caught.value)
    assert done(tmp_path / where) == 2
    if where == "elsewhere" and (tmp_path / "logs").is_dir():
        shutil.rmtree(tmp_path / "logs")
    if where == "elsewhere":
        (tmp_path / "elsewhere").rename(tmp_path / "logs")
    (outcome,) = train(tmp_path / "logs", lambda logs: None)
    assert (outcome.skipped, len(outcome.results)) == (2, 4)
    assert done(tmp_path / "logs") == 6


def test_a_folder_that_was_deleted_is_not_made_again(tmp_path: Path) -> None:
    with pytest.raises(
        LogsGoneError, match="logs was deleted while runs were trained; 2 results went with it"
    ):
        train(tmp_path / "logs", delete)
    assert not (tmp_path / "logs").exists()


def test_a_store_that_was_replaced_is_left_as_it_is(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    with pytest.raises(LogsGoneError, match=r"2 results are in .*runs\.rescued-1\.db") as caught:
        train(logs, replace_store)
    assert "runs.rescued-1.db is as this command left it" in (caught.value.hint or "")
    with closing(sqlite3.connect(logs / "runs.db")) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]
    (logs / "runs.rescued-1.db").replace(logs / "runs.db")
    assert done(logs) == 2


def test_a_copy_that_was_put_in_place_is_not_written_to(tmp_path: Path) -> None:
    """Event files of the copy would be removed as those of an earlier try."""
    with pytest.raises(LogsGoneError):
        train(tmp_path / "logs", restore_a_backup)
    there = {str(path.relative_to(tmp_path / "logs")) for path in (tmp_path / "logs" / "toy").rglob("*")}
    then = {str(path.relative_to(tmp_path / "elsewhere")) for path in (tmp_path / "elsewhere").rglob("*")}
    assert there <= then


def test_what_is_not_in_the_store_is_not_summed_up(tmp_path: Path) -> None:
    outcomes = train(tmp_path, lambda logs: None)
    from hpexp.summary.facts import load

    assert len(load(outcomes, tmp_path)[0].runs) == 6
    assert exit_code(outcomes) == 0
    with Store.open(LogsFolder(tmp_path)) as store:
        store.delete("toy", [PLAN.runs[0].id])
    with pytest.raises(StoreError, match="1 of the 6 results of toy are not in the store"):
        load(outcomes, tmp_path)
    delete_store(tmp_path)
    with pytest.raises(StoreError, match="6 of the 6 results of toy are not in the store"):
        load(outcomes, tmp_path)
