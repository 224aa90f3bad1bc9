"""`hpexp plan`: what would run, without TensorFlow."""

from __future__ import annotations

from pathlib import Path

from hpexp.cli.options import DEFAULT_LOGS, Config, EngineName, Json, Logs, Set, engine_name


def plan(
    config: Config,
    set_: Set = None,
    engine: EngineName = "auto",
    logs: Logs = DEFAULT_LOGS,
    json: Json = False,
) -> None:
    """Show what `hpexp run` would train: runs, groups, updates per epoch, what is done."""
    from hpexp.cli.terminal import output
    from hpexp.preview import print_plan, statuses_of
    from hpexp.run import RunOptions, load_plans

    options = RunOptions(logs=Path(logs), overrides=tuple(set_ or ()), engine=engine_name(engine))
    (made,) = load_plans([config], options)
    print_plan(made, statuses_of(made, logs), output(), as_json=json)
