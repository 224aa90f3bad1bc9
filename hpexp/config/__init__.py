"""An experiment file (YAML) -> an Experiment, or all its errors with file, line and column.

Importing this package costs nothing; pydantic and PyYAML are imported by the first call.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hpexp.errors import ConfigError, DataError, Problem
from hpexp.model import DataFacts, Experiment

__all__ = ["data_facts", "json_schema", "load", "load_text", "wrong_data", "wrong_key"]


def load(path: Path, overrides: Sequence[str] = (), *, smoke: bool = False) -> Experiment:
    """Read and check an experiment file; `overrides` are `key=value` texts, as `--set` takes them.

    Raises:
        UsageError: there is no such file, or it cannot be read.
        ConfigError: the file or an override is wrong; holds all problems.
    """
    from hpexp.config.loading import load as load_file

    return load_file(path, overrides, smoke=smoke)


def load_text(text: str, path: Path, overrides: Sequence[str] = (), *, smoke: bool = False) -> Experiment:
    """`load` for the text that the file at `path` once had; the file itself is not read."""
    from hpexp.config.loading import parse

    return parse(text, path, overrides, smoke=smoke)


def data_facts(experiment: Experiment) -> DataFacts:
    """Task, split sizes and fingerprint of an experiment's data, as training will find them.

    Reads files but loads no array library. Runs no code of the experiment's own.

    Raises:
        ConfigError: the data cannot be read, or cannot be split as asked.
    """
    from hpexp.config.facts import facts_of

    try:
        return facts_of(experiment.data, smoke=experiment.smoke)
    except DataError as error:
        raise wrong_data(experiment, str(error), error.hint) from error


def wrong_data(experiment: Experiment, message: str, hint: str | None = None) -> ConfigError:
    """The error of a file whose data are wrong: it names the place that says which data."""
    return wrong_key(experiment, "data", message, hint)


def wrong_key(experiment: Experiment, key: str, message: str, hint: str | None = None) -> ConfigError:
    """The error of a file for something that its key `key`, at the top, leads to."""
    from hpexp.config.reader import read
    from hpexp.config.translate import problem_at

    message = " ".join(message.split())
    try:
        root, _ = read(experiment.text, experiment.path)
    except ConfigError:
        root = None
    place = Problem(0, 0, key, message) if root is None else problem_at(root, (key,), message)
    return ConfigError(experiment.path, [place], hint=hint)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of experiment files, for editors."""
    from hpexp.config.schema_json import json_schema as make

    return make()
