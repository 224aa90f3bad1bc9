"""A full disk: a run fails alone, nothing that is done is lost, and the next `hpexp run` does the rest.

The disks are small ones in memory, mounted in a namespace of the test's own. Where nobody may
mount, the tests at the end still run: their disk is full because one function says so.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import FAKE, Command

MOUNT = """
set -e
mkdir logs
mount -t tmpfs -o size={size} tmpfs logs
echo mounted
set +e
hpexp() {{ {python} -m hpexp "$@"; }}
"""

OWN = """\
import keras


def build(input_shape, outputs, mischief="none"):
    if mischief == "fill":
        try:
            with open("logs/big", "wb") as file:
                while True:
                    file.write(bytes(2**16))
        finally:
            import os

            os.unlink("logs/big")
    return keras.Sequential([keras.Input(input_shape), keras.layers.Dense(outputs)])
"""

OWN_CONFIG = """\
name: mischief
data: iris
model: {python: "own:build"}
params: {epochs: 2, batch: full, learning_rate: 0.1}
grid: {mischief: [none, fill, other]}
"""

MANY = """\
name: many
data: iris
model: {python: "toy:build", behave: brisk}
params: {epochs: 3}
seeds: 40
"""

FILL = "cat /dev/zero > logs/filler 2> /dev/null"

WHILE_RUNNING = f"""
(until [ -e logs/many ]; do sleep 0.02; done; {FILL}) &
hpexp run many.yaml --jobs 1
echo "exit code $?"
wait
hpexp results many --format json > first.json
rm logs/filler
hpexp run many.yaml --jobs 2 --quiet
echo "exit code $?"
hpexp results many --format json > second.json
"""

BEFORE = f"""
hpexp run many.yaml --quiet --set seeds=1
{FILL}
hpexp run many.yaml --quiet --set seeds=3
echo "exit code $?"
hpexp results many --format json > first.json
rm logs/filler
hpexp run many.yaml --quiet --set seeds=3
echo "exit code $?"
hpexp results many --format json > second.json
"""

TINY = """
hpexp run many.yaml --quiet --jobs 1 --set seeds=200
echo "exit code $?"
hpexp results many --format json > first.json
mount -o remount,size=50m logs
hpexp run many.yaml --jobs 2 --quiet --set seeds=200
echo "exit code $?"
hpexp results many --format json > second.json
"""

SEAM = """\
import errno
import os

import hpexp.appending

write = hpexp.appending.append


def append(path, data):
    if os.path.exists("full"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
    write(path, data)


hpexp.appending.append = append
"""
"""A `sitecustomize` in which the disk is full as long as there is a file `full`."""

SAID = "no space left on device: free space in logs and run again"


@pytest.fixture
def many(hpexp: Command) -> Command:
    hpexp.write("toy.py", "def build(input_shape, outputs):\n    ...\n")
    hpexp.write("many.yaml", MANY)
    return hpexp


@pytest.fixture
def pretending(many: Command) -> dict[str, str]:
    """Environment variables for a disk that is full while there is a file `full`."""
    many.write("sitecustomize.py", SEAM)
    many.write("full", "")
    return {**FAKE, "PYTHONPATH": str(many.folder)}


def on_small_disk(
    hpexp: Command, size: str, script: str, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a shell script whose `logs` is a disk of this size."""
    if not shutil.which("unshare"):
        pytest.skip("needs unshare(1)")
    whole = MOUNT.format(size=size, python=sys.executable) + script
    done = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", whole],
        cwd=hpexp.folder, env=hpexp.environment(environment), capture_output=True, text=True, check=False,
        timeout=240,
    )  # fmt: skip
    if "mounted" not in done.stdout:
        pytest.skip(f"this machine lets nobody mount: {done.stderr.strip()}")
    assert "Traceback" not in done.stdout + done.stderr
    return done


