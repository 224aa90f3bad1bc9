"""The shipped experiments: each loads, plans, is compiled, and is explained in docs/configs.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from hpexp import config
from hpexp.model import Plan
from hpexp.plan import build_plan
from hpexp.vocabulary import OPTIMIZERS

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "configs").glob("*.yaml"))

RUNS = {
    "activations": 36, "batch": 15, "hw3": 81, "initializers": 66, "lr": 15, "momentum": 28,
    "normalization": 108, "optimizers": 52, "starting_point": 100,
}  # fmt: skip


def plan_of(path: Path, *, smoke: bool = False) -> Plan:
    experiment = config.load(path, smoke=smoke)
    return build_plan(experiment, config.data_facts(experiment))


def test_they_are_the_ones_documented() -> None:
    assert [path.stem for path in FILES] == sorted(RUNS)
    text = (ROOT / "docs" / "configs.md").read_text(encoding="utf-8")
    headings = [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")]
    assert sorted(headings) == sorted(RUNS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_shipped_experiment(path: Path) -> None:
    plan = plan_of(path)
    assert plan.experiment.name == path.stem
    assert plan.experiment.description
    assert len(plan.runs) == RUNS[path.stem]
    assert {run.engine for run in plan.runs} == {"compiled"}
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "# yaml-language-server: $schema=../docs/schema.json"
    assert lines[1].startswith("# ")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_smoke_runs_are_others(path: Path) -> None:
    """A smoke run never counts as the run itself."""
    real, smoke = plan_of(path), plan_of(path, smoke=True)
    assert len(smoke.runs) == len(real.runs)
    assert not {run.id for run in real.runs} & {run.id for run in smoke.runs}


def test_all_optimizers_are_compared() -> None:
    plan = plan_of(ROOT / "configs" / "optimizers.yaml")
    assert {run.params["optimizer"] for run in plan.runs} == set(OPTIMIZERS)
