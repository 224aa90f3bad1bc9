"""The contenders: how each is started on a workload.

Every one is a whole process. A peer is `python -m bench.contenders.NAME JOB.json LOGS`: it reads
the grid from the job, trains all of it the way its documentation shows, and appends a line to the
job's marks for each run that ended.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench import data, hpexp_file
from bench.workloads import Workload


@dataclass(frozen=True, slots=True)
class Contender:
    """`command(workload, data folder, own empty folder)` is what to run; logs go to `own/logs`."""

    key: str
    title: str
    peer: bool
    command: Callable[[Workload, Path, Path], list[str]]


def _peer(module: str, **options: int) -> Callable[[Workload, Path, Path], list[str]]:
    def command(workload: Workload, data_folder: Path, own: Path) -> list[str]:
        job = {
            "data": str(data.peers_file(data_folder, workload.data)),
            "model": workload.model,
            "epochs": workload.epochs,
            "grid": workload.grid,
            "marks": str(own / "marks.jsonl"),
            **options,
        }
        (own / "job.json").write_text(json.dumps(job))
        return [sys.executable, "-m", f"bench.contenders.{module}", str(own / "job.json"), str(own / "logs")]

    return command


def _hpexp(*options: str) -> Callable[[Workload, Path, Path], list[str]]:
    def command(workload: Workload, data_folder: Path, own: Path) -> list[str]:
        file = own / "bench.yaml"
        file.write_text(hpexp_file.text(workload, data_folder))
        return [hpexp_file.program(), "run", str(file), "--logs", str(own / "logs"), "--quiet", *options]

    return command


CONTENDERS = {
    contender.key: contender
    for contender in (
        Contender("keras", "plain Keras loop", True, _peer("plain_keras")),
        Contender(
            "keras_steps",
            "plain Keras loop, steps_per_execution of a whole epoch",
            True,
            _peer("plain_keras", whole_epochs=1),
        ),
        Contender("keras_tuner", "KerasTuner GridSearch", True, _peer("tuner")),
        Contender("optuna", "Optuna GridSampler", True, _peer("optuna_grid")),
        Contender("ray", "Ray Tune, 2 workers", True, _peer("ray_tune")),
        Contender(
            "process_per_run",
            "one process per run (as Guild AI and W&B agents do)",
            True,
            _peer("process_per_run"),
        ),
        Contender("hpexp_fit", "hpexp --engine fit", False, _hpexp("--engine", "fit")),
        Contender("hpexp", "hpexp", False, _hpexp()),
    )
}
