"""`hpexp clean`: stop TensorBoard, delete logs."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hpexp.cli.options import ExperimentName, Json, Logs, seconds
from hpexp.console import messages, say, write_json
from hpexp.errors import EXIT_FAILED, UsageError
from hpexp.paths import DEFAULT_LOGS

if TYPE_CHECKING:
    from hpexp.clean import Choice, Cleaning
    from hpexp.model import Status

StatusNames = Annotated[
    str | None,
    typer.Option(
        "--status", metavar="STATUS,…", help="Only runs that are failed,diverged,…", show_default=False
    ),
]
OlderThan = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Only runs that ended longer ago: 12h, 7d.", show_default=False),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done and do nothing.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Force = Annotated[bool, typer.Option("--force", help="Stop a run that is going on; delete a damaged store.")]


def clean(
    experiment: ExperimentName = None,
    status: StatusNames = None,
    older_than: OlderThan = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    force: Force = False,
    logs: Logs = DEFAULT_LOGS,
    json: Json = False,
) -> None:
    """Stop every TensorBoard of these logs and delete what hpexp wrote there.

    With --status or --older-than: only delete those runs. Other people's files always stay.
    """
    from hpexp import clean as cleaning
    from hpexp.paths import LogsFolder

    folder = LogsFolder(logs)
    choice = _choice(experiment, status, older_than)
    if dry_run:
        found = cleaning.prepare(folder, choice, force=force)
        _print(found, cleaning.announcement(found, logs), choice, logs, as_json=json, dry_run=True)
        return

    def agree(planned: Cleaning) -> bool:
        return yes or _ask(cleaning.announcement(planned, logs))

    done = cleaning.clean(folder, choice, agree, force=force)
    if done is None:
        say("nothing was deleted", error=True)
        raise typer.Exit(EXIT_FAILED)
    _print(done, cleaning.summary(done), choice, logs, as_json=json, dry_run=False)


def _choice(experiment: str | None, status: str | None, older_than: str | None) -> Choice:
    from hpexp.clean import Choice

    age = seconds(older_than)
    return Choice(experiment, _statuses(status), None if age is None else time.time() - age)


def _statuses(text: str | None) -> frozenset[Status]:
    from hpexp.model import Status

    names = [name.strip() for name in text.split(",")] if text is not None else []
    known = [str(status) for status in Status]
    for name in names:
        if name not in known:
            raise UsageError(f"--status: {name!r} is not one of {', '.join(known)}")
    return frozenset(map(Status, names))


def _ask(announcement: str) -> bool:
    if not sys.stdin.isatty():
        raise UsageError("this deletes logs and cannot ask here", hint="--dry-run shows what; --yes does it")
    # typer.confirm writes a part of its question to standard output.
    say(announcement, error=True)
    messages().print("Go on? [y/N] ", end="")
    answer = ""
    try:
        answer = sys.stdin.readline()
    finally:
        if not answer.endswith("\n"):  # Ctrl-C, Ctrl-D
            say("", error=True)
    return answer.strip().lower() in ("y", "yes")


def _print(found: Cleaning, text: str, choice: Choice, logs: Path, *, as_json: bool, dry_run: bool) -> None:
    from hpexp import clean as cleaning

    if as_json:
        write_json(cleaning.as_json(found, dry_run=dry_run))
    elif not found:
        which = "run that was picked" if choice.by_row else "run"
        whose = f" of {choice.experiment!r}" if choice.experiment else ""
        say("\n".join([f"nothing to clean: no {which}{whose} in {logs}", *cleaning.kept(found)]))
    elif dry_run:
        say(f"{text}\n(a dry run: nothing was done)")
    else:
        say(text)
