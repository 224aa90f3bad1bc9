"""Data larger than the memory budget, through the command: planned, trained, refused, cleaned up."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from tests.e2e.conftest import Command

TABLE = "".join(f"{n % 7},{'uvw'[n % 3]},{n * 37 % 11},{n % 2}\n" for n in range(200))

CONFIG = """
data: {csv: t.csv, target: y}
model: mlp
params: {hidden: [4], epochs: 2, normalize: standard}
grid: {learning_rate: [0.01, 0.1]}
resources: {memory: 4000, jobs: 1}
"""


def scratch(hpexp: Command) -> Path:
    return hpexp.folder / "tmp" / f"hpexp-data-{os.getuid()}"


@pytest.fixture
def config(hpexp: Command) -> str:
    hpexp.write("t.csv", "a,b,c,y\n" + TABLE)
    return hpexp.write("large.yaml", CONFIG)


def metrics(hpexp: Command, logs: str) -> dict[str, object]:
    rows = json.loads(hpexp("results", "large", "--format", "json", "--logs", logs).stdout)
    assert [row["engine"] for row in rows] == ["fit", "fit"]
    return {row["id"]: row["metrics"] for row in rows}


def test_the_budget_changes_the_way_and_not_the_numbers(hpexp: Command, config: str) -> None:
    planned = hpexp("plan", config, "--engine", "compiled").stdout
    assert "one by one: data larger than the memory budget: fit with tf.data" in " ".join(planned.split())
    hpexp("run", config, "--engine", "compiled")
    assert not scratch(hpexp).exists()
    hpexp("run", config, "--engine", "fit", "--set", "resources.memory=4GB", "--logs", "other")
    assert metrics(hpexp, "logs") == metrics(hpexp, "other")


@pytest.mark.parametrize(
    ("row", "set_", "message"),
    [
        ("1,u,nan,0\n", "batch=mini", "column c: line 202 holds nan"),
        ("1,u,1\n", "batch=mini", "line 202 has 3 cells, the header 4"),
        ("", "batch=full", "batch: full is 120 examples at once"),
        ("", "batch=100", "batch: 100 is 100 examples at once"),
    ],
)
def test_what_cannot_be_trained_is_told_first(
    hpexp: Command, config: str, row: str, set_: str, message: str
) -> None:
    hpexp.write("t.csv", "a,b,c,y\n" + TABLE + row)
    for command in ("plan", "run"):
        done = hpexp(command, config, "--set", set_, code=2)
        assert message in done.stderr
        assert "Traceback" not in done.stderr
    assert not (hpexp.folder / "logs").exists()


def test_what_a_killed_run_has_left_is_cleaned(hpexp: Command, config: str) -> None:
    process = hpexp.start("run", config, "--set", "epochs=100000")
    until = time.monotonic() + 120
    while not list(scratch(hpexp).glob("*/done")):
        assert time.monotonic() < until
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    # The worker ends when it sees that its driver is gone.
    while scratch(hpexp).exists():
        assert time.monotonic() < until
        hpexp("clean", "--yes", "--force")
        time.sleep(0.05)


def test_own_data_and_smoke(hpexp: Command) -> None:
    np.save(hpexp.folder / "x.npy", np.random.default_rng(0).random((300, 4), np.float32))
    hpexp.write(
        "own.py",
        "import numpy as np\ndef data():\n    return np.load('x.npy', mmap_mode='r'), np.arange(300) % 2\n",
    )
    config = hpexp.write("own.yaml", CONFIG.replace("{csv: t.csv, target: y}", '{python: "own:data"}'))
    hpexp("run", config, "--smoke")
    hpexp("run", config)
    logs = [path.read_text() for path in (hpexp.folder / "logs").glob("own/*/log.txt")]
    assert logs == ["not compiled: data larger than the memory budget: fit with tf.data\n"] * 2
    done = hpexp("run", config, "--set", "batch=full", code=1)
    assert "batch: full is 180 examples at once" in done.stderr + done.stdout
