"""As few programs as there are structures; `fit` runs one by one."""

from __future__ import annotations

from pathlib import Path

from hpexp.model import Group, ModelSpec
from tests.plans import plan_of


def sizes(groups: tuple[Group, ...]) -> list[tuple[int, str, int]]:
    return [(group.id, group.engine, len(group.runs)) for group in groups]


def test_numbers_optimizers_activations_and_seeds_share_a_program() -> None:
    plan = plan_of(
        grid={
            "learning_rate": [0.1, 1.0], "optimizer": ["sgd", "adam"], "activation": ["relu", "tanh"],
            "momentum": [0.0, 0.9], "nesterov": [False, True], "initializer": ["he_normal", "zeros"],
        },
        seeds=(0, 1),
    )  # fmt: skip
    assert sizes(plan.groups) == [(0, "compiled", len(plan.runs))]


def test_structures_have_programs_of_their_own() -> None:
    plan = plan_of(grid={"learning_rate": [0.1, 1.0], "hidden": [(8,), (16,)], "batch": ["full", "mini"]})
    assert sizes(plan.groups) == [(number, "compiled", 2) for number in range(4)]
    for group in plan.groups:
        assert len({(run.params["hidden"], run.params["batch"]) for run in group.runs}) == 1


def test_every_fit_run_is_a_group() -> None:
    plan = plan_of(grid={"activation": ["relu", "tanh"]}, seeds=(0, 1), engine="fit")
    assert sizes(plan.groups) == [(number, "fit", 1) for number in range(4)]


def test_activations_that_are_no_layers_have_programs_of_their_own() -> None:
    plan = plan_of(grid={"activation": ["relu", "glu", "tanh", "threshold"]}, seeds=(0, 1))
    assert sizes(plan.groups) == [(0, "compiled", 4), (1, "compiled", 2), (2, "compiled", 2)]


def test_every_run_is_in_one_group() -> None:
    plan = plan_of(grid={"batch": [3, 5], "activation": ["relu", "glu"], "dropout": [0.0, 0.1]})
    grouped = [run for group in plan.groups for run in group.runs]
    assert sorted(grouped, key=lambda run: run.id) == sorted(plan.runs, key=lambda run: run.id)


def test_what_an_own_function_takes_decides_its_structure(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text("def build(shape, outputs, dropout): ...\n")
    model = ModelSpec("python", "net:build", folder=str(tmp_path))
    plan = plan_of(model=model, grid={"dropout": [0.0, 0.5], "learning_rate": [0.1, 1.0]})
    assert sizes(plan.groups) == [(0, "compiled", 2), (1, "compiled", 2)]
