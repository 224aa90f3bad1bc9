"""Own models: what their function takes is read from the source, which is part of a run's identity."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hpexp.model import Collapse, ModelSpec, Plan, Value
from tests.plans import chosen, plan_of

BUILD = "def build(shape, outputs, hidden=(32,), *, width, **rest): ...\n"


def plan(
    folder: Path, source: str = "net:build", options: dict[str, Value] | None = None, **rest: Any
) -> Plan:
    return plan_of(model=ModelSpec("python", source, options or {}, str(folder)), **rest)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "net.py").write_text(BUILD)
    return tmp_path


def test_what_the_function_names_is_kept_and_the_rest_dropped(folder: Path) -> None:
    made = plan(
        folder, params={"width": 5, "hidden": (8,), "activation": "tanh"}, grid={"dropout": [0.1, 0.2]}
    )
    (run,) = made.runs
    assert run.params["width"] == 5
    assert run.params["hidden"] == (8,)
    assert not {"activation", "dropout", "filters"} & set(run.params)
    assert made.collapsed == (Collapse("dropout", "net:build takes none", 1),)


def test_the_functions_own_defaults_hold(folder: Path) -> None:
    assert "hidden" not in plan(folder, params={"width": 5}).runs[0].params
    (folder / "net.py").write_text("def build(shape, outputs, hidden): ...\n")
    assert plan(folder).runs[0].params["hidden"] == (128,)


def test_a_parameter_of_training_that_the_function_takes_too(folder: Path) -> None:
    """Here `momentum` may be that of batch normalization, under any optimizer."""
    (folder / "net.py").write_text("def build(shape, outputs, momentum=0.99): ...\n")
    made = plan(folder, params={"optimizer": "adam"}, grid={"momentum": [0.8, 0.9]})
    assert chosen(made, "momentum") == [(0.8,), (0.9,)]
    for optimizer in ("adam", "sgd"):
        assert "momentum" not in plan(folder, params={"optimizer": optimizer}).runs[0].params


def test_parameters_that_a_run_always_has(folder: Path) -> None:
    names = ("optimizer", "learning_rate", "batch", "epochs")
    (folder / "net.py").write_text(f"def build(shape, outputs, {'=1, '.join(names)}=1, l2=1): ...\n")
    assert chosen(plan(folder), *names, "l2") == [("sgd", 0.01, "mini", 10, None)]


def test_the_model_map_stands_over_params(folder: Path) -> None:
    made = plan(folder, options={"width": 3}, grid={"width": [1, 2]})
    assert made.collapsed == (Collapse("width", "the model map sets it", 1),)
    assert "width" not in made.runs[0].params


@pytest.mark.parametrize(
    "text",
    [
        None,
        "def build(:",
        "from elsewhere import build",
        "@decorated\ndef build(shape, outputs): ...",
        "class build: ...",
    ],
)
def test_what_cannot_be_read_is_kept_as_given(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "net.py").write_text(text)
    (run,) = plan(tmp_path, params={"width": 1, "activation": "tanh"}).runs
    assert run.params["width"] == 1
    assert run.params["activation"] == "tanh"
    assert "hidden" not in run.params


def test_the_source_is_part_of_the_identity(folder: Path) -> None:
    before = plan(folder, params={"width": 1}).runs[0].id
    assert plan(folder, params={"width": 1}).runs[0].id == before
    (folder / "net.py").write_text(BUILD + "# more\n")
    assert plan(folder, params={"width": 1}).runs[0].id != before


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("import parts\n", "parts.py"),
        ("from parts import layer\n", "parts.py"),
        ("def build(shape, outputs):\n    import parts\n", "parts.py"),
        ("from pack.parts import layer\n", "pack/parts.py"),
        ("from pack import parts\n", "pack/parts.py"),
        ("import pack.parts\n", "pack/__init__.py"),
        ("import middle\n", "parts.py"),
    ],
)
def test_modules_beside_it_are_part_of_the_identity(tmp_path: Path, text: str, other: str) -> None:
    (tmp_path / "pack").mkdir()
    for name in ("parts.py", "unused.py", "pack/__init__.py", "pack/parts.py"):
        (tmp_path / name).write_text("layer = 1\n")
    (tmp_path / "middle.py").write_text("import numpy\nimport parts\nimport net\n")
    (tmp_path / "net.py").write_text(text)
    before = plan(tmp_path).runs[0].id
    (tmp_path / "unused.py").write_text("layer = 2\n")
    assert plan(tmp_path).runs[0].id == before
    (tmp_path / other).write_text("layer = 2\n")
    assert plan(tmp_path).runs[0].id != before


def test_modules_of_its_own_package_are_part_of_the_identity(tmp_path: Path) -> None:
    (tmp_path / "pack" / "deep").mkdir(parents=True)
    for name in ("pack/__init__.py", "pack/parts.py", "pack/deep/__init__.py"):
        (tmp_path / name).write_text("layer = 1\n")
    (tmp_path / "pack" / "deep" / "net.py").write_text("from ..parts import layer\nfrom . import layer\n")
    seen = {plan(tmp_path, "pack.deep.net:build").runs[0].id}
    for name in ("pack/__init__.py", "pack/parts.py", "pack/deep/__init__.py"):
        (tmp_path / name).write_text("layer = 2\n")
        seen.add(plan(tmp_path, "pack.deep.net:build").runs[0].id)
    assert len(seen) == 4


def test_the_place_of_the_folder_is_not_part_of_the_identity(tmp_path: Path) -> None:
    found = set()
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "net.py").write_text(BUILD)
        found.add(plan(tmp_path / name, params={"width": 1}).runs[0].id)
    assert len(found) == 1


def test_reading_does_not_run_it(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text("raise SystemExit\ndef build(shape, outputs): ...\n")
    assert len(plan(tmp_path).runs) == 1


def test_a_default_of_the_function_and_the_same_value_written_down_are_one_run(tmp_path: Path) -> None:
    taken = "width=3, rate=0.5, hidden=(8, 4), deep=False, name='a', none=None, momentum=0.9, computed=1 + 1"
    (tmp_path / "net.py").write_text(f"def build(shape, outputs, {taken}): ...\n")
    plain = plan(tmp_path).runs[0].id
    same: dict[str, Value] = {
        "width": 3, "rate": 0.5, "hidden": (8, 4), "deep": False, "name": "a", "none": None,
        "beta_1": None, "weight_decay": 0.0, "batch": 32,
    }  # fmt: skip
    for name, value in same.items():
        assert plan(tmp_path, params={name: value}).runs[0].id == plain, name
    # Another value, another type, one that is computed, and one that the optimizer takes, too.
    other: dict[str, Value] = {"width": 3.0, "deep": 0, "hidden": 8, "computed": 2, "momentum": 0.9}
    for name, value in other.items():
        assert plan(tmp_path, params={name: value}).runs[0].id != plain, name
    made = plan(tmp_path, grid={"width": [3, 4], "hidden": [(8, 4), (8,)]}, params={"optimizer": "adam"})
    assert len(made.runs) == 4
    assert made.runs[0].id == plan(tmp_path, params={"optimizer": "adam"}).runs[0].id
