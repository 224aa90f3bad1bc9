"""Is this machine fit for hpexp? One small check after the other; each names its mend."""

from __future__ import annotations

import resource
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from hpexp.console import write_json
from hpexp.environment import version
from hpexp.errors import HpexpError
from hpexp.events import damaged
from hpexp.fixed import keras_file, overridden, refused, rounding
from hpexp.paths import LogsFolder
from hpexp.store import Store, StoredRun
from hpexp.text import counted

Grade = Literal["ok", "note", "mend"]
STYLES = {"ok": "green", "note": "yellow", "mend": "bold red"}

PACKAGES = ("tensorflow", "keras", "tensorboard", "scikit-learn")
OPEN_FILES_FOR_2000_RUNS = 8192
MIN_FREE_BYTES = 2 * 2**30
SHOWN = 3


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
        _surroundings,
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
        write_json({"ok": healthy(checks), "checks": [asdict(check) for check in checks]})
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
    for package in PACKAGES:
        found = version(package)
        if found is None:
            yield Check(package, "mend", "not installed", "pip install -c constraints.txt -e .")
        elif wrong := unmet(package):
            wanted = shlex.join(text for text, _ in wrong)
            has = ", ".join(f"{text} (there is {have or 'none'})" for text, have in wrong)
            yield Check(package, "mend", f"{found}, which needs {has}", f"pip install {wanted}")
        else:
            yield Check(package, "ok", found)
    tensorboard, setuptools = _numbers(version("tensorboard")), _numbers(version("setuptools"))
    if tensorboard and setuptools and tensorboard < (2, 21) and setuptools >= (82,):
        # It imports `pkg_resources`, which setuptools dropped in version 82; no metadata say so.
        found = "TensorBoard before 2.21 needs setuptools before 82"
        yield Check("versions", "mend", found, "pip install 'tensorboard>=2.21'")


def unmet(package: str) -> list[tuple[str, str | None]]:
    """What a package requires and does not find, with the version that is there instead."""
    from packaging.requirements import Requirement

    wrong = []
    for text in metadata.requires(package) or ():
        requirement = Requirement(text)
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        have = version(requirement.name)
        if have is None or not requirement.specifier.contains(have, prereleases=True):
            wrong.append((f"{requirement.name}{requirement.specifier}", have))
    return wrong


def _numbers(text: str | None) -> tuple[int, ...]:
    parts = (text or "").split(".")[:2]
    return tuple(int(part) for part in parts if part.isdigit())


def _surroundings() -> Iterator[Check]:
    """What would change the numbers of a training: workers have the same settings everywhere."""
    if wrong := list(refused()):
        path = keras_file()
        yield Check(
            "settings", "mend", f"Keras cannot be imported with {'; '.join(wrong)} in {path}", f"mend {path}"
        )
    if over := list(overridden()):
        yield Check(
            "settings", "note", f"overridden: {'; '.join(over)}", "own code may set them where it runs"
        )
    if kept := rounding():
        found = ", ".join(f"{name}={value}" for name, value in kept.items())
        yield Check("settings", "note", f"{found}: kept, though sums may be rounded in another way")
    elif not over:
        yield Check("settings", "ok", "nothing outside the experiment file changes the numbers")


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
    limited = hard != resource.RLIM_INFINITY
    found = f"{soft} open files, may be raised {f'to {hard}' if limited else 'without limit'}"
    if limited and hard < OPEN_FILES_FOR_2000_RUNS:
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
    from hpexp.board import servers, serves, stale_entries
    from hpexp.board.command_line import CHILD

    if stale := stale_entries():
        found = (
            f"{counted(len(stale), 'entry', 'entries')} of TensorBoard's registry for no living TensorBoard"
        )
        mend = "rm " + shlex.join(str(path) for path in stale) + "  (hpexp clean does it too)"
        yield Check("registry", "mend", found, mend)
    else:
        yield Check("registry", "ok", "no stale entry of TensorBoard's registry")
    living = servers()
    orphans = [each for each in living if each.logdirs and not any(map(Path.exists, each.logdirs))]
    for each in orphans:
        # One by hand may be waiting for logs to come.
        grade: Grade = "mend" if CHILD in each.command else "note"
        found = f"process {each.pid} shows {each.logdirs[0]}, which is gone"
        yield Check("boards", grade, found, f"kill {each.pid}")
    serving = [each for each in living if each not in orphans and serves(each, logs)]
    where = ", ".join(each.url or f"process {each.pid}" for each in serving) or "none"
    shows = "show" if len(serving) > 1 else "shows"
    if serving or not orphans:
        yield Check("boards", "ok", f"{where} {shows} {logs.root}")


def _store(logs: LogsFolder) -> Iterator[Check]:
    try:
        store = Store.read(logs)
        if store is None:
            yield Check("store", "ok", f"no runs in {logs.root} yet")
            return
        with store:
            problem = store.integrity()
            runs = store.runs(None, all_=True)
    except HpexpError as error:
        yield Check("store", "mend", str(error), error.hint or "")
        return
    if problem:
        mend = "move runs.db away and run the experiments again"
        yield Check("store", "mend", f"{logs.database} is damaged: {problem}", mend)
    else:
        yield Check("store", "ok", f"{counted(len(runs), 'run')}, integrity ok")
        yield _event_files(logs, runs)


def _event_files(logs: LogsFolder, runs: list[StoredRun]) -> Check:
    """Against the lengths and checksums that the store has noted."""
    noted = [run for run in runs if run.status.finished and run.files]
    wrong = [
        (run, found)
        for run in noted
        if (found := damaged(logs.run(run.experiment, run.name).folder, run.files))
    ]
    if not wrong:
        return Check("event files", "ok", f"those of {counted(len(noted), 'run')} are as they were written")
    paths = [path for _, found in wrong for path in found]
    shown = ", ".join(map(str, paths[:SHOWN]))
    more = f" and {len(paths) - SHOWN:,} more" if len(paths) > SHOWN else ""
    names = shlex.join(dict.fromkeys(run.made.path if run.made else run.experiment for run, _ in wrong))
    mend = f"delete what is left of them, then write them again from the store: hpexp run {names}"
    return Check("event files", "mend", f"missing or damaged: {shown}{more}", mend)
