"""Which run a person means."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from pathlib import Path

from hpexp.errors import UsageError
from hpexp.messages import EpochEnd
from hpexp.paths import LogsFolder
from hpexp.shell import command
from hpexp.store import Store, StoredRun

SHOWN = 10


def stored_run(wanted: str, logs: Path) -> tuple[StoredRun, list[EpochEnd]]:
    """The stored run that `wanted` names, as `find` says, with its epochs.

    Raises:
        UsageError: no run, or more than one, is called so.
        StoreError: the store cannot be read.
    """
    store = Store.read(LogsFolder(logs))
    if store is None:
        return find(wanted, [], logs), []
    with store:
        run = find(wanted, store.runs(None, all_=True), logs)
        return run, store.epochs(run.experiment, run.id)


def find(wanted: str, runs: Sequence[StoredRun], logs: Path) -> StoredRun:
    """The run of this name, EXPERIMENT/NAME, path below `logs`, or start of an id.

    A name may leave out the hash at its end. What matches more exactly wins: the name
    `1` is not taken for the start of an id. Pure.

    Raises:
        UsageError: no run, or more than one, is called so.
    """
    text = wanted.strip().rstrip("/").removeprefix(f"{logs}/")
    experiment, slash, name = text.partition("/")
    if slash:
        candidates: Sequence[StoredRun] = [run for run in runs if run.experiment == experiment]
    else:
        candidates, name = runs, text
    ways: tuple[Callable[[StoredRun], bool], ...] = (
        lambda run: name in (run.name, run.id),
        lambda run: name == run.name.rpartition("-")[0],
        lambda run: bool(name) and run.id.startswith(name.lower()),
    )
    for fits in ways:
        found = [run for run in candidates if fits(run)]
        if len(found) == 1:
            return found[0]
        if found:
            raise UsageError(f"{wanted!r} may be any of {len(found)} runs", hint=_listing(found))
    raise UsageError(f"there is no run {wanted!r} in {logs}", hint=_nearest(name, runs, logs))


def _listing(runs: Sequence[StoredRun]) -> str:
    lines = [f"{run.id}  {run.experiment}/{run.name}" for run in runs[:SHOWN]]
    more = [f"… and {len(runs) - SHOWN} more"] * (len(runs) > SHOWN)
    return "\n  ".join(["one of these:", *lines, *more])


def _nearest(name: str, runs: Sequence[StoredRun], logs: Path) -> str:
    near = difflib.get_close_matches(name, [run.name for run in runs], n=3)
    if near:
        return f"did you mean {' or '.join(near)}?"
    if runs:
        return f"{command('results', logs=logs)} lists the runs and their ids"
    return f"{command('run', 'CONFIG', logs=logs)} trains some"
