"""Arguments and options that several commands share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from hpexp.errors import UsageError
from hpexp.model import EngineChoice
from hpexp.text import short
from hpexp.units import TIMES, amount


def _yaml_files(incomplete: str) -> list[str]:
    """Experiment files and folders that begin so. A folder that is the only one is looked into:
    the shell would end the word behind it.
    """
    begun = incomplete.rpartition("/")[2]
    before = incomplete.removesuffix(begun)
    folder = Path(before)
    found = [
        f"{before}{path.name}{'/' * path.is_dir()}"
        for path in (folder.iterdir() if folder.is_dir() else ())
        if path.name.startswith(begun)
        and (begun.startswith(".") or not path.name.startswith("."))
        and path.name.isprintable()
        and (path.is_dir() or path.suffix in (".yaml", ".yml"))
    ]
    return _yaml_files(found[0]) if len(found) == 1 and found[0].endswith("/") else sorted(found)


def _experiments(context: typer.Context, incomplete: str) -> list[str]:
    logs = Path(context.params.get("logs") or "logs")
    if not logs.is_dir():
        return []
    return sorted(
        folder.name
        for folder in logs.iterdir()
        if folder.is_dir() and not folder.name.startswith(".") and folder.name.startswith(incomplete)
    )


Config = Annotated[
    Path,
    typer.Argument(
        metavar="CONFIG", help="An experiment file.", autocompletion=_yaml_files, show_default=False
    ),
]
Configs = Annotated[
    list[Path],
    typer.Argument(
        metavar="CONFIG", help="Experiment files.", autocompletion=_yaml_files, show_default=False
    ),
]
ExperimentName = Annotated[
    str | None,
    typer.Argument(
        metavar="EXPERIMENT", help="Only this experiment.", autocompletion=_experiments, show_default=False
    ),
]
RunName = Annotated[
    str,
    typer.Argument(
        metavar="RUN", help="The start of a run's id, its name, or EXPERIMENT/NAME.", show_default=False
    ),
]


def logs_folder(value: str | Path) -> Path:
    """Check `--logs`: a folder, or where one can be made.

    Raises:
        UsageError: it is empty, no path, a file, below a file, or a link to nothing.
    """
    if not str(value):
        raise UsageError("--logs: the name of the folder is empty")
    path = Path(value)
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        pass
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"--logs: {short(str(value))} cannot be used: {reason}") from None
    # The nearest that is there decides whether a folder can be made.
    there = next((each for each in (path, *path.parents) if os.path.lexists(each)), Path())
    if there.is_dir():
        return path
    is_link = there.is_symlink() and not there.exists()
    what = f"a link to {there.readlink()}, which is not there" if is_link else "not a folder"
    raise UsageError(f"--logs: {there} is {what}", hint="name a folder, or one that can be made")


Logs = Annotated[
    Path,
    typer.Option("--logs", metavar="DIR", envvar="HPEXP_LOGS", parser=logs_folder, help="The log folder."),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        "-s",
        metavar="KEY=VALUE",
        help="Override a key of the file: epochs=3, grid.optimizer=\\[sgd,adam]. Repeatable.",
        show_default=False,
    ),
]
EngineName = Annotated[
    str | None,
    typer.Option(
        "--engine",
        metavar="auto|compiled|fit",
        help="How runs are trained, whatever the file says; `plan` says why.",
        show_default="engine of the file",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


def engine_name(text: str | None) -> EngineChoice | None:
    """Check `--engine`."""
    match text:
        case None | "auto" | "compiled" | "fit":
            return text
    raise UsageError(f"--engine: {text!r} is not one of auto, compiled, fit")


def place_name(text: str) -> Literal["local", "inline"]:
    """Check `--on`."""
    match text:
        case "local" | "inline":
            return text
    raise UsageError(f"--on: {text!r} is not one of local, inline")


def seconds(text: str | None) -> float | None:
    """A time such as `90`, `30s`, `5m` or `1h`, in seconds."""
    if text is None:
        return None
    try:
        value = amount(float(text), TIMES)
    except ValueError:
        value = amount(text, TIMES)
    if value is None:
        raise UsageError(f"{text!r} is not a time; write 90, 30s, 5m, 2h or 7d")
    return value
