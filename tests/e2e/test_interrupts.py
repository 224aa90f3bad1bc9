"""Ctrl-C, kills and two at once, with workers that only pretend to train."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.e2e.conftest import FAKE, Command

CONFIG = """\
name: slow
data: iris
model: {python: "toy:build", behave: slow}
params: {epochs: 10}
seeds: 4
"""


@pytest.fixture
def slow(hpexp: Command) -> Command:
    hpexp.write("toy.py", "def build(input_shape, outputs, behave=''):\n    ...\n")
    hpexp.write("slow.yaml", CONFIG)
    return hpexp


def statuses(hpexp: Command) -> Counter[str]:
    rows: list[dict[str, Any]] = json.loads(hpexp("results", "slow", "--format", "json").stdout)
    return Counter(row["status"] for row in rows)


def started(hpexp: Command, *arguments: str) -> subprocess.Popen[str]:
    """`hpexp run slow.yaml`, once the first run has begun to train."""
    process = hpexp.start("run", "slow.yaml", "--jobs", "1", *arguments, **FAKE)
    deadline = time.monotonic() + 60
    while not list(Path(hpexp.folder, "logs").glob("slow/*/train/events*")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return process


def test_ctrl_c_stops_cleanly_and_run_goes_on_later(slow: Command) -> None:
    process = started(slow)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130, out + err
    assert "Traceback" not in out + err
    assert statuses(slow) == {"interrupted": 1, "pending": 3}
    slow("run", "slow.yaml", "--jobs", "2", **FAKE)
    assert statuses(slow) == {"done": 4}


@pytest.mark.parametrize("stopped", [False, True])
def test_a_second_ctrl_c_ends_at_once(slow: Command, stopped: bool) -> None:
    """Also where the driver is so busy (here: stopped) that it gets both at the same moment."""
    slow.write("slow.yaml", CONFIG.replace("behave: slow", "behave: hang"))
    process = started(slow)
    workers = psutil.Process(process.pid).children(recursive=True)
    assert workers
    if stopped:
        process.send_signal(signal.SIGSTOP)
    process.send_signal(signal.SIGINT)
    # A second SIGINT that comes while the first one waits would be lost: the kernel keeps one of each.
    process.send_signal(signal.SIGTERM if stopped else signal.SIGINT)
    if stopped:
        process.send_signal(signal.SIGCONT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130, out + err
    assert "Traceback" not in out + err
    _, left = psutil.wait_procs(workers, timeout=30)
    assert not left
    found = statuses(slow)
    assert found["pending"] == 3
    if stopped:
        assert found["running"] == 1, "it did not stop to tidy up"
    with closing(sqlite3.connect(slow.folder / "logs" / "runs.db")) as store:
        assert store.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    slow.write("slow.yaml", CONFIG)
    slow("run", "slow.yaml", "--jobs", "2", **FAKE)
    assert statuses(slow) == {"done": 4}


def test_a_second_run_on_the_same_logs_says_who_holds_them(slow: Command) -> None:
    process = started(slow)
    done = slow("run", "slow.yaml", code=1, **FAKE)
    assert str(process.pid) in done.stderr
    done = slow("clean", "--yes", code=1)
    assert str(process.pid) in done.stderr
    process.kill()
    process.communicate()


def test_after_a_kill_exactly_the_missing_runs_are_trained(slow: Command) -> None:
    process = started(slow)
    deadline = time.monotonic() + 60
    while not statuses(slow)["done"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.kill()
    process.communicate()
    missing = 4 - statuses(slow)["done"]
    assert missing
    done = slow("run", "slow.yaml", "--jobs", "2", **FAKE)
    assert f"{missing} run{'s' if missing > 1 else ''} to train" in done.stderr
    assert statuses(slow) == {"done": 4}


def test_fail_fast_stops_at_the_first_failure(slow: Command) -> None:
    text = CONFIG.replace("behave: slow", "behave: raise").replace("name: slow", "name: bad")
    slow.write("bad.yaml", text)
    slow("run", "bad.yaml", "--fail-fast", "--jobs", "1", code=1, **FAKE)
    rows = json.loads(slow("results", "bad", "--format", "json").stdout)
    assert Counter(row["status"] for row in rows)["failed"] == 1


def test_a_hanging_run_is_stopped_by_its_time_limit(slow: Command) -> None:
    slow.write(
        "hang.yaml", CONFIG.replace("behave: slow", "behave: hang").replace("name: slow", "name: hang")
    )
    slow("run", "hang.yaml", "--timeout", "1s", "--set", "seeds=1", code=1, **FAKE)
    (row,) = json.loads(slow("results", "hang", "--format", "json").stdout)
    assert row["status"] == "timeout"
