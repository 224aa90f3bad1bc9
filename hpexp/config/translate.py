"""pydantic's errors -> problems with places and hpexp's wording."""

from __future__ import annotations

from typing import Any

from pydantic_core import ErrorDetails, ValidationError

from hpexp.config import wording
from hpexp.config.collect import KEY, WORDED
from hpexp.config.node import MAX_PROBLEMS, Node, Path, breadcrumb
from hpexp.config.schema import SECTIONS, keys_of
from hpexp.config.sections import Section
from hpexp.config.sources import DATA_FORMS
from hpexp.errors import Problem
from hpexp.vocabulary import PARAMETERS


def problems_of(error: ValidationError, root: Node) -> list[Problem]:
    """Every error of a validated file, placed where the person wrote what is wrong."""
    errors = error.errors(include_url=False, include_context=False)
    return [_problem(each, root) for each in errors[:MAX_PROBLEMS]]


def problem_at(root: Node, path: Path, message: str, *, key: bool = False) -> Problem:
    """A problem at a path of the file: at its value, or, with `key`, at the key itself."""
    steps = list(root.walk(path))
    node = steps[-1][1] if steps else root
    line, column = node.line, node.column
    missing = len(steps) < len(path)
    if key and steps and not missing and isinstance(path[-1], str):
        above = root.at(path[:-1])
        line, column = above.keys.get(path[-1], (line, column))
    crumb = breadcrumb(tuple(step for step, _ in steps))
    if node.origin:
        # What --set gave has no place in the file; the override itself is named instead.
        named = node.origin.removeprefix("--set ").partition("=")[0]
        prefix = f"{crumb}: " if crumb and crumb != named else ""
        return Problem(0, 0, node.origin, f"{prefix}{message}")
    return Problem(line, column, crumb, message)


def _problem(error: ErrorDetails, root: Node) -> Problem:
    path, kind = tuple(error["loc"]), error["type"]
    if kind in (WORDED, KEY):
        return problem_at(root, path, error["msg"], key=kind == KEY)
    if kind == "extra_forbidden":
        return problem_at(root, path, _unknown(path, root), key=True)
    if kind == "missing":
        return problem_at(root, path[:-1], f"the key {path[-1]} is missing{_missing_hint(path)}")
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return problem_at(root, path, f"{wording.kind(error['input'])} is not a map{_keys_hint(path, root)}")
    return problem_at(root, path, f"{wording.kind(error['input'])}: {error['msg'].lower()}")


def _section(path: Path, root: Node) -> type[Section] | None:
    if path == ("data",):
        below = root.at(path).value
        found = [form for key, form in DATA_FORMS.items() if isinstance(below, dict) and key in below]
        return found[0] if found else None
    return SECTIONS.get(breadcrumb(path))


def _unknown(path: Path, root: Node) -> str:
    key, section = str(path[-1]), _section(path[:-1], root)
    allowed = keys_of(section) if section is not None else []
    if len(path) == 1 and key in PARAMETERS:
        return f"{key} is a parameter; write it under params, or as an axis under grid"
    return wording.unknown_key(key, [name for name in allowed if name != "$schema"])


def _missing_hint(path: Path) -> str:
    hints: dict[Any, str] = {
        ("data",): "; for a start: data: digits",
        ("model",): "; for a start: model: mlp",
        ("data", "target"): "; it names the column to learn",
    }
    return hints.get(path, "")


def _keys_hint(path: Path, root: Node) -> str:
    section = _section(path, root)
    return f" with {', '.join(keys_of(section))}" if section is not None and path else ""
