"""`hpexp clean` on real log folders and a real store; servers are in test_clean_servers."""

from __future__ import annotations

import importlib
import json
import os
import pty
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tensorboard.compat.proto.event_pb2 import Event

from hpexp.board.registry import registry
from hpexp.clean import Choice, Cleaning
from hpexp.clean import clean as story
from hpexp.cli import run_app
from hpexp.errors import LogsBusyError
from hpexp.events import write_experiment
from hpexp.events.records import frame
from hpexp.lock import LogsLock
from hpexp.model import Run, Status
from hpexp.paths import LogsFolder
from hpexp.store import Store
from tests.boards import write_run
from tests.builders import a_plan, a_result, a_run, an_experiment, store_results

pytestmark = pytest.mark.usefixtures("private_tmp")

HOLDER = """
import sys, time
from pathlib import Path
from hpexp.interrupt import Interrupt
from hpexp.lock import LogsLock
from hpexp.paths import LogsFolder
with LogsLock.hold(LogsFolder(Path(sys.argv[1])), "hpexp run lr.yaml"), Interrupt() as interrupt:
    print("held", flush=True)
    while not interrupt.requested:
        time.sleep(0.01)
    Path(sys.argv[1], "stopped.txt").touch()
"""


def write_logs(logs: LogsFolder, experiment: str, statuses: list[Status]) -> list[Run]:
    """An experiment with one run per status, as `hpexp run` leaves it."""
    spec = an_experiment(experiment)
    runs = [a_run(seed, experiment, learning_rate=0.1) for seed in range(len(statuses))]
    store_results(
        logs, spec, [(run, a_result(status=status)) for run, status in zip(runs, statuses, strict=True)]
    )
    for run in runs:
        paths = logs.run(experiment, run.name)
        write_run(paths.folder)
        paths.log.write_text("trained\n")
        checkpoint = logs.checkpoints(run.id)
        checkpoint.mkdir(parents=True)
        (checkpoint / "state.npz").write_bytes(b"x" * 100)
    write_experiment(logs, a_plan(spec, *runs))
    return runs


@pytest.fixture
def logs(tmp_path: Path) -> LogsFolder:
    folder = LogsFolder(tmp_path / "logs")
    write_logs(folder, "lr", [Status.DONE, Status.FAILED, Status.DIVERGED])
    write_logs(folder, "opt", [Status.DONE])
    with LogsLock.hold(folder, "hpexp run"):
        pass
    return folder


def tree(folder: Path) -> set[str]:
    """What lies in a folder, but for the two files that SQLite keeps beside a database it reads."""
    names = {str(path.relative_to(folder)) for path in folder.rglob("*")}
    return names - {"runs.db-shm", "runs.db-wal"}


def rows(logs: LogsFolder) -> list[tuple[str, str]]:
    store = Store.read(logs)
    if store is None:
        return []
    with store:
        return [(run.experiment, str(run.status)) for run in store.runs(None, all_=True)]


def clean(logs: LogsFolder, *arguments: str) -> int:
    return run_app(["clean", "--logs", str(logs.root), *arguments])


def test_everything_goes_but_what_is_not_hpexps(
    logs: LogsFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outside = write_run(tmp_path / "outside" / "x=1,seed=0-abcdef")
    run = next(path for path in (logs.root / "lr").iterdir() if path.is_dir())
    (run / "notes.md").write_text("mine")
    (logs.root / ".gitkeep").touch()
    (logs.root / "linked").symlink_to(outside.parent)
    (logs.root / "lr" / "x=1,seed=0-abcdef").symlink_to(outside)
    (logs.root / "keras" / "train").mkdir(parents=True)
    (logs.root / "keras" / "train" / "events.out.tfevents.1600000000.host.1.0.v2").touch()
    before = tree(outside)
    assert clean(logs, "--yes") == 0
    assert capsys.readouterr().out.startswith("deleted 4 runs (")
    assert tree(logs.root) == {
        ".gitkeep",
        "linked",
        "lr",
        "lr/x=1,seed=0-abcdef",
        f"lr/{run.name}",
        f"lr/{run.name}/notes.md",
        "keras",
        "keras/train",
        "keras/train/events.out.tfevents.1600000000.host.1.0.v2",
    }
    assert tree(outside) == before
    assert clean(logs) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"nothing to clean: no run in {logs.root}\nkeep what hpexp did not write\n  lr/")


