"""`hpexp plan`: what would run, without TensorFlow."""

from __future__ import annotations

from hpexp.cli.options import Config, EngineName, Json, Logs, Set, engine_name
from hpexp.paths import DEFAULT_LOGS


def plan(
    config: Config,
    set_: Set = None,
    engine: EngineName = None,
    logs: Logs = DEFAULT_LOGS,
    json: Json = False,
) -> None:
    """Show what `hpexp run` would train: runs, groups, updates per epoch, what is done."""
    from hpexp.checked import refuse_shape
    from hpexp.config import data_facts, load
    from hpexp.console import messages, output
    from hpexp.plan import build_plan, refuse_idle_grid
    from hpexp.preview import print_plan, statuses_of
    from hpexp.samedata import files_note
    from hpexp.verdicts import judged

    experiment = load(config, set_ or ())
    made = build_plan(experiment, data_facts(experiment), engine=engine_name(engine))
    refuse_idle_grid(made)
    refuse_shape(made)
    if note := files_note(made, logs):
        messages().print(note, style="yellow", soft_wrap=True)
    made = judged(made, logs)
    print_plan(made, statuses_of(made, logs), output(), as_json=json)
