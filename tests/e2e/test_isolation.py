"""What a run does to its process or its memory ends that run alone."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tests.e2e.conftest import FAKE, Command

OWN = """\
import ctypes
import os
import resource
import sys
import time

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
    if mischief == "patch":
        keras.optimizers.SGD = sys.excepthook = None
        os.chdir("/")
        os.umask(0o777)
    if mischief == "sleep":
        time.sleep(3600)
    if mischief == "quit":
        sys.exit(0)
    return keras.Sequential([keras.Input(input_shape), keras.layers.Dense(outputs)])
"""

CONFIG = """\
name: mischief
data: iris
model: {python: "own:build"}
params: {epochs: 2, batch: full, learning_rate: 0.1}
grid: {mischief: [none, patch, between, exit, crash, quit, memory, other]}
"""

SLEEPS = """\
name: sleeps
data: iris
model: {python: "own:build", mischief: sleep}
timeout: 3s
"""
"""Its one run has to time out, on however busy a machine."""


def rows(hpexp: Command, experiment: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(hpexp("results", experiment, "--format", "json").stdout)
    return found


def test_each_run_fails_alone(hpexp: Command) -> None:
    hpexp.write("own.py", OWN)
    hpexp.write("mischief.yaml", CONFIG)
    hpexp.write("sleeps.yaml", SLEEPS)
    done = hpexp("run", "sleeps.yaml", "mischief.yaml", "--jobs", "1", code=1)
    (slept,) = rows(hpexp, "sleeps")
    assert slept["status"] == "timeout"
    assert re.fullmatch(r"timed out while .*: it took longer than the limit of 3 s", slept["error"])
    assert "SIGSEGV" in done.stderr
    found = {row["params"]["mischief"]: row for row in rows(hpexp, "mischief")}
    assert {name: row["status"] for name, row in found.items()} == {
        "none": "done", "patch": "failed", "between": "done",
        "exit": "failed", "crash": "failed", "quit": "failed",
        "memory": "failed", "other": "done",
    }  # fmt: skip
    assert re.fullmatch(r"SystemExit: 0 \(own.py:\d+, in build\)", found["quit"]["error"])
    assert "exit code 3" in found["exit"]["error"]
    assert "SIGSEGV" in found["crash"]["error"]
    assert "MemoryError" in found["memory"]["error"]
    log = hpexp.folder / "logs" / "mischief" / found["memory"]["name"] / "log.txt"
    assert "MemoryError" in log.read_text()


def test_logs_that_cannot_be_written_are_an_error(hpexp: Command) -> None:
    hpexp.write("toy.py", "def build(input_shape, outputs):\n    ...\n")
    hpexp.write("one.yaml", "name: one\ndata: iris\nmodel: {python: 'toy:build'}\n")
    Path(hpexp.folder, "logs").write_text("a file where the folder should be")
    done = hpexp("run", "one.yaml", code=2, **FAKE)
    assert "logs" in done.stderr
    assert "Traceback" not in done.stderr
