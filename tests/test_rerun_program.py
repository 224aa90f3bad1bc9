"""A run's last bits come from the program it was a lane of; with the same program they come again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hpexp import run as story
from hpexp.execute.inline import InlineBackend
from hpexp.messages import EpochEnd, Finished, Job, Together
from hpexp.model import Group, Program, Run
from hpexp.paths import LogsFolder
from hpexp.progress import view_for
from hpexp.rerun import repeat
from hpexp.store import Store
from hpexp.train.compiled import training
from hpexp.train.worker import train_job
from tests.engines import experiment, runs

pytestmark = pytest.mark.tensorflow

CHAOTIC = """
data: digits
model: mlp
params: {hidden: [32], epochs: 6, optimizer: sgd, momentum: 0.9}
grid: {learning_rate: [0.05, 0.1, 0.4, 0.8], activation: [relu, tanh]}
seeds: 2
"""


def test_rerun_repeats_the_same_bits(tmp_path: Path) -> None:
    from rich.console import Console

    config = tmp_path / "chaos.yaml"
    config.write_text(CHAOTIC)
    options = story.RunOptions(logs=tmp_path / "logs", on="inline")
    with story.backend_for(options) as backend:
        (outcome,) = story.run(
            story.load_plans([config], options), options, view_for(Console(quiet=True), quiet=True), backend
        )
    assert not outcome.failed
    wanted = next(run for run in outcome.plan.runs if run.params["learning_rate"] == 0.8)
    with Store.read(LogsFolder(options.logs)) as store:  # type: ignore[union-attr]
        program = store.program("chaos", wanted.id)
    assert program is not None
    assert sorted(program.lanes) == sorted(run.id for run in outcome.plan.runs)
    found = repeat(wanted.id, options.logs, InlineBackend())
    assert (found.verdict, found.program) == ("identical", "as one of 16 lanes, as it was then")
    with Store.open(LogsFolder(options.logs)) as store:
        store.together("chaos", [wanted.id], replace(program, resumed=True))
    alone = repeat(wanted.id, options.logs, InlineBackend())
    assert alone.program.startswith("alone; it had gone on from a checkpoint")
    assert alone.verdict in ("same", "rounding")


def lanes_of(lanes: tuple[Run, ...], program: Program | None) -> tuple[dict[str, list[Any]], Program]:
    """What each run told and how it ended, and the last program of the first one."""
    told: dict[str, list[Any]] = {run.id: [] for run in lanes}
    programs: list[Program] = []

    def take(message: Any) -> None:
        if isinstance(message, EpochEnd):
            told[message.run_id].append(dict(message.logs))
        elif isinstance(message, Finished):
            result = message.result
            told[message.run_id] += [result.status, dict(result.metrics), dict(result.test)]
        elif isinstance(message, Together):
            programs.append(message.program)

    train_job(Job(experiment(), Group(0, "compiled", lanes), program=program), take)
    return told, programs[-1]


def test_where_ended_lanes_were_left_behind_is_kept_too(monkeypatch: pytest.MonkeyPatch) -> None:
    lanes = runs(learning_rate=[0.05, 0.5], epochs=[2, 3, 9], momentum=[0.9], batch=[20])
    monkeypatch.setattr(training, "COMPACTION_SECONDS", 0.0)
    first, program = lanes_of(lanes, None)
    assert program.left == (3,)
    monkeypatch.setattr(training, "COMPACTION_SECONDS", 1e9)
    assert lanes_of(lanes, program) == (first, program)
    assert lanes_of(lanes, replace(program, left=()))[1].left == ()


def test_memory_does_not_split_a_program_that_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    from hpexp.train.compiled import part

    lanes = runs(learning_rate=[0.05, 0.5], seed=[0, 1])
    first, program = lanes_of(lanes, None)
    assert len(program.lanes) == 4
    monkeypatch.setattr(part, "budget", lambda _: 1)
    assert len(lanes_of(lanes, None)[1].lanes) == 1
    assert lanes_of(lanes, program) == (first, program)