def test_a_dry_run_lists_and_changes_nothing(logs: LogsFolder, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(logs.root)
    assert clean(logs, "--dry-run") == 0
    out = capsys.readouterr().out
    assert "delete 4 runs (" in out
    assert "\n  lr/learning_rate=0.1,seed=0-" in out
    assert clean(logs, "--dry-run", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["dry_run"], len(facts["runs"]), facts["kept"], facts["stopped"]) == (True, 4, [], [])
    assert facts["bytes"] == sum((logs.root / name).stat().st_size for name in facts["files"])
    assert tree(logs.root) == before
    listed = {name for name in facts["files"] if not name.startswith("runs.db-")}
    assert listed == {name for name in before if (logs.root / name).is_file()}


def test_without_a_terminal_it_needs_a_yes(logs: LogsFolder, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(logs.root)
    assert clean(logs) == 2
    assert "--yes" in capsys.readouterr().err
    assert tree(logs.root) == before


@pytest.mark.parametrize(("answer", "code", "left"), [("y", 0, 0), ("n", 1, 4), ("", 1, 4), ("what", 1, 4)])
def test_a_terminal_is_asked(answer: str, code: int, left: int, logs: LogsFolder) -> None:
    master, slave = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "hpexp", "clean", "--logs", str(logs.root)],
        stdin=slave,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        os.close(slave)
        os.write(master, f"{answer}\n".encode())
        out, err = process.communicate(timeout=30)
    os.close(master)
    assert process.returncode == code, err
    assert "delete 4 runs (" in err
    assert "Go on? [y/N]" in err
    assert out.startswith("deleted 4 runs (") is (code == 0)
    assert len(rows(logs)) == left


def test_one_experiment_leaves_the_other_whole(logs: LogsFolder, capsys: pytest.CaptureFixture[str]) -> None:
    before = {name for name in tree(logs.root) if name.startswith("opt")}
    assert before
    assert clean(logs, "lr", "--yes") == 0
    assert capsys.readouterr().out.startswith("deleted 3 runs (")
    assert rows(logs) == [("opt", "done")]
    after = tree(logs.root)
    assert {name for name in after if name.startswith("opt")} == before
    assert not [name for name in after if name.startswith("lr") or "lr.json" in name]
    assert len([name for name in after if name.startswith(".hpexp/checkpoints/")]) == 2
    assert clean(logs, "lr", "--yes") == 0
    assert capsys.readouterr().out == f"nothing to clean: no run of 'lr' in {logs.root}\n"


@pytest.mark.parametrize("name", ["..", "../other", "", ".", "/tmp", "lr/../opt"])
def test_an_experiment_is_a_name_and_no_path(name: str, logs: LogsFolder) -> None:
    before = tree(logs.root)
    assert clean(logs, name, "--yes") == 2
    assert run_app(["board", name, "--stop", "--logs", str(logs.root)]) == 2
    assert tree(logs.root) == before


def test_by_status(logs: LogsFolder, capsys: pytest.CaptureFixture[str]) -> None:
    assert clean(logs, "--status", "failed,diverged", "--yes") == 0
    assert capsys.readouterr().out.startswith("deleted 2 runs (")
    assert rows(logs) == [("lr", "done"), ("opt", "done")]
    assert len([path for path in (logs.root / "lr").iterdir() if path.is_dir()]) == 1
    assert len(list(logs.checkpoints("x").parent.iterdir())) == 2
    assert clean(logs, "--status", "failed", "--yes") == 0
    assert "nothing to clean: no run that was picked" in capsys.readouterr().out


def test_by_age(logs: LogsFolder) -> None:
    assert clean(logs, "--older-than", "1h", "--yes") == 0
    assert len(rows(logs)) == 4
    assert clean(logs, "opt", "--older-than", "0.000001s", "--yes") == 0
    assert {experiment for experiment, _ in rows(logs)} == {"lr"}


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--status", "broken", "'broken' is not one of pending, running, done"),
        ("--status", "", "'' is not one of"),
        ("--older-than", "soon", "'soon' is not a time"),
    ],
)
def test_wrong_choices(
    option: str, value: str, words: str, logs: LogsFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    before = tree(logs.root)
    assert clean(logs, option, value, "--yes") == 2
    assert words in capsys.readouterr().err
    assert tree(logs.root) == before


def test_without_a_store_the_runs_are_known_by_their_mark(logs: LogsFolder) -> None:
    for name in ("runs.db", "runs.db-wal", "runs.db-shm"):
        (logs.root / name).unlink(missing_ok=True)
    (logs.root / "lr" / "mine.csv").touch()
    assert clean(logs, "--yes") == 0
    assert tree(logs.root) == {"lr", "lr/mine.csv"}


def damaged(logs: LogsFolder) -> None:
    data = bytearray(logs.database.read_bytes())
    page = int.from_bytes(data[16:18], "big")
    data[page:] = b"\xff" * (len(data) - page)
    logs.database.write_bytes(data)


def newer(logs: LogsFolder) -> None:
    with closing(sqlite3.connect(logs.database)) as connection:
        connection.execute("PRAGMA user_version = 99")


@pytest.mark.parametrize("harm", [damaged, newer, lambda logs: logs.database.write_bytes(b"")])
def test_a_store_that_cannot_be_read_goes_only_by_force(
    harm: Callable[[LogsFolder], None], logs: LogsFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    harm(logs)
    before = tree(logs.root)
    for choice in (["--status", "failed"], ["lr"], ["lr", "--force"], [], ["--dry-run"]):
        assert clean(logs, "--yes", *choice) == 1
        assert re.search("damaged|newer hpexp", capsys.readouterr().err)
        assert tree(logs.root) == before
    assert clean(logs, "--yes", "--force") == 0
    assert tree(logs.root) == set()


@pytest.mark.parametrize("harm", ["text", "another program's", "a folder", "a pipe"])
@pytest.mark.parametrize("force", [(), ("--force",)])
def test_what_is_no_store_of_hpexps_stays(
    harm: str, force: tuple[str, ...], logs: LogsFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("runs.db", "runs.db-wal", "runs.db-shm"):
        (logs.root / name).unlink(missing_ok=True)
    if harm == "text":
        logs.database.write_text("my notes")
    elif harm == "another program's":
        with closing(sqlite3.connect(logs.database)) as connection:
            connection.execute("CREATE TABLE runs (mine)")
    elif harm == "a folder":
        logs.database.mkdir()
    else:
        os.mkfifo(logs.database)
    (logs.root / "runs.db-wal").write_text("theirs, too")
    assert clean(logs, "--dry-run", *force) == 0
    assert "keep what hpexp did not write\n  runs.db" in capsys.readouterr().out
    assert clean(logs, "--yes", *force) == 0
    assert capsys.readouterr().out.startswith("deleted 4 runs (")
    assert {path.name for path in logs.root.iterdir()} == {"runs.db", "runs.db-wal"}


def test_a_store_that_is_a_link_loses_its_rows_alone(logs: LogsFolder, tmp_path: Path) -> None:
    with Store.open(logs):
        pass
    elsewhere = LogsFolder(tmp_path / "elsewhere")
    elsewhere.root.mkdir()
    logs.database.replace(elsewhere.database)
    logs.database.symlink_to(elsewhere.database)
    assert clean(logs, "--yes") == 0
    assert {path.name for path in logs.root.iterdir()} == {"runs.db"}
    assert rows(elsewhere) == []


def test_nothing_of_others_is_deleted(
    logs: LogsFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files of many kinds, links, sockets, pipes and hard links, beside and inside a log folder."""
    outside = write_run(tmp_path / "outside" / "lr" / "x=1,seed=0-abcdef")
    (run,) = (path for path in (logs.root / "opt").iterdir() if path.is_dir())
    copy = logs.root / "backup" / "opt" / run.name
    shutil.copytree(run, copy)
    shutil.copytree(run, logs.root / "backup" / run.name)
    model = logs.root / "mydata" / "lr=0.1-abcdef" / "train" / "model.keras"
    model.parent.mkdir(parents=True)
    model.write_bytes(b"theirs")
    (logs.root / "mydata" / "lr=0.1-abcdef" / "model.keras").write_bytes(b"theirs")
    os.link(model, tmp_path / "hard")
    for folder in (logs.root, logs.root / "lr", run, run / "train", logs.internal, logs.hparams("").parent):
        (folder / "notes.md").write_text("theirs")
        (folder / "link").symlink_to(outside)
        (folder / "dangling").symlink_to("nowhere")
        os.mkfifo(folder / "pipe")
        (folder / "sub" / "deep").mkdir(parents=True)
        (folder / "sub" / "deep" / "log.txt").write_text("theirs")
        os.link(model, folder / "model.txt")
        (folder / "events.out.tfevents.1700000000.host.1.0").write_bytes(torch_events())
        (folder / "events.out.tfevents.1700000000.host.1.1.0123456789ab").write_bytes(torch_events())
        with socket.socket(socket.AF_UNIX) as server:
            monkeypatch.chdir(folder)
            server.bind("socket")
    foreign = {path for path in tmp_path.rglob("*") if not mine(path, logs, run)}
    kept = {path: path.lstat().st_ino for path in foreign}
    assert clean(logs, "--yes", "--force") == 0
    left = set(tmp_path.rglob("*"))
    assert not foreign - left
    assert {path: path.lstat().st_ino for path in foreign} == kept
    assert all(path in foreign for path in left if not path.is_dir())
    assert (copy / "log.txt").read_text() == "trained\n"


def torch_events() -> bytes:
    """What SummaryWriter of PyTorch begins its files with, under names like hpexp's."""
    first = Event(wall_time=1.7e9, file_version="brain.Event:2")
    first.source_metadata.writer = "tensorboard.summary.writer.event_file_writer"
    return frame(first.SerializeToString())


def mine(path: Path, logs: LogsFolder, run: Path) -> bool:
    """Whether hpexp wrote a path of the fixture."""
    if not path.is_relative_to(logs.root) or path.is_relative_to(logs.root / "backup"):
        return False
    return (
        (
            path.name
            in {
                "log.txt",
                "lock",
                "runs.db",
                "runs.db-wal",
                "runs.db-shm",
                "state.npz",
                "lr.json",
                "opt.json",
            }
            and "sub" not in path.parts
        )
        or (
            path.is_file()
            and not path.is_symlink()
            and "tfevents" in path.name
            and b"hpexp " in path.read_bytes()
        )
        or path.is_dir()
    )


def test_the_reserve_of_a_killed_run_goes_with_any_clean(logs: LogsFolder) -> None:
    logs.internal.mkdir(exist_ok=True)
    logs.reserve.write_bytes(bytes(1000))
    assert clean(logs, "--status", "failed", "--yes") == 0
    assert not logs.reserve.exists()


def test_what_a_killed_run_left_running_counts_as_interrupted(logs: LogsFolder) -> None:
    run = a_run(7, "lr")
    with Store.open(logs) as store:
        store.begin(an_experiment("lr"), "hpexp run", {})
        store.add([run])
        store.started("lr", run.id, 1.0)
    assert clean(logs, "--status", "interrupted", "--yes") == 0
    assert ("lr", "running") not in rows(logs)
    assert len(rows(logs)) == 4


@pytest.mark.parametrize("kind", ["root", "home", "above home", "git"])
def test_precious_folders_are_refused(
    kind: str,
    logs: LogsFolder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = logs.root
    monkeypatch.setenv(
        "HOME",
        str(
            logs.root
            if kind == "home"
            else tmp_path / "logs" / "x"
            if kind == "above home"
            else tmp_path / "h"
        ),
    )
    if kind == "git":
        (logs.root / ".git").mkdir()
    if kind == "root":
        (tmp_path / "link").symlink_to("/")
        folder = tmp_path / "link"
    before = tree(logs.root)
    assert run_app(["clean", "--logs", str(folder), "--yes"]) == 2
    assert "hpexp cleans only a log folder" in capsys.readouterr().err
    assert tree(logs.root) == before


@contextmanager
def a_run_going_on(logs: LogsFolder) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", HOLDER, str(logs.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_run_that_goes_on_is_named_and_left_alone(
    logs: LogsFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    before = tree(logs.root)
    with a_run_going_on(logs) as process:
        assert clean(logs, "--yes") == 1
        assert process.poll() is None
    err = capsys.readouterr().err
    assert f"is held by process {process.pid} (hpexp run lr.yaml)" in err
    assert "hpexp clean --force" in err
    assert tree(logs.root) == before


def test_force_ends_the_run_first(logs: LogsFolder, capsys: pytest.CaptureFixture[str]) -> None:
    with a_run_going_on(logs) as process:
        assert clean(logs, "--dry-run") == 0
        assert f"stop process {process.pid} (hpexp run lr.yaml) since" in capsys.readouterr().out
        assert clean(logs, "--yes", "--force") == 0
        assert process.wait(timeout=5) == 0, "it ended by itself"
    out = capsys.readouterr().out
    assert out.startswith(f"stopped process {process.pid} (hpexp run lr.yaml), deleted 4 runs (")
    assert tree(logs.root) == {"stopped.txt"}


def test_force_ends_nobody_who_does_not_hold_the_lock_file(
    logs: LogsFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    """The text of the lock file may name a process id that has been given to another process."""
    before = tree(logs.root)
    with (
        a_run_going_on(logs) as process,
        subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as innocent,
    ):
        text = logs.lock.read_text().replace(str(process.pid), str(innocent.pid))
        logs.lock.write_text(text)
        assert clean(logs, "--yes", "--force") == 1
        assert innocent.poll() is None
        assert process.poll() is None
        innocent.communicate(b"\n")
    assert "cannot be stopped from here" in capsys.readouterr().err
    assert tree(logs.root) == before


def test_stale_entries_alone_need_no_yes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "logs").mkdir()
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    registry().mkdir()
    (registry() / f"pid-{dead.pid}.info").touch()
    assert clean(LogsFolder(tmp_path / "logs")) == 0
    assert capsys.readouterr().out == "removed 1 stale entry\n"
    assert tree(tmp_path / "logs") == set(), "not even a lock"


def test_no_logs_at_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logs = LogsFolder(tmp_path / "nowhere")
    assert clean(logs, "--yes") == 0
    assert clean(logs, "--dry-run") == 0
    assert "nothing to clean" in capsys.readouterr().out
    assert not logs.root.exists()


def test_what_could_not_be_deleted_is_an_error(
    logs: LogsFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        importlib.import_module("hpexp.clean.clean"),
        "delete_files",
        lambda root, files: ["logs/x: Permission denied"],
    )
    assert clean(logs, "--yes") == 1
    assert "not everything could be deleted:\nlogs/x: Permission denied" in capsys.readouterr().err


def test_runs_that_came_while_the_person_was_asked_stay(logs: LogsFolder) -> None:
    def agree(planned: Cleaning) -> bool:
        write_run(logs.run("lr", "learning_rate=0.5,seed=0-abcdef").folder)
        return True

    with pytest.raises(LogsBusyError, match="changed meanwhile; nothing was deleted"):
        story(logs, Choice(), agree)
    assert len(rows(logs)) == 4


def test_after_a_clean_everything_is_trained_again(logs: LogsFolder) -> None:
    """No row may claim a run whose logs are gone, even when a clean is cut short."""

    def cut_short(*arguments: object) -> list[str]:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(importlib.import_module("hpexp.clean.clean"), "delete_files", cut_short)
        with pytest.raises(KeyboardInterrupt):
            story(logs, Choice("lr"), lambda planned: True)
    assert rows(logs) == [("opt", "done")]
    assert clean(logs, "lr", "--yes") == 0
    assert not logs.experiment("lr").exists()
