"""What a run does to its process, its memory or its disk ends that run alone."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import FAKE, Command

OWN = """\
import ctypes
import os
import resource

import keras


def build(input_shape, outputs, mischief="none"):
    if mischief == "exit":
        os._exit(3)
    if mischief == "crash":
        ctypes.string_at(0)
    if mischief == "memory":
        used = int(open("/proc/self/statm").read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        resource.setrlimit(resource.RLIMIT_DATA, (used + 2**28, resource.RLIM_INFINITY))
        bytearray(2**32)
    return keras.Sequential([keras.Input(input_shape), keras.layers.Dense(outputs)])
"""

CONFIG = """\
name: mischief
data: iris
model: {python: "own:build"}
params: {epochs: 2, batch: full, learning_rate: 0.1}
grid: {mischief: [none, exit, crash, memory, other]}
"""


def rows(hpexp: Command, experiment: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(hpexp("results", experiment, "--format", "json").stdout)
    return found


def test_each_run_fails_alone(hpexp: Command) -> None:
    hpexp.write("own.py", OWN)
    hpexp.write("mischief.yaml", CONFIG)
    done = hpexp("run", "mischief.yaml", "--jobs", "1", code=1)
    assert "SIGSEGV" in done.stderr
    found = {row["params"]["mischief"]: row for row in rows(hpexp, "mischief")}
    assert {name: row["status"] for name, row in found.items()} == {
        "none": "done", "exit": "failed", "crash": "failed", "memory": "failed", "other": "done",
    }  # fmt: skip
    assert "exit code 3" in found["exit"]["error"]
    assert "SIGSEGV" in found["crash"]["error"]
    assert "MemoryError" in found["memory"]["error"]
    log = hpexp.folder / "logs" / "mischief" / found["memory"]["name"] / "log.txt"
    assert "MemoryError" in log.read_text()


SMALL = """
set -e
mount -t tmpfs -o size={size} tmpfs logs
set +e
{python} -m hpexp run many.yaml --quiet --jobs 1
echo "exit code $?"
{python} -m hpexp results many --format json
"""


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs unshare(1)")
def test_a_full_disk_is_said_plainly(hpexp: Command) -> None:
    """A log folder of 300 kB for 200 runs, slow enough that some are committed before it is full."""
    (hpexp.folder / "logs").mkdir()
    hpexp.write("toy.py", "def build(input_shape, outputs):\n    ...\n")
    model = "{python: 'toy:build', behave: brisk}"
    hpexp.write("many.yaml", f"name: many\ndata: iris\nmodel: {model}\nparams: {{epochs: 3}}\nseeds: 200\n")
    script = SMALL.format(size="300k", python=sys.executable)
    done = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", script],
        cwd=hpexp.folder, env=hpexp.environment(FAKE), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "exit code" not in done.stdout:
        pytest.skip(f"this machine lets nobody mount: {done.stderr.strip()}")
    assert "exit code 1" in done.stdout, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "disk is full" in done.stderr or "No space left" in done.stderr
    stored = json.loads(done.stdout.partition("\n")[2])
    assert any(row["status"] == "done" for row in stored), "what was done before the disk was full is kept"


def test_logs_that_cannot_be_written_are_an_error(hpexp: Command) -> None:
    hpexp.write("toy.py", "def build(input_shape, outputs):\n    ...\n")
    hpexp.write("one.yaml", "name: one\ndata: iris\nmodel: {python: 'toy:build'}\n")
    Path(hpexp.folder, "logs").write_text("a file where the folder should be")
    done = hpexp("run", "one.yaml", code=1, **FAKE)
    assert "logs" in done.stderr
    assert "Traceback" not in done.stderr
