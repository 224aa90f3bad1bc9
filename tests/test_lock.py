from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hpexp.errors import LogsBusyError, StoreError
from hpexp.lock import LogsLock, holder
from hpexp.paths import LogsFolder

HOLDER = """
import sys
from pathlib import Path
from hpexp.lock import LogsLock
from hpexp.paths import LogsFolder
with LogsLock.hold(LogsFolder(Path(sys.argv[1])), "hpexp run lr.yaml"):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held_elsewhere(logs: LogsFolder) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the folder until its stdin closes."""
    command = [sys.executable, "-c", HOLDER, str(logs.root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            assert process.stdin
            process.stdin.close()


@pytest.fixture
def logs(tmp_path: Path) -> LogsFolder:
    return LogsFolder(tmp_path / "logs")


def test_a_second_holder_is_told_who_holds_it_and_since_when(logs: LogsFolder) -> None:
    with held_elsewhere(logs) as process:
        found = holder(logs)
        assert found
        assert (found.pid, found.command) == (process.pid, "hpexp run lr.yaml")
        with pytest.raises(LogsBusyError) as caught, LogsLock.hold(logs, "hpexp run"):
            pass
    expected = rf"{process.pid} \(hpexp run lr\.yaml\) since \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d$"
    assert re.search(expected, str(caught.value))
    assert str(process.pid) in (caught.value.hint or "")


def test_the_lock_ends_with_its_holder_even_by_a_kill(logs: LogsFolder) -> None:
    with held_elsewhere(logs) as process:
        process.kill()
        process.wait()
        assert holder(logs) is None
        with LogsLock.hold(logs, "mine"):
            found = holder(logs)
            assert found
            assert found.pid == os.getpid()
    assert holder(logs) is None


def test_no_lock_file_means_no_holder_and_asking_makes_none(logs: LogsFolder) -> None:
    assert holder(logs) is None
    assert not logs.root.exists()


def test_a_lock_file_deleted_by_its_holder_lets_only_one_in(logs: LogsFolder) -> None:
    with LogsLock.hold(logs, "clean"):
        logs.lock.unlink()
        with (
            LogsLock.hold(logs, "next"),
            pytest.raises(LogsBusyError, match="next"),
            LogsLock.hold(logs, "x"),
        ):
            pass


def test_asking_for_the_holder_never_makes_a_hold_fail(logs: LogsFolder) -> None:
    with LogsLock.hold(logs, "first"):
        pass
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            holder(logs)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        for _ in range(50):
            with LogsLock.hold(logs, "again"):
                pass
    finally:
        stop.set()
        asking.join()


def test_a_holder_without_a_name_is_still_a_holder(logs: LogsFolder) -> None:
    with LogsLock.hold(logs, "first"):
        logs.lock.write_text("{half a li")
        with pytest.raises(LogsBusyError, match="not given its name"), LogsLock.hold(logs, "second"):
            pass


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file")
    with (
        pytest.raises(StoreError, match=r"\.hpexp/lock: Not a directory"),
        LogsLock.hold(LogsFolder(tmp_path / "logs"), "run"),
    ):
        pass
