"""Whatever happens to a file, it is an Experiment or a ConfigError, never another exception."""

# ruff: noqa: E501 - tokens and texts in rows

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpexp import config
from hpexp.config import loading
from hpexp.config.overrides import apply_overrides
from hpexp.config.reader import read
from hpexp.errors import ConfigError, DataError
from hpexp.model import Experiment
from hpexp.vocabulary import PARAMETERS
from tests.bad_inputs import MAIN, NOT_YAML, WRONG_GRIDS
from tests.good_inputs import EVERYTHING, GOOD_INPUTS, LR
from tests.test_config_load import write

TEXTS = [text for files in GOOD_INPUTS.values() if isinstance(text := files[MAIN], str)]
TEXTS += [LR, EVERYTHING] * 60
TEXTS += [
    text
    for bad in [*NOT_YAML, *WRONG_GRIDS]
    if len(text := bad.files[bad.main]) < 500 and isinstance(text, str)
]

TOKENS = [
    "", " ", "  ", "\n", "\t", ":", ": ", "- ", "-", ",", "[", "]", "{", "}", "[]", "{}", "'", '"', "#", "&a ", "*a", "<<: *a",
    "!", "!!str ", "!!python/object:os.system ", "|", ">", "%", "@", "?", "? ", "---", "...", "\0", "\x07", "\ufeff", "\u2028",
    "é", "\U0001f600", "null", "true", "no", "on", "~", "0", "-1", "1e-3", "1e999", ".nan", ".inf", "0x", "9" * 400, "x" * 300,
    "zip", "log", "linear", "n", "grid", "params", "data", "csv", "python", "epochs", "hidden", "optimizer", "{log: [0, 1], n: 3}",
    "[[1], [2]]", "{a: 1}", "a: 1", "\r", "\r\n", "\\", "//", "..", "~/x", "a:b",
]  # fmt: skip

Mutation = Callable[[str], str]


def _cut(text: str, where: float, length: int, _: str) -> str:
    start = int(where * len(text))
    return text[:start] + text[start + length :]


def _insert(text: str, where: float, _: int, token: str) -> str:
    start = int(where * len(text))
    return text[:start] + token + text[start:]


def _replace_value(text: str, where: float, _: int, token: str) -> str:
    lines = text.split("\n")
    index = int(where * len(lines))
    key, colon, _rest = lines[index].partition(":")
    lines[index] = f"{key}{colon} {token}"
    return "\n".join(lines)


def _swap_lines(text: str, where: float, length: int, _: str) -> str:
    lines = text.split("\n")
    one, other = int(where * len(lines)), length % len(lines)
    lines[one], lines[other] = lines[other], lines[one]
    return "\n".join(lines)


def _repeat_line(text: str, where: float, length: int, _: str) -> str:
    lines = text.split("\n")
    index = int(where * len(lines))
    return "\n".join(lines[:index] + lines[index : index + 1] * (length + 1) + lines[index + 1 :])


def _indent(text: str, where: float, length: int, _: str) -> str:
    lines = text.split("\n")
    index = int(where * len(lines))
    lines[index] = " " * (length % 5) + lines[index].lstrip()
    return "\n".join(lines)


def _other_number(text: str, where: float, length: int, _: str) -> str:
    numbers = list(re.finditer(r"\d+", text))
    if not numbers:
        return text
    found = numbers[int(where * len(numbers))]
    return text[: found.start()] + str(length) + text[found.end() :]


MUTATIONS = [
    _other_number,
    _other_number,
    _cut,
    _insert,
    _insert,
    _replace_value,
    _replace_value,
    _swap_lines,
    _repeat_line,
    _indent,
]


def mutated(random: Random) -> str:
    text = random.choice(TEXTS)
    for _ in range(random.choice((1, 1, 2, 3))):
        mutate = random.choice(MUTATIONS)
        text = mutate(text, random.random(), random.randint(0, 12), random.choice(TOKENS))
    return text


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fuzz")
    for files in GOOD_INPUTS.values():
        write(files, folder)
    return folder


def outcome(folder: Path, data: bytes, overrides: tuple[str, ...] = ()) -> Experiment | ConfigError:
    """What comes of a file with these bytes; it is not written, which would take most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "_bytes", lambda path: data)
        try:
            experiment = config.load(folder / MAIN, overrides)
        except ConfigError as error:
            found = error
        else:
            with suppress(DataError):
                config.data_facts(experiment)
            return experiment
    assert found.problems
    assert len(str(found).splitlines()) == len(found.problems)
    return found


def test_mutated_files_are_read_or_explained(folder: Path) -> None:
    good = 0
    for number in range(2000):
        text = mutated(Random(number))
        try:
            good += isinstance(outcome(folder, text.encode("utf-8", "surrogatepass")), Experiment)
        except BaseException as error:
            error.add_note(f"mutation {number}: {text!r}")
            raise
    assert 100 < good < 1900


@settings(max_examples=300)
@given(data=st.binary(max_size=200))
def test_bytes_are_read_or_explained(folder: Path, data: bytes) -> None:
    outcome(folder, data)


KEYS = [
    *PARAMETERS,
    "grid",
    "grid.epochs",
    "grid[0].epochs",
    "data",
    "data.noise",
    "model",
    "seeds[1]",
    "name",
    "a.b",
    "",
    "[",
]


@settings(max_examples=300)
@given(
    text=st.sampled_from(TEXTS),
    overrides=st.lists(
        st.builds(
            "{}={}".format, st.sampled_from(KEYS), st.one_of(st.sampled_from(TOKENS), st.text(max_size=6))
        ),
        max_size=3,
    ),
)
def test_overrides_are_taken_or_explained(folder: Path, text: str, overrides: list[str]) -> None:
    outcome(folder, text.encode("utf-8", "surrogatepass"), tuple(overrides))


def test_the_mutations_reach_both_outcomes(folder: Path) -> None:
    assert isinstance(outcome(folder, LR.encode()), Experiment)
    assert isinstance(outcome(folder, _insert(LR, 0.5, 0, "[").encode()), ConfigError)
    root, _ = read(LR, MAIN)
    assert root is not None
    assert apply_overrides(root.copy(), ["epochs=3"], []) == []
