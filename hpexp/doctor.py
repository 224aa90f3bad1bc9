"""Is this machine fit for hpexp? One small check after the other; each names its mend."""

from __future__ import annotations

import json
import resource
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from hpexp.environment import version
from hpexp.errors import HpexpError
from hpexp.paths import LogsFolder
from hpexp.store import Store

Grade = Literal["ok", "note", "mend"]
STYLES = {"ok": "green", "note": "yellow", "mend": "bold red"}

OPEN_FILES_FOR_2000_RUNS = 8192
MIN_FREE_BYTES = 2 * 2**30


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. A `note` needs no mending but is worth knowing."""

    name: str
    grade: Grade
    found: str
    mend: str = ""


def examine(logs: Path) -> list[Check]:
    """Run every check; none of them imports TensorFlow or changes anything."""
    folder = LogsFolder(logs)
    checks: tuple[Callable[[], Iterator[Check]], ...] = (
        _python,
        _packages,
        _gpu,
        _open_files,
        lambda: _disk(logs),
        lambda: _boards(folder),
        lambda: _store(folder),
    )
    return [check for make in checks for check in make()]


def print_checks(checks: list[Check], console: Console, *, as_json: bool) -> None:
    """Print the checks as a table or as JSON."""
    if as_json:
        print(json.dumps({"ok": healthy(checks), "checks": [asdict(check) for check in checks]}))
        return
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for check in checks:
        found = Text(check.found)
        if check.mend:
            found.append(f"\n→ {check.mend}", style="bold")
        table.add_row(Text(check.grade, style=STYLES[check.grade]), check.name, found)
    console.print(table)


def healthy(checks: list[Check]) -> bool:
    """Whether nothing needs mending."""
    return all(check.grade != "mend" for check in checks)


def _python() -> Iterator[Check]:
    found = f"{sys.version.split()[0]} at {sys.executable}"
    fit = sys.version_info >= (3, 11)
    yield Check("python", "ok" if fit else "mend", found, "" if fit else "install Python 3.11 or newer")


def _packages() -> Iterator[Check]:
    for package in ("tensorflow", "keras", "tensorboard", "scikit-learn"):
        found = version(package)
        if found is None:
            yield Check(package, "mend", "not installed", "pip install -c constraints.txt -e .")
        else:
            yield Check(package, "ok", found)
    yield from _tensorboard_fits()


def _tensorboard_fits() -> Iterator[Check]:
    """TensorBoard before 2.21 needs `pkg_resources`, which setuptools dropped in version 82."""
    tensorboard, setuptools = _numbers(version("tensorboard")), _numbers(version("setuptools"))
    if tensorboard and setuptools and tensorboard < (2, 21) and setuptools >= (82,):
        yield Check(
            "versions",
            "mend",
            "this TensorBoard needs a setuptools before 82",
            "pip install 'tensorboard>=2.21'",
        )
    tensorflow, keras = _numbers(version("tensorflow")), _numbers(version("keras"))
    if tensorflow and tensorflow < (2, 16) and keras and keras >= (3,):
        yield Check("versions", "mend", "Keras 3 needs TensorFlow 2.16", "pip install 'tensorflow>=2.20'")


def _numbers(text: str | None) -> tuple[int, ...]:
    parts = (text or "").split(".")[:2]
    return tuple(int(part) for part in parts if part.isdigit())


def _gpu() -> Iterator[Check]:
    devices = sorted(Path("/dev").glob("nvidia[0-9]*"))
    if not devices:
        yield Check("gpu", "ok", "none; training uses the processor's cores")
        return
    if version("nvidia-cudnn-cu12") is None:
        mend = "pip install 'tensorflow[and-cuda]'"
        yield Check("gpu", "note", f"{len(devices)} found, but TensorFlow came without CUDA", mend)
        return
    yield Check("gpu", "ok", f"{len(devices)} found")


def _open_files() -> Iterator[Check]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    found = f"{soft} open files, may be raised to {hard}"
    if hard != resource.RLIM_INFINITY and hard < OPEN_FILES_FOR_2000_RUNS:
        mend = f"for boards of 2,000 runs: `ulimit -Hn {OPEN_FILES_FOR_2000_RUNS}`, or `hpexp board --top N`"
        yield Check("open files", "note", found, mend)
    else:
        yield Check("open files", "ok", found)


def _disk(logs: Path) -> Iterator[Check]:
    there = next(folder for folder in (logs.absolute(), *logs.absolute().parents) if folder.exists())
    free = shutil.disk_usage(there).free
    found = f"{free / 2**30:.1f} GB free at {there}"
    fit = free >= MIN_FREE_BYTES
    yield Check("disk", "ok" if fit else "mend", found, "" if fit else "make room, or use --logs elsewhere")


def _boards(logs: LogsFolder) -> Iterator[Check]:
    from hpexp.board import servers_of
    from hpexp.clean import stale_entries

    stale = stale_entries()
    if stale:
        found = f"{len(stale)} entries of TensorBoard's registry name no living TensorBoard"
        yield Check("registry", "mend", found, "hpexp clean removes them")
    else:
        yield Check("registry", "ok", "no stale entry of TensorBoard's registry")
    serving = servers_of(logs)
    pids = ", ".join(str(server.pid) for server in serving)
    yield Check(
        "boards", "ok", f"serving {logs.root}: process {pids}" if serving else f"none serves {logs.root}"
    )


def _store(logs: LogsFolder) -> Iterator[Check]:
    try:
        store = Store.read(logs)
        if store is None:
            yield Check("store", "ok", f"no runs in {logs.root} yet")
            return
        with store:
            problem = store.integrity()
            count = len(store.runs(None))
    except HpexpError as error:
        yield Check("store", "mend", str(error), error.hint or "")
        return
    if problem:
        mend = "move runs.db away and run the experiments again"
        yield Check("store", "mend", f"{logs.database} is damaged: {problem}", mend)
    else:
        yield Check("store", "ok", f"{count} runs, integrity ok")