def stored(hpexp: Command, file: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((hpexp.folder / file).read_text())
    return found


def statuses(rows: list[dict[str, Any]]) -> Counter[str]:
    return Counter(row["status"] for row in rows)


def exit_codes(done: subprocess.CompletedProcess[str]) -> list[int]:
    return [int(line.split()[-1]) for line in done.stdout.splitlines() if line.startswith("exit code")]


def test_a_run_that_fills_the_disk_fails_alone(hpexp: Command) -> None:
    hpexp.write("own.py", OWN)
    hpexp.write("mischief.yaml", OWN_CONFIG)
    script = """
    hpexp run mischief.yaml --jobs 1
    echo "exit code $?"
    hpexp results mischief --format json > first.json
    cp -r logs kept
    """
    done = on_small_disk(hpexp, "8m", script, {})
    assert exit_codes(done) == [1], done.stdout + done.stderr
    found = {row["params"]["mischief"]: row for row in stored(hpexp, "first.json")}
    assert {name: row["status"] for name, row in found.items()} == {
        "none": "done", "fill": "failed", "other": "done",
    }  # fmt: skip
    assert "No space left on device" in found["fill"]["error"]
    assert "No space left on device" in done.stderr
    log = hpexp.folder / "kept" / "mischief" / found["fill"]["name"] / "log.txt"
    assert "in build" in log.read_text()
    assert not (hpexp.folder / "kept" / ".hpexp" / "reserve").exists()


def test_each_run_fails_with_its_row_while_the_disk_is_full(many: Command) -> None:
    done = on_small_disk(many, "8m", WHILE_RUNNING, FAKE)
    assert exit_codes(done) == [1, 0], done.stdout + done.stderr
    first = stored(many, "first.json")
    failed = statuses(first)["failed"]
    assert failed
    assert statuses(first) == {"done": 40 - failed, "failed": failed} or failed == 40
    assert {row["error"] for row in first if row["status"] == "failed"} == {SAID}
    assert f"{failed} × {SAID}" in done.stdout
    assert done.stderr.count(f"failed: seed=39: {SAID}") == 1
    second = stored(many, "second.json")
    assert statuses(second) == {"done": 40}
    before = {row["id"]: row for row in first if row["status"] == "done"}
    assert all(before.get(row["id"], row) == row for row in second), "what was done is not trained again"


def test_a_disk_that_is_full_before_is_an_error(many: Command) -> None:
    done = on_small_disk(many, "8m", BEFORE, FAKE)
    assert exit_codes(done) == [1, 0], done.stdout + done.stderr
    assert SAID in done.stderr
    assert statuses(stored(many, "first.json")) == {"done": 1}
    assert statuses(stored(many, "second.json")) == {"done": 3}


def test_runs_whose_results_find_no_space_at_all_are_named(many: Command) -> None:
    """600 kB for 200 runs: there is no room for all rows, reserve or not."""
    done = on_small_disk(many, "600k", TINY, FAKE)
    assert exit_codes(done) == [1, 0], done.stdout + done.stderr
    assert SAID in done.stderr
    assert "runs are not stored: many/seed=" in done.stderr
    assert "the next `hpexp run` trains these runs again" in done.stderr
    assert statuses(stored(many, "first.json"))["done"], "what was done before the disk was full is kept"
    assert statuses(stored(many, "second.json")) == {"done": 200}


def test_runs_fail_one_by_one_and_the_next_command_does_them(
    many: Command, pretending: dict[str, str]
) -> None:
    done = many("run", "many.yaml", "--set", "seeds=4", code=1, **pretending)
    assert done.stderr.count(f": {SAID}") == 4
    assert "Traceback" not in done.stdout + done.stderr
    rows = json.loads(many("results", "many", "--format", "json").stdout)
    assert statuses(rows) == {"failed": 4}
    Path(many.folder, "full").unlink()
    done = many("run", "many.yaml", "--set", "seeds=4", **pretending)
    assert "4 runs to train" in done.stderr


def test_the_others_finish_once_there_is_space(many: Command, pretending: dict[str, str]) -> None:
    slow = ("--set", "model.behave=slow", "--set", "seeds=6")
    process = many.start("run", "many.yaml", "--jobs", "1", *slow, **pretending)
    deadline = time.monotonic() + 60
    rows: list[dict[str, Any]] = []
    while not statuses(rows)["failed"]:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.1)
        if (many.folder / "logs" / "runs.db").exists():
            rows = json.loads(many("results", "many", "--format", "json").stdout or "[]")
    Path(many.folder, "full").unlink()
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1, out + err
    rows = json.loads(many("results", "many", "--format", "json").stdout)
    assert statuses(rows)["failed"] + statuses(rows)["done"] == 6
    assert statuses(rows)["done"]


def test_fail_fast_means_the_same(many: Command, pretending: dict[str, str]) -> None:
    many("run", "many.yaml", "--jobs", "1", "--fail-fast", code=1, **pretending)
    rows = json.loads(many("results", "many", "--format", "json").stdout)
    assert statuses(rows)["failed"] == 1
