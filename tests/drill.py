"""`make drill`: kill hpexp at random moments, run it again, and compare with a run left in peace.

    python -m tests.drill [MOMENTS] [--seed N] [--train]

Each time the driver, a worker or both get SIGKILL, or the store is deleted or replaced, or the
log folder renamed, under a run that goes on: that has to say so. Then `hpexp run` has to finish
exactly the missing runs: none lost, none doubled, what was done untouched, every event file whole,
the same ranking. Workers only pretend to train, unless `--train` asks for the real ones.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from tests.eventfiles import scalars

RUNS, EPOCHS = 24, 10
PRETENDED = f"""\
name: drill
data: iris
model: {{python: "toy:build", behave: brisk}}
params: {{epochs: {EPOCHS}}}
seeds: {RUNS}
"""
TRAINED = f"""\
name: drill
data: iris
model: mlp
params: {{hidden: [8], epochs: {EPOCHS}, batch: 8}}
grid: {{optimizer: [sgd, adam]}}
seeds: {RUNS // 2}
"""
CLOSE = 1e-4
HPEXP = Path(sys.executable).with_name("hpexp")
WHO = ("driver", "worker", "both")
HARMS = ("store deleted", "store replaced", "folder renamed")
NOTICED = 1.5
"""Seconds within which a harm must be noticed; a command that ends well sooner may have been done before."""

Row = dict[str, Any]


@dataclass
class Findings:
    """What a drill has found. All but `moments`, `killed` and `interrupted` should stay empty."""

    moments: int = 0
    killed: Counter[str] = field(default_factory=Counter)
    interrupted: int = 0
    """Moments that came while runs were being trained."""
    silent: list[str] = field(default_factory=list)
    """Harms after which the command ended well, without the results that it told of."""
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    """Event files that are not exactly one whole curve."""
    different: list[str] = field(default_factory=list)
    """Numbers or a ranking other than those of the undisturbed run."""

    @property
    def clean(self) -> bool:
        return not (self.silent or self.lost or self.doubled or self.broken or self.different)

    def as_json(self) -> dict[str, object]:
        return {
            "moments": self.moments,
            "killed": dict(self.killed),
            "while training": self.interrupted,
            "silent losses": len(self.silent),
            "runs lost": len(self.lost),
            "runs doubled": len(self.doubled),
            "event files broken": len(self.broken),
            "numbers different": len(self.different),
        }


class Drill:
    """One experiment in one folder, to be killed again and again."""

    def __init__(self, folder: Path, *, train: bool, seed: int) -> None:
        self._folder = folder
        self._environment = dict(os.environ)
        if not train:
            self._environment["HPEXP_TRAINER"] = "hpexp.execute.fake"
        self._random = random.Random(seed)
        self.findings = Findings()
        (folder / "toy.py").write_text("def build(input_shape, outputs, behave=''):\n    ...\n")
        (folder / "drill.yaml").write_text(TRAINED if train else PRETENDED)
        began = time.monotonic()
        self._hpexp("run", "drill.yaml", "--logs", "peace", "--quiet").check_returncode()
        self._seconds = time.monotonic() - began
        self._peace = self._rows("peace")
        assert len(self._peace) == RUNS

    def moment(self) -> None:
        """One kill, one run again, one look at everything."""
        shutil.rmtree(self._folder / "logs", ignore_errors=True)
        who = self._random.choice(WHO + HARMS)
        self._disturbed_run(who, self._random.uniform(0, self._seconds))
        self.findings.moments += 1
        self.findings.killed[who] += 1
        before = {row["id"]: row for row in self._rows("logs")}
        done = {i: row for i, row in before.items() if row["status"] == "done"}
        self.findings.interrupted += 0 < len(done) < RUNS
        again = self._hpexp("run", "drill.yaml", "--quiet")
        if again.returncode:
            self.findings.lost.append(f"exit code {again.returncode}: {again.stderr}")
        self._look(done)

    def _disturbed_run(self, who: str, after: float) -> None:
        process = subprocess.Popen(
            [HPEXP, "run", "drill.yaml", "--quiet"],
            cwd=self._folder,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        time.sleep(after)
        if who in HARMS:
            self._harm(who, process)
        else:
            self._kill(who, process)

    def _harm(self, who: str, process: subprocess.Popen[str]) -> None:
        logs, aside = self._folder / "logs", self._folder / "aside"
        began = process.poll() is None and (logs / "runs.db").exists()
        if began and who == "folder renamed":
            logs.rename(aside)
        elif began:
            for path in logs.glob("runs.db*"):
                path.unlink(missing_ok=True)
            if who == "store replaced":
                (logs / "runs.db").write_text("somebody's notes")
        at = time.monotonic()
        _, said = process.communicate()
        told = process.returncode == 1 and "while runs were trained" in said
        if began and not told and time.monotonic() - at > NOTICED:
            self.findings.silent.append(f"{who}: exit code {process.returncode}: {said}")
        if aside.exists():
            shutil.rmtree(logs, ignore_errors=True)
            aside.rename(logs)
        if who == "store replaced" and began:
            (logs / "runs.db").unlink()
            for rescued in logs.glob("runs.rescued-*.db"):
                rescued.rename(logs / "runs.db")

    def _kill(self, who: str, process: subprocess.Popen[str]) -> None:
        victims = [process.pid] if who != "worker" else []
        with suppress(psutil.Error):
            children = [child.pid for child in psutil.Process(process.pid).children()]
            if who != "driver" and children:
                victims.append(self._random.choice(children))
        for victim in victims:
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
        process.communicate()

    def _look(self, done: dict[str, Row]) -> None:
        after = {row["id"]: row for row in self._rows("logs")}
        found = self.findings
        for expected in self._peace:
            row = after.pop(expected["id"], None)
            if row is None or row["status"] != "done":
                found.lost.append(expected["name"])
                continue
            if any(row[key] != expected[key] for key in ("epochs", "params")) or not _alike(row, expected):
                found.different.append(expected["name"])
            earlier = done.get(row["id"])
            if earlier is not None and earlier["seconds"] != row["seconds"]:
                found.doubled.append(expected["name"])
            folder = self._folder / "logs" / "drill" / row["name"]
            found.broken += [
                str(folder / split) for split in ("train", "validation") if not _whole(folder / split)
            ]
        found.doubled += list(after)
        ranking = zip(self._rows("logs"), self._peace, strict=True)
        if not all(_alike(row, expected, "val_accuracy") for row, expected in ranking):
            found.different.append("the ranking")

    def _rows(self, logs: str) -> list[Row]:
        if not (self._folder / logs / "runs.db").exists():
            return []
        done = self._hpexp("results", "--format", "json", "--logs", logs)
        rows: list[Row] = json.loads(done.stdout or "[]")
        return rows

    def _hpexp(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [HPEXP, *arguments],
            cwd=self._folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )


def _alike(row: Row, expected: Row, *metrics: str) -> bool:
    """Equal metrics, to float32 sums in another order: what is left of a group trains as fewer lanes."""
    names = metrics or expected["metrics"]
    return all(math.isclose(row["metrics"][name], expected["metrics"][name], rel_tol=CLOSE) for name in names)


def _whole(folder: Path) -> bool:
    """Whether a folder holds one event file, sound, with each epoch's loss exactly once, in order."""
    try:
        steps = [step for step, _ in scalars(folder)["epoch_loss"]]
    except (ValueError, AssertionError, KeyError):
        return False
    return steps == list(range(EPOCHS))


def drill(moments: int, folder: Path, *, train: bool = False, seed: int = 0) -> Findings:
    """Kill so many times; what was found."""
    crash = Drill(folder, train=train, seed=seed)
    for _ in range(moments):
        crash.moment()
    return crash.findings


def main() -> None:
    """Print the findings as JSON; exit code 1 where anything was lost, doubled, broken or different."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("moments", type=int, nargs="?", default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--train", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hpexp-drill-") as folder:
        found = drill(asked.moments, Path(folder), train=asked.train, seed=asked.seed)
    print(json.dumps(found.as_json(), indent=2))
    for line in [*found.silent, *found.lost, *found.doubled, *found.broken, *found.different]:
        print(line, file=sys.stderr)
    sys.exit(0 if found.clean else 1)


if __name__ == "__main__":
    main()
