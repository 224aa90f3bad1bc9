"""`hpexp show`: one run, found by a part of its id or by its name."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from hpexp.console import write_json
from hpexp.paths import LogsFolder
from hpexp.results.data import data_of
from hpexp.show.find import stored_run
from hpexp.show.page import Shown, as_dict, lines_of, print_page
from hpexp.store import Store, StoredRun

__all__ = ["print_run"]

TAIL_BYTES = 1 << 16


def print_run(logs: Path, wanted: str, console: Console, *, as_json: bool) -> None:
    """Print the run `wanted` names.

    Raises:
        UsageError: none or several runs are called so.
        StoreError: the store cannot be read.
    """
    run, epochs = stored_run(wanted, logs)
    paths = LogsFolder(logs).run(run.experiment, run.name)
    shown = Shown(run, epochs, paths.folder, _tail(paths.log), data_of([run]), _drawings(run, logs))
    if as_json:
        write_json(as_dict(shown))
    else:
        print_page(shown, console)


def _drawings(run: StoredRun, logs: Path) -> int:
    """How many drawings of the split the runs of its experiment are trained on."""
    store = Store.read(LogsFolder(logs))
    if store is None:
        return 1
    with store:
        return len({each.repeat for each in store.runs(run.experiment)})


def _tail(path: Path) -> list[str]:
    """The lines of the end of a file; none where there is no file."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return []
    return lines_of(text)
