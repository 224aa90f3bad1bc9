"""One verdict holds for all runs that the proof of an own model would treat alike."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hpexp.model import DataFacts, DataSpec, ModelSpec, Plan, Verdict
from hpexp.plan import with_verdicts
from hpexp.preview import as_dict
from tests.plans import FACTS, plan_of

BUILD = "def build(input_shape, outputs, width=4): ...\n"
GRID = {"optimizer": ["sgd", "adam"], "learning_rate": [0.1, 0.2], "width": [4, 8]}


def plan(folder: Path, facts: DataFacts = FACTS, **changes: Any) -> Plan:
    return plan_of(facts, model=ModelSpec("python", "net:build", {}, str(folder)), **changes)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "net.py").write_text(BUILD)
    return tmp_path


def by(made: Plan, *names: str) -> dict[tuple[object, ...], set[str]]:
    found: dict[tuple[object, ...], set[str]] = {}
    for run in made.runs:
        found.setdefault(tuple(run.params.get(name) for name in names), set()).add(run.proof)
    return found


def test_runs_share_a_proof_where_structure_and_formulas_are_alike(folder: Path) -> None:
    made = plan(folder, grid=GRID, seeds=(0, 1))
    found = by(made, "optimizer", "width")
    assert all(len(proofs) == 1 for proofs in found.values())
    assert len(set.union(*found.values())) == 4
    momenta = by(plan(folder, params={"optimizer": "sgd"}, grid={"momentum": [0.0, 0.5, 0.9]}), "momentum")
    assert momenta[(0.5,)] == momenta[(0.9,)] != momenta[(0.0,)]


def test_another_source_other_data_or_another_batch_are_another_proof(folder: Path) -> None:
    def proof(**changes: Any) -> str:
        return plan(folder, **changes).runs[0].proof

    before = proof()
    assert before == proof()
    assert before != proof(facts=replace(FACTS, fingerprint="ba9876543210"))
    assert before != proof(params={"batch": 7})
    for size in ("train", "validation", "test"):
        assert before != proof(facts=replace(FACTS, **{size: 77}))
    (folder / "net.py").write_text(BUILD + "# changed\n")
    assert before != proof()


def test_built_in_models_and_runs_through_fit_have_none(folder: Path) -> None:
    assert plan_of().runs[0].proof == ""
    assert plan(folder, engine="fit").runs[0].proof == ""


def test_what_was_found_to_differ_goes_through_fit_and_the_plan_says_why(folder: Path) -> None:
    made = plan(folder, grid=GRID)
    reason = "after two steps the weights of embedding differ by 3e-2"
    (adam,) = by(made, "optimizer", "width")[("adam", 8)]
    (sgd,) = by(made, "optimizer", "width")[("sgd", 8)]
    verdicts = {adam: Verdict("m", "", False, reason), sgd: Verdict("m", "lanes", True, "")}
    judged = with_verdicts(made, verdicts)
    through_fit = {run.id for run in judged.runs if run.engine == "fit"}
    assert through_fit == {run.id for run in made.runs if run.proof == adam}
    groups = as_dict(judged, {})["groups"]
    assert isinstance(groups, list)
    assert {g["reason"] for g in groups if g["engine"] == "fit"} == {f"not compiled: {reason}"}
    assert [run.id for run in judged.runs] == [run.id for run in made.runs]
    assert with_verdicts(made, {}) is made


def test_repeats_of_the_split_share_a_proof_but_for_own_data(folder: Path) -> None:
    """What a data function gives is known by its content, which each drawing of the split changes."""

    def proofs(**changes: Any) -> set[str]:
        return {run.proof for run in plan(folder, repeats=3, **changes).runs}

    assert len(proofs()) == 1
    assert len(proofs(data=DataSpec("python", "own:data", folder=str(folder)))) == 3
