"""Lines to paste mean what they say."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hpexp.config import load_text
from hpexp.config.spelling import setting
from hpexp.model import Experiment, Value
from hpexp.shell import command, word
from hpexp.summary.advice import paste

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
VALUES: st.SearchStrategy[Value] = st.one_of(
    TEXTS,
    st.text("~#:-?[]{},&*!|>%@`'\"\\ \n\t0123456789eExXoO.+_nulltrueNaNinf", max_size=12),
    st.integers(-(10**40), 10**40),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.none(),
    st.lists(st.integers(), max_size=5).map(tuple),
)
NAMES = ["width", "seeds", "name", "data", "hidden", "filters", "größe"]
"""Own parameters: one of no other meaning, those of keys of the file, those of built-in models."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("spelling")
    (made / "own.py").write_text(f"def build(input_shape, outputs, *, {', '.join(NAMES)}): ...\n")
    return made


def experiment(folder: Path, name: str, *overrides: str) -> Experiment:
    text = f"name: x\ndata: iris\nmodel: {{python: 'own:build'}}\ngrid: {{{name}: [1, 2], epochs: [1, 2]}}\n"
    return load_text(text, folder / "x.yaml", overrides)


def set_to(folder: Path, name: str, value: Value) -> Any:
    """What a parameter is after its own line; an axis of it must be gone."""
    found = experiment(folder, name, setting(name, value))
    assert [axis.names for block in found.grid for axis in block] == [("epochs",)]
    return found.params.get(name)


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.sampled_from(NAMES), VALUES)
@example("width", "1e5")
@example("width", "0x1F")
@example("width", "~")
@example("width", "# c")
@example("width", " lead")
@example("width", "two\nlines")
@example("width", "null")
@example("width", "true")
@example("width", "<<")
@example("width", "\x00\x1b\x85\u2028\ufeff\uffff\U000e0001")
@example("width", "1" * 400)
@example("width", (1,))
@example("width", ())
def test_a_line_reads_back_to_the_same_value(folder: Path, name: str, value: Value) -> None:
    found = set_to(folder, name, value)
    assert (type(found), found) == (type(value), value)


def test_common_values_are_written_as_people_write_them() -> None:
    values: dict[str, Value] = {"hidden": (64, 32), "learning_rate": 1e-05, "batch": "full"}
    written = [setting(name, value) for name, value in values.items()]
    assert written == ["hidden=[64, 32]", "learning_rate=1e-05", "batch=full"]


def test_what_was_set_under_params_takes_the_axis_away(folder: Path) -> None:
    assert experiment(folder, "width", "params.width=3").params["width"] == 3
    assert len(experiment(folder, "width", "params.width=3").grid[0]) == 1


WORDS = [
    "a b",
    "it's",
    "$HOME",
    "`id`",
    "# c",
    "~",
    "a\nb",
    "\t",
    "\x1b[2J",
    "é\u202e漢'\\",
    "-x",
    "\udc80",
    "!",
]


def test_a_shell_reads_back_every_word() -> None:
    script = " ".join(["printf '%s\\0'", *map(word, WORDS)])
    done = subprocess.run(["bash", "-c", script], capture_output=True, check=True)
    assert done.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1] == WORDS
    assert script.isprintable()


def test_lines_carry_the_log_folder_where_it_is_not_the_default_one() -> None:
    assert command("results", "lr", logs=Path("logs")) == "hpexp results lr"
    assert command("results", "lr", logs=Path("my logs")) == "hpexp results lr --logs 'my logs'"
    line = paste("x.yaml", ["tag=old", "epochs=3"], {"tag": "# c"}, Path("/l"))
    assert line == """hpexp run x.yaml --set epochs=3 --set 'tag="# c"' --logs /l"""
