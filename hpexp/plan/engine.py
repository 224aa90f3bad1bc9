"""Which engine trains an experiment, and why."""

from __future__ import annotations

from typing import Literal

from hpexp.model import Engine


def choose(asked: Engine | Literal["auto"]) -> tuple[Engine, str]:
    """The engine of an experiment's runs, and for `fit` the reason in few words.

    The compiled engine takes all that an experiment file can ask for, and is proven equal in
    it (tests/test_compiled_equal.py, tests/test_compiled_checkpoint.py), so that `auto` is
    `compiled`. Only of own models it cannot be known before they are built: the worker tries
    them out, and where they cannot be compiled they go through `fit`, with a note in the log.
    """
    return ("fit", "asked for") if asked == "fit" else ("compiled", "")
