"""A YAML document as a tree that remembers where everything stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from hpexp.config.wording import show

Path: TypeAlias = tuple[str | int, ...]
"""Keys and list places from the top of a file to a value."""

MAX_PROBLEMS = 100
"""More of one file are not told: nobody reads them."""

Scalar: TypeAlias = bool | int | float | str | None


@dataclass(slots=True, eq=False)
class Node:
    """One value; lines and columns count from 1, both are 0 for a value that `--set` gave.

    `value` is a scalar, a list of nodes, or a dict of nodes by key. `size` counts the
    values below, anchors expanded, and `depth` the levels.
    """

    value: Scalar | list[Node] | dict[str, Node]
    line: int = 0
    column: int = 0
    origin: str = ""
    """The override that gave the value: `--set epochs=3`; '' for the file's own."""
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Line and column of each key of a map."""
    size: int = 1
    depth: int = 1

    def plain(self) -> Any:
        """The value without places: dicts, lists, scalars."""
        if isinstance(self.value, dict):
            return {key: child.plain() for key, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.value]
        return self.value

    def walk(self, path: Path) -> Iterator[tuple[str | int, Node]]:
        """The steps of `path` that exist, with the node each one leads to; others are passed over."""
        node = self
        for step in path:
            below = node.value
            if isinstance(below, dict) and step in below:
                node = below[str(step)]
                yield step, node
            elif isinstance(below, list) and isinstance(step, int) and step < len(below):
                node = below[step]
                yield step, node

    def at(self, path: Path) -> Node:
        """The node at `path`, or the last one on the way that exists."""
        steps = list(self.walk(path))
        return steps[-1][1] if steps else self

    def copy(self) -> Node:
        """A tree that shares no node with this one, nor one node in two places."""
        value = self.value
        if isinstance(value, dict):
            value = {key: child.copy() for key, child in value.items()}
        elif isinstance(value, list):
            value = [child.copy() for child in value]
        return replace(self, value=value, keys=dict(self.keys))


def breadcrumb(path: Path) -> str:
    """`("grid", "optimizer", 1)` as `grid.optimizer[1]`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            name = step if step.isprintable() and 0 < len(step) <= 60 else show(step)
            text += f".{name}" if text else name
    return text
