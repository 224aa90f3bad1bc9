"""Which engine trains an experiment, and why."""

from __future__ import annotations

from typing import Literal

from hpexp.memory import TOO_LARGE
from hpexp.model import Engine


def choose(asked: Engine | Literal["auto"], *, too_large: bool) -> tuple[Engine, str]:
    """The engine of an experiment's runs, and for `fit` the reason in few words.

    The compiled engine takes all that an experiment file can ask for, and is proven equal in
    it (tests/test_compiled_equal.py, tests/test_compiled_checkpoint.py), so that `auto` is
    `compiled`. It holds the data in memory: those that are `too_large` for that go through
    `fit`, whatever was asked for. Only of own models and own data it cannot be known before
    they are built: the worker tries, and what cannot be compiled goes through `fit`, with a
    note in the log.
    """
    if asked == "fit":
        return "fit", "asked for"
    return ("fit", TOO_LARGE) if too_large else ("compiled", "")
