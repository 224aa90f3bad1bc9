"""An experiment file -> an Experiment, or every problem of the file at once."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hpexp.config.names import wrong_name
from hpexp.config.node import MAX_PROBLEMS, Node
from hpexp.config.reader import MAX_BYTES, decode, read
from hpexp.errors import ConfigError, Problem, UsageError
from hpexp.model import Experiment


def load(path: Path, overrides: Sequence[str] = (), *, smoke: bool = False) -> Experiment:
    """Read and check an experiment file; `overrides` are `key=value` texts, as `--set` takes them.

    Raises:
        UsageError: there is no such file, or it cannot be read.
        ConfigError: the file or an override is wrong; holds all problems.
    """
    return parse(decode(_bytes(path), str(path)), path, overrides, smoke=smoke)


def parse(text: str, path: Path, overrides: Sequence[str] = (), *, smoke: bool = False) -> Experiment:
    """Check the text of an experiment file; `path` says what it is called and what its paths are relative to.

    Raises:
        ConfigError: the text or an override is wrong; holds all problems.
    """
    source = str(path)
    root, problems = read(text, source)
    if root is None or root.value is None:
        raise ConfigError(
            source,
            [Problem(0, 0, "", "the file is empty; an experiment needs at least data and model")],
            hint="hpexp init writes a first one",
        )
    if not isinstance(root.value, dict):
        raise ConfigError(
            source, [Problem(root.line, root.column, "", "an experiment file is a map: key: value")]
        )
    return _check(root, problems, path, text, overrides, smoke=smoke)


def _check(
    root: Node, problems: list[Problem], path: Path, text: str, overrides: Sequence[str], *, smoke: bool
) -> Experiment:
    # Without this, pydantic looks through every installed package for plugins.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from pydantic_core import ValidationError

    from hpexp.config.build import build
    from hpexp.config.overrides import apply_overrides
    from hpexp.config.schema import File, keys_of
    from hpexp.config.translate import problems_of

    source = str(path)
    if overrides:
        root = root.copy()
        problems += apply_overrides(root, overrides, keys_of(File))
    values = root.plain()
    folder = os.path.abspath(path.parent)  # noqa: PTH100 - a symbolic link stays what it is
    problems += _nameless(values, path)
    model = values.get("model")
    own = isinstance(model, dict) and "python" in model
    try:
        file = File.model_validate(values, context={"own": own, "folder": folder})
    except ValidationError as error:
        raise ConfigError(source, _shortened(problems + problems_of(error, root))) from None
    if overrides:
        text = text.rstrip("\n") + "\n" + "".join(f"# --set {' '.join(each.split())}\n" for each in overrides)
    experiment, more = build(file, root, path, folder, text, smoke=smoke)
    if problems or more:
        raise ConfigError(source, _shortened(problems + more))
    return experiment


def _nameless(values: dict[str, Any], path: Path) -> list[Problem]:
    """The problem of a file that gives no name and whose own will not do."""
    wrong = wrong_name(path.stem) if values.get("name") is None else None
    message = f"the key name is missing, and the file's own name will not do: {wrong}"
    return [Problem(1, 1, "", message)] if wrong else []


def _shortened(problems: list[Problem]) -> list[Problem]:
    """All problems; of very many, the first ones."""
    if len(problems) < MAX_PROBLEMS:
        return problems
    kept = sorted(problems)[: MAX_PROBLEMS - 1]
    return [*kept, Problem(kept[-1].line, kept[-1].column + 1, "", "… and more problems")]


def _bytes(path: Path) -> bytes:
    hint = "hpexp init writes a first experiment file"
    try:
        if path.is_dir():
            raise UsageError(f"{path} is a folder, not an experiment file")
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise UsageError(f"there is no file {path}", hint=hint) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"{path} cannot be read: {reason}") from None
