"""Runs -> groups: as few compiled programs as there are structures."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hpexp.model import Group, Run
from hpexp.plan.own import OwnModel
from hpexp.vocabulary import LANES

ALONE = frozenset(("glu", "threshold"))
"""Activations that are no layers (hpexp/train/models.py): each needs a program of its own."""


def make_groups(runs: Iterable[Run], own: OwnModel | None) -> tuple[Group, ...]:
    """Compiled runs of equal structure share a group, every `fit` run has its own.

    Groups are in the order of their first runs, numbered from 0.
    """
    # Parameters that an own function takes decide what it builds; of an unread one, all may.
    free = LANES if own is None else LANES - (own.takes or frozenset())
    groups: dict[Any, list[Run]] = {}
    keys: dict[int, Any] = {}
    for run in runs:
        if run.engine == "fit":
            groups[run.id] = [run]
            continue
        # Replicates of a point share their parameters' dict.
        key = keys.get(id(run.params))
        if key is None:
            key = keys[id(run.params)] = _structure(run, free)
        # A program has one set of data.
        groups.setdefault((run.repeat, key), []).append(run)
    return tuple(
        Group(number, members[0].engine, tuple(members)) for number, members in enumerate(groups.values())
    )


def _structure(run: Run, free: frozenset[str]) -> tuple[Any, ...]:
    fixed = [(name, type(value), value) for name, value in run.params.items() if name not in free]
    activation = run.params.get("activation")
    return (*fixed, activation if activation in ALONE else None)
