"""`--set key=value`: changes to the tree of a file before it is checked."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hpexp.config import wording
from hpexp.config.node import Node
from hpexp.config.reader import read
from hpexp.errors import ConfigError, Problem
from hpexp.vocabulary import PARAMETERS

_STEP = re.compile(r"[^.\[\]]+|\[[0-9]+\]")
_SHORT = {"data": "name", "model": "name", "objective": "metric"}
"""Keys that may hold a name instead of a map, and the key of the map that the name stands for."""

_LONGEST = 10_000
_DEEPEST = 10


def apply_overrides(root: Node, overrides: Sequence[str], top_keys: Sequence[str]) -> list[Problem]:
    """Change `root` in place, one override after the other; returns what is wrong with them."""
    problems = []
    for text in overrides:
        shown = text if text.isprintable() else ascii(text)[1:-1]
        origin = f"--set {shown if len(shown) <= 100 else shown[:99] + '…'}"
        try:
            _apply(root, text, origin, top_keys)
        except ValueError as error:
            problems.append(Problem(0, 0, origin, str(error)))
    return problems


def _apply(root: Node, text: str, origin: str, top_keys: Sequence[str]) -> None:
    key, equals, value_text = text.partition("=")
    key = key.strip()
    steps: list[str | int] = [
        int(step[1:-1]) if step.startswith("[") else step for step in _STEP.findall(key[:_LONGEST])
    ]
    if not equals or not steps or isinstance(steps[0], int) or len(text) > _LONGEST:
        raise ValueError("write key=value, such as epochs=3 or grid.optimizer=[sgd,adam]")
    if len(steps) > _DEEPEST:
        raise ValueError(f"the key has {len(steps)} parts; at most {_DEEPEST} are allowed")
    value = _value(value_text, origin)
    if steps[0] in top_keys:
        if steps[0] == "params" and len(steps) == 2 and isinstance(root.value, dict):
            _remove_axis(root.value.get("grid"), str(steps[1]))
        _put(root, steps, value, origin)
    elif len(steps) == 1 and (steps[0] in PARAMETERS or _own_model(root)):
        _parameter(root, steps[0], value, origin)
    else:
        raise ValueError(wording.unknown_key(str(steps[0]), [*PARAMETERS, *top_keys]))


def _value(text: str, origin: str) -> Node:
    try:
        root, problems = read(text, "")
    except ConfigError as error:
        raise ValueError("; ".join(problem.message for problem in error.problems)) from None
    if problems:
        raise ValueError(problems[0].message)
    node = root if root is not None else Node(None)
    _mark(node, origin)
    return node


def _mark(node: Node, origin: str) -> None:
    """Take the places away, which are places in the override, and name the override instead."""
    node.line = node.column = 0
    node.origin = origin
    node.keys = dict.fromkeys(node.keys, (0, 0))
    below = node.value.values() if isinstance(node.value, dict) else node.value
    for child in below if not isinstance(below, str | int | float | None) else ():
        _mark(child, origin)


def _put(root: Node, steps: list[str | int], value: Node, origin: str) -> None:
    """Set the value at `steps`, making the maps on the way."""
    node = root
    for place, step in enumerate(steps):
        last = place == len(steps) - 1
        above = steps[place - 1] if place else ""
        if isinstance(node.value, list):
            index = int(step) if isinstance(step, int) or step.isdigit() else None
            if index is None or index >= len(node.value):
                entries = f"{len(node.value)} entries, numbered from 0"
                raise ValueError(f"{above} is a list of {entries}; name one, such as {above}[0].{step}")
            if last:
                node.value[index] = value
            node = node.value[index]
            continue
        if isinstance(step, int):
            raise ValueError(f"{above} is not a list, so it has no entry [{step}]")
        if not isinstance(node.value, dict):
            _become_map(node, str(above), origin)
        assert isinstance(node.value, dict)
        if last:
            node.value[step] = value
        else:
            node.value.setdefault(step, Node({}, origin=origin))
        node = node.value[step]


def _become_map(node: Node, key: str, origin: str) -> None:
    """A map in place of nothing, of true or false, or of a name that stands for a map."""
    if key in _SHORT and isinstance(node.value, str):
        name = Node(node.value, node.line, node.column, node.origin)
        node.value = {_SHORT[key]: name}
        node.keys = {_SHORT[key]: (node.line, node.column)}
    elif node.value is None or isinstance(node.value, bool):
        node.value, node.origin = {}, origin
    else:
        raise ValueError(f"{key} is {wording.kind(node.value)}, which has no keys")


def _own_model(root: Node) -> bool:
    model = root.value.get("model") if isinstance(root.value, dict) else None
    return model is not None and isinstance(model.value, dict) and "python" in model.value


def _parameter(root: Node, name: str, value: Node, origin: str) -> None:
    """One value for every run; a list of values becomes the axis of that name."""
    assert isinstance(root.value, dict)
    grid = root.value.get("grid")
    _remove_axis(grid, name)
    if not _is_axis(name, value):
        _put(root, ["params", name], value, origin)
        return
    blocks = [grid] if grid is None or not isinstance(grid.value, list) else grid.value
    if grid is None or grid.value in (None, []):
        _put(root, ["grid", name], value, origin)
        return
    for block in blocks:
        if block is not None and isinstance(block.value, dict):
            block.value[name] = value


def _is_axis(name: str, value: Node) -> bool:
    if isinstance(value.value, dict):
        return True
    if not isinstance(value.value, list):
        return False
    if name in PARAMETERS and PARAMETERS[name].kind != "widths":
        return True
    return any(isinstance(each.value, list) for each in value.value) or name not in PARAMETERS


def _remove_axis(node: Node | None, name: str) -> None:
    """Take the axis out of every block, and out of what moves together."""
    if node is None:
        return
    if isinstance(node.value, list):
        for each in node.value:
            _remove_axis(each, name)
        return
    if not isinstance(node.value, dict):
        return
    node.value.pop(name, None)
    zipped = node.value.get("zip")
    if zipped is None:
        return
    _remove_axis(zipped, name)
    if isinstance(zipped.value, list):
        zipped.value = [each for each in zipped.value if each.value != {}]
    if zipped.value in ({}, []):
        del node.value["zip"]
