"""`hpexp run`: train what is missing, log, summarise."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from hpexp.cli.options import (
    Configs,
    EngineName,
    Json,
    Logs,
    Set,
    engine_name,
    place_name,
    seconds,
)
from hpexp.paths import DEFAULT_LOGS

Jobs = Annotated[
    int | None, typer.Option("--jobs", "-j", min=1, help="Worker processes.", show_default="auto")
]
On = Annotated[str, typer.Option("--on", metavar="local|inline", help="Where runs are trained.")]
Smoke = Annotated[
    bool,
    typer.Option("--smoke", help="One epoch on a small slice, in a temporary log folder: does it all run?"),
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Train again what is done.")]
FailFast = Annotated[bool, typer.Option("--fail-fast", help="Stop at the first run that fails.")]
Timeout = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Time limit of a run: 90, 30s, 5m, 1h.", show_default=False),
]
JUnit = Annotated[Path | None, typer.Option(metavar="FILE", help="Write a JUnit report.", show_default=False)]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print only failures and the summary.")]


def run(
    context: typer.Context,
    configs: Configs,
    set_: Set = None,
    jobs: Jobs = None,
    engine: EngineName = None,
    on: On = "local",
    smoke: Smoke = False,
    fresh: Fresh = False,
    fail_fast: FailFast = False,
    timeout: Timeout = None,
    junit: JUnit = None,
    json: Json = False,
    logs: Logs = DEFAULT_LOGS,
    quiet: Quiet = False,
) -> None:
    """Train every run of the experiments that is not done yet, and say what was learned."""
    from hpexp import run as story
    from hpexp.cli.terminal import print_error
    from hpexp.console import messages, output
    from hpexp.junit import junit_file, write_junit
    from hpexp.progress import view_for
    from hpexp.summary import exit_code, print_json, print_summary

    report = junit_file(junit) if junit is not None else None
    if report is not None:
        report.check()
    with ExitStack() as stack:
        given = context.get_parameter_source("logs")
        if smoke and given is not None and given.name == "DEFAULT":
            logs = Path(stack.enter_context(TemporaryDirectory(prefix="hpexp-smoke-")))
        options = story.RunOptions(
            logs=logs,
            overrides=tuple(set_ or ()),
            engine=engine_name(engine),
            on=place_name(on),
            jobs=jobs,
            smoke=smoke,
            fresh=fresh,
            max_failures=1 if fail_fast else None,
            timeout=seconds(timeout),
            command=("hpexp", *sys.argv[1:]),
        )
        backend = stack.enter_context(story.backend_for(options))
        plans = story.load_plans(configs, options)
        outcomes = story.run(plans, options, view_for(messages(), quiet=quiet), backend)
        with ExitStack() as last:
            if report is not None:
                # Whether or not the summary can be printed; and where this fails, it has been.
                last.callback(write_junit, report, outcomes, logs)
            if json:
                print_json(outcomes, logs)
            else:
                for outcome in outcomes:
                    print_summary(outcome, logs, output(), smoke=smoke)
        for outcome in outcomes:
            if outcome.wrong is not None:
                print_error(outcome.wrong)
        raise typer.Exit(exit_code(outcomes))
