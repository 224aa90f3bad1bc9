"""The story of `hpexp clean`: look, ask, stop servers, delete."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path, PurePath

from hpexp import scratch
from hpexp.board import Server, remove_entries, servers_of, stale_entries, stop
from hpexp.board.serve import refuse_path
from hpexp.board.view import drop_dead_links, remove_views
from hpexp.clean.delete import delete_files, remove_empty
from hpexp.clean.doomed import Choice, Doomed, doomed, run_folders
from hpexp.clean.guard import refuse_precious, stop_holder
from hpexp.clean.names import runs_finder
from hpexp.clean.stored import stored
from hpexp.clean.tree import look
from hpexp.errors import HpexpError, LogsBusyError, StoreError
from hpexp.lock import Holder, LogsLock, holder
from hpexp.paths import DATABASE_FILES, LogsFolder
from hpexp.reserve import Reserve
from hpexp.shell import command


@dataclass(frozen=True, slots=True)
class Cleaning:
    """What a clean comes to: what is deleted, which servers are stopped, which entries removed."""

    doomed: Doomed
    servers: tuple[Server, ...] = ()
    entries: tuple[Path, ...] = ()
    holder: Holder | None = None
    """The run that is going on in the log folder."""

    def __bool__(self) -> bool:
        return bool(self.doomed or self.servers or self.entries)


def prepare(logs: LogsFolder, choice: Choice, *, force: bool = False) -> Cleaning:
    """Find what a clean would do, and change nothing.

    Raises:
        UsageError: the log folder is one that is never cleaned, or the experiment is not a name.
        StoreError: the store cannot be read, and `force` and `choice` do not give it up.
    """
    refuse_precious(logs.root)
    refuse_path(choice.experiment)
    found = _doomed(logs, choice, force=force)
    held_by = holder(logs)
    if choice.by_row:
        # The servers drop deleted runs when they look again.
        return Cleaning(found, holder=held_by)
    serving = servers_of(logs, choice.experiment)
    return Cleaning(found, tuple(serving), tuple(stale_entries()), held_by)


def clean(
    logs: LogsFolder, choice: Choice, agree: Callable[[Cleaning], bool], *, force: bool = False
) -> Cleaning | None:
    """Delete what `choice` picks, once `agree` has said yes; returns what was done, None after a no.

    Raises:
        UsageError: the log folder is one that is never cleaned, or the experiment is not a name.
        LogsBusyError: a run is going on (and `force` is not given), or began meanwhile.
        StoreError: the store cannot be read, and `force` and `choice` do not give it up.
        HpexpError: something could not be deleted; the rest has been.
    """
    # What killed workers left of data that do not fit in memory belongs to no log folder.
    scratch.sweep()
    planned = prepare(logs, choice, force=force)
    if not planned:
        return planned
    if planned.holder and not force:
        hint = f"wait until it ends, or stop it: {command('clean', '--force', logs=logs.root)}"
        raise LogsBusyError(f"{logs.root} is held by {planned.holder}", hint=hint)
    if (planned.doomed or planned.servers) and not agree(planned):
        return None
    if not planned.doomed:
        return Cleaning(planned.doomed, tuple(stop(planned.servers)), _remove_stale(choice))
    ended = stop_holder(logs) if force else None
    with _held(logs):
        # The store takes space to delete rows.
        Reserve(logs).remove()
        now = _doomed(logs, choice, force=force)
        if not force and not set(now.runs) <= set(planned.doomed.runs):
            raise LogsBusyError(f"{logs.root} has changed meanwhile; nothing was deleted", hint="try again")
        stopped = stop(planned.servers)
        problems = _delete(logs, choice, now)
    if problems:
        raise HpexpError("not everything could be deleted:\n" + "\n".join(problems))
    return Cleaning(now, tuple(stopped), _remove_stale(choice), ended)


def _remove_stale(choice: Choice) -> tuple[Path, ...]:
    """Stale entries of the registry, with those of servers that had to be killed."""
    return () if choice.by_row else tuple(remove_entries(stale_entries()))


def _held(logs: LogsFolder) -> AbstractContextManager[None]:
    """The lock of the log folder, which is made nowhere else."""
    return LogsLock.hold(logs, "hpexp clean") if logs.root.is_dir() else nullcontext()


def _doomed(logs: LogsFolder, choice: Choice, *, force: bool) -> Doomed:
    known = stored(logs)
    if known.unread is not None and not (force and choice.whole):
        raise _refusal(known.unread, choice, logs)
    tree = look(logs.root, runs_finder(logs.root, run_folders(known.runs)))
    return doomed(tree, known.runs, choice, database=known.database)


def _refusal(error: StoreError, choice: Choice, logs: LogsFolder) -> StoreError:
    """Why nothing is deleted: what the store cannot tell, nothing else can."""
    forced = command("clean", "--force", logs=logs.root)
    hint = f"{forced} deletes it, and the runs that bear hpexp's mark"
    return type(error)(f"{error}; nothing was deleted", hint=hint if choice.whole else error.hint)


def _delete(logs: LogsFolder, choice: Choice, found: Doomed) -> list[str]:
    """Rows go first: a clean that is cut short leaves folders without rows, which the next one finds."""
    # Where `runs.db` is a link, it stays, without rows.
    if found.rows and not (choice.whole and PurePath(DATABASE_FILES[0]) in found.files):
        from hpexp.store import Store

        with Store.open(logs) as store:
            for experiment in dict.fromkeys(row.experiment for row in found.rows):
                ids = [row.id for row in found.rows if row.experiment == experiment]
                store.delete(experiment, ids if choice.by_row else None)
    problems = delete_files(logs.root, found.files)
    remove_empty(logs.root, found.folders)
    if not choice.by_row:
        remove_views(logs, choice.experiment)
    drop_dead_links(logs)
    return problems
