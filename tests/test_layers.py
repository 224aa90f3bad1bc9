"""The floors of docs/architecture.md: imports go down only, and light code stays light."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "hpexp"

FLOORS = {
    "model": 0, "messages": 0, "vocabulary": 0, "errors": 0, "paths": 0, "text": 0, "units": 0,
    "space": 0, "appending": 0, "failures": 0, "console": 0, "shell": 0, "outfile": 0, "dataloss": 0,
    "fixed": 0, "sources": 0, "reads": 0,
    "memory": 0, "scratch": 0, "__init__": 0,
    "config": 1, "plan": 1, "store": 1, "events": 1, "lock": 1, "anchor": 1, "reserve": 1,
    "train": 2,
    "execute": 3,
    "run": 4, "checked": 4, "jobs": 4, "recorder": 4, "runfiles": 4, "samedata": 4, "verdicts": 4, "room": 4,
    "progress": 4, "standing": 4, "rescue": 4, "rewrite": 4, "interrupt": 4, "environment": 4,
    "preview": 4, "tablewords": 4, "summary": 4, "results": 4, "junit": 4, "show": 4, "rerun": 4,
    "board": 4, "clean": 4, "doctor": 4,
    "cli": 5, "__main__": 6,
}  # fmt: skip
"""Modules of one floor may import each other only on floors 0 and 4, and inside a package."""

SIDEWAYS = {0, 4}
HEAVY = {"tensorflow", "keras", "sklearn", "ray"}


def subject(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module
            if node.module == "hpexp":
                yield from ((node.lineno, f"hpexp.{alias.name}") for alias in node.names)


MODULES = sorted(PACKAGE.rglob("*.py"))


def test_every_module_has_a_floor() -> None:
    assert {subject(path) for path in MODULES} <= set(FLOORS)


def test_the_document_shows_these_floors() -> None:
    shown, floor = {"__init__": 0}, 0
    for line in (ROOT / "docs" / "architecture.md").read_text().splitlines():
        if row := re.fullmatch(r"\| *(\d?) *\| (`.+`) \| .+ \|", line):
            floor = int(row[1] or floor)
            shown |= {name.strip("`/"): floor for name in row[2].split(", ")}
    assert shown == FLOORS


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down_only(path: Path) -> None:
    mine = subject(path)
    wrong = []
    for line, name in imports(path):
        parts = name.split(".")
        if parts[0] != "hpexp" or len(parts) == 1 or parts[1] == mine or parts[1] not in FLOORS:
            continue
        floor = FLOORS[parts[1]]
        if floor > FLOORS[mine] or (floor == FLOORS[mine] and floor not in SIDEWAYS):
            wrong.append(f"{path.relative_to(ROOT)}:{line} imports {name}")
    assert not wrong


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_train_imports_tensorflow(path: Path) -> None:
    heavy = [f"{line}: {name}" for line, name in imports(path) if name.split(".")[0] in HEAVY]
    assert not heavy or subject(path) == "train"


LIGHT = {
    "help": ["--help"],
    "plan": ["plan", "configs/lr.yaml"],
    "results": ["results", "--logs", "{tmp}"],
    "clean": ["clean", "--dry-run", "--logs", "{tmp}"],
    "schema": ["schema"],
    "board help": ["board", "--help"],
}


@pytest.mark.parametrize("arguments", LIGHT.values(), ids=LIGHT.keys())
def test_light_commands_load_nothing_heavy(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    arguments = [text.format(tmp=tmp_path / "logs") for text in arguments]
    code = (
        "import sys; from hpexp.cli import run_app; code = run_app(sys.argv[1:]);"
        "heavy = {'tensorflow', 'keras', 'sklearn', 'numpy', 'ray', 'scipy'} & set(sys.modules);"
        "sys.exit(f'loaded {heavy}' if heavy else code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
