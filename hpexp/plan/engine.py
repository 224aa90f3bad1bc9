"""Which engine trains an experiment, and why."""

from __future__ import annotations

from hpexp.memory import TOO_LARGE
from hpexp.model import Engine, EngineChoice


def choose(given: EngineChoice | None, of_file: EngineChoice, *, too_large: bool) -> tuple[Engine, str]:
    """The engine of an experiment's runs, and for `fit` the reason in few words.

    `given` is the command line's `--engine`, which wins over the file's.

    The compiled engine takes all that an experiment file can ask for, and is proven equal in
    it (tests/test_compiled_equal.py, tests/test_compiled_checkpoint.py), so that `auto` is
    `compiled`. It holds the data in memory: those that are `too_large` for that go through
    `fit`, whatever was asked for. Only of own models and own data it cannot be known before
    they are built: the worker tries, and what cannot be compiled goes through `fit`, with a
    note in the log.
    """
    if (given or of_file) == "fit":
        return "fit", "--engine fit" if given else "engine: fit"
    return ("fit", TOO_LARGE) if too_large else ("compiled", "")
