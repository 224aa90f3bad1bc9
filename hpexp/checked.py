"""Before anything is written: a worker loads the data that only loading can check.

Wrong data are a wrong file: nothing is trained, and nothing written.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from hpexp import config
from hpexp.execute import Backend
from hpexp.jobs import look_at
from hpexp.messages import DataFound, DataWrong
from hpexp.model import DataFacts, Plan
from hpexp.vocabulary import TABLES


def with_checked_data(plans: Sequence[Plan], names: Collection[str], backend: Backend) -> list[Plan]:
    """The plans, with what is known of their data once they are loaded; `names` are those to look at.

    What a data function raises itself is no matter here: its runs fail of it, with the traceback
    in their logs.

    Raises:
        ConfigError: the data of a file are wrong, or not what its model takes; names the place in it.
    """
    facts = {plan.experiment.name: plan.facts for plan in plans}
    # A worker keeps what it loaded last: the first experiment's data, which it trains on at once.
    for plan in reversed(plans):
        if plan.experiment.name in names:
            facts[plan.experiment.name] = _looked_at(plan, backend)
    checked = [replace(plan, facts=facts[plan.experiment.name]) for plan in plans]
    for plan in checked:
        refuse_shape(plan)
    return checked


def refuse_shape(plan: Plan) -> None:
    """Raise ConfigError where it is known that the examples have no shape that a cnn takes."""
    experiment, shape = plan.experiment, plan.facts.shape
    is_table = experiment.data.kind in TABLES
    if experiment.model.kind != "cnn" or (shape is None and not is_table):
        return
    if shape is None or len(shape) not in (2, 3):
        what = "those of a table are rows of numbers" if shape is None else f"they have shape {shape}"
        raise config.wrong_key(
            experiment,
            "model",
            f"a cnn needs examples of shape [rows, columns] or [rows, columns, channels], but {what}",
            "take `model: mlp`, or image data such as digits or mnist",
        )


def needs_loading(plan: Plan) -> bool:
    """Whether the data can be wrong in ways that only loading them tells."""
    return plan.experiment.data.kind != "builtin"


def _looked_at(plan: Plan, backend: Backend) -> DataFacts:
    backend.submit(look_at(plan))
    facts = plan.facts
    for message in backend.messages():
        if isinstance(message, DataWrong):
            raise config.wrong_data(plan.experiment, message.message, message.hint)
        if isinstance(message, DataFound):
            facts = replace(facts, notes=tuple(dict.fromkeys(facts.notes + message.notes)))
            if plan.experiment.data.kind == "python":
                facts = replace(facts, task=message.summary.task, shape=message.shape)
    return facts
