"""The columns of stored runs by name: what `--where`, `--sort` and `--group-by` may ask for."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from hpexp.errors import UsageError
from hpexp.store import StoredRun

Getter: TypeAlias = Callable[[StoredRun], Any]

FIXED: dict[str, Getter] = {
    "experiment": lambda run: run.experiment,
    "id": lambda run: run.id,
    "name": lambda run: run.name,
    "seed": lambda run: run.seed,
    "repeat": lambda run: run.repeat,
    "status": lambda run: str(run.status),
    "engine": lambda run: run.engine,
    "epochs": lambda run: run.epochs,
    "best_epoch": lambda run: run.best_epoch,
    "seconds": lambda run: run.seconds,
    "error": lambda run: run.error,
}
"""`epochs` are those trained; the parameter of that name is `params.epochs`."""


OUTCOMES = frozenset(("status", "epochs", "best_epoch", "seconds", "error"))
"""Those of `FIXED` that tell how a run went."""


class Columns:
    """What the given runs can be asked for."""

    def __init__(self, runs: Sequence[StoredRun]) -> None:
        self.params = _names(run.params for run in runs)
        self.axes = _varied(runs)
        self.metrics = _names(run.metrics for run in runs)
        self._getters = {
            **{f"params.{name}": _param(name) for name in self.params},
            **{name: _param(name) for name in self.params},
            **{name: _metric(name) for name in self.metrics},
            **FIXED,
        }

    def get(self, name: str) -> Getter:
        """The function that takes the column's value from a run; None stands for "has none".

        Raises:
            UsageError: no run has such a column; names the nearest.
        """
        if name in self._getters:
            return self._getters[name]
        raise unknown(name, [each for each in self._getters if not each.startswith("params.")])

    def title(self, param: str) -> str:
        """A parameter's column; some share their name with something else."""
        return f"params.{param}" if param in FIXED or param in self.metrics else param


def unknown(name: str, known: Sequence[str]) -> UsageError:
    """The error for a column that is not there."""
    # Nobody mistypes a name so long, and comparing takes its time.
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5) if len(name) <= _LONGEST else []
    name = name if len(name) <= _LONGEST else f"{name[:_LONGEST]}…"
    hint = f"did you mean {' or '.join(near)}?" if near else f"columns: {', '.join(known)}"
    return UsageError(f"there is no column {name!r}", hint=hint)


def _varied(runs: Sequence[StoredRun]) -> list[str]:
    """The axes whose values differ among these runs; all axes where there is one point."""
    names = _names(run.axes for run in runs)
    varied = [name for name in names if len({run.axes.get(name, _NONE) for run in runs}) > 1]
    return varied or names


_NONE = object()
_LONGEST = 100


def _names(mappings: Iterable[Iterable[str]]) -> list[str]:
    # Thousands of runs share a few sets of names.
    sets = dict.fromkeys(map(tuple, mappings))
    return list(dict.fromkeys(name for names in sets for name in names))


def _param(name: str) -> Getter:
    return lambda run: run.params.get(name)


def _metric(name: str) -> Getter:
    return lambda run: run.metrics.get(name)
