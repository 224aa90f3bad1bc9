"""The best runs alone, as a folder of symlinks for TensorBoard.

Views lie outside the log folder, in a folder of this user's own under the temporary one:
TensorBoard follows symlinks and looks into hidden folders, so that a board on all logs
would show each run of a view inside them a second time.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from hpexp.errors import BoardError
from hpexp.paths import LogsFolder


def views_of(logs: LogsFolder, experiment: str | None = None) -> Path:
    """Where the views of these logs (or of one experiment) lie, whether there are any or not."""
    root = _home() / _key(logs)
    return root if experiment is None else root / "experiment" / experiment


def is_view_of(folder: Path, logs: LogsFolder, experiment: str | None = None) -> bool:
    """Whether `folder` is a view of these logs (or of one experiment), in whatever temporary folder."""
    marks = [_home().name, _key(logs), *(() if experiment is None else ("experiment", experiment))]
    parts = list(folder.parts)
    return any(parts[start : start + len(marks)] == marks for start in range(len(parts)))


def make_view(logs: LogsFolder, experiment: str | None, runs: Iterable[Path]) -> Path:
    """A folder with links to these run folders, `EXPERIMENT/RUN` as in the logs.

    Each call makes the view hold exactly these runs, so that a board on it follows.

    Raises:
        BoardError: the view cannot be written.
    """
    folder = views_of(logs, experiment) / "best" if experiment else views_of(logs) / "best"
    wanted: dict[Path, Path] = {}
    for run in runs:
        where = folder / run.parent.name
        wanted[where / run.name] = Path(os.path.realpath(run))
        # The experiment's own event file names the columns of the HParams table.
        for events in run.parent.glob("events.out.tfevents.*"):
            wanted[where / events.name] = Path(os.path.realpath(events))
    try:
        _private(_home())
        folder.mkdir(parents=True, exist_ok=True)
        for old in _links(folder):
            if old not in wanted:
                old.unlink()
        for link, target in wanted.items():
            link.parent.mkdir(exist_ok=True)
            with suppress(FileExistsError):
                link.symlink_to(target)
    except OSError as error:
        raise BoardError(f"the view of the best runs cannot be written: {error}") from error
    return folder


def remove_views(logs: LogsFolder, experiment: str | None = None) -> None:
    """Remove the views of these logs, or those of one experiment."""
    _prune(views_of(logs, experiment), lambda link: True)


def drop_dead_links(logs: LogsFolder) -> None:
    """Drop from the views what has been deleted from the logs."""
    _prune(views_of(logs), lambda link: not link.exists())


def _prune(top: Path, unwanted: Callable[[Path], bool]) -> None:
    """Remove unwanted links below `top`, then the folders that are empty."""
    if top.parent.is_symlink() or top.is_symlink():
        return
    for folder, _, _ in os.walk(top, topdown=False):
        for path in Path(folder).iterdir():
            if path.is_symlink() and unwanted(path):
                path.unlink()
        with suppress(OSError):
            Path(folder).rmdir()


def _links(folder: Path) -> list[Path]:
    return [path for path in folder.glob("*/*") if path.is_symlink()]


def _home() -> Path:
    return Path(tempfile.gettempdir(), f"hpexp-views-{os.getuid()}")


def _key(logs: LogsFolder) -> str:
    return sha256(os.fsencode(os.path.realpath(logs.root))).hexdigest()[:16]


def _private(folder: Path) -> None:
    """Make the folder, or refuse one that somebody else put there."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise BoardError(f"{folder} belongs to somebody else", hint="set TMPDIR to a folder of your own")
