"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from hpexp.errors import UsageError
from hpexp.model import EngineChoice
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
Logs = Annotated[Path, typer.Option("--logs", metavar="DIR", envvar="HPEXP_LOGS", help="The log folder.")]
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
