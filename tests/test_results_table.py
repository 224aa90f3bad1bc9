from __future__ import annotations

import csv
import io
import re

import pytest
from rich.console import Console

from hpexp import text
from hpexp.results.table import Column, as_csv, as_markdown, fitting, print_table

COLUMNS = [
    Column("id", ["a1", "b2"], weight=4, right=False),
    Column("rate", ["0.1", "10"], weight=1),
    Column("status", ["done", "failed"], right=False, styles=["green", "red"]),
    Column("loss", ["0.5 ± 0.1", "–"], weight=9),
    Column("seed", ["0", "1"], weight=4),
]


def printed(columns: list[Column], **options: object) -> str:
    file = io.StringIO()
    print_table(columns, Console(file=file, width=20, **options))  # type: ignore[arg-type]
    return file.getvalue()


def test_rows_stay_on_one_line_whatever_the_width() -> None:
    assert printed(COLUMNS) == (
        "id  rate  status       loss  seed\n"
        "a1   0.1  done    0.5 ± 0.1     0\n"
        "b2    10  failed          –     1\n"
    )  # fmt: skip


def test_colour_changes_no_character() -> None:
    coloured = printed(COLUMNS, force_terminal=True, color_system="standard")
    assert "\x1b[32mdone  \x1b[0m" in coloured
    assert "\x1b[31mfailed\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == printed(COLUMNS)


@pytest.mark.parametrize(
    ("width", "kept"),
    [
        (33, ["id", "rate", "status", "loss", "seed"]),
        (32, ["id", "rate", "status", "seed"]),
        (21, ["id", "rate", "status"]),
        (15, ["rate", "status"]),
        (11, ["status"]),
        (1, ["status"]),
    ],
)
def test_less_important_columns_are_left_out(width: int, kept: list[str]) -> None:
    found, dropped = fitting(COLUMNS, width)
    assert [column.title for column in found] == kept
    assert [column.title for column in dropped] == [each.title for each in COLUMNS if each.title not in kept]


def test_wide_characters_are_counted_by_their_cells() -> None:
    lines = printed([Column("x", ["漢字", "a"], right=False), Column("y", ["1", "2"])]).splitlines()
    assert lines == ["x     y", "漢字  1", "a     2"]


def test_markdown_escapes_what_would_end_a_cell() -> None:
    table = as_markdown([Column("a|b", ["x|y", "two\nlines"], right=False), Column("n", ["1", "2"])])
    assert table == "| a\\|b | n |\n|---|---:|\n| x\\|y | 1 |\n| two\\nlines | 2 |\n"


def test_csv_reads_back() -> None:
    rows = [["a,b", 'say "x"', "two\nlines", None, 0.1]]
    found = list(csv.reader(io.StringIO(as_csv(list("abcde"), rows))))
    assert found == [list("abcde"), ["a,b", 'say "x"', "two\\nlines", "", "0.1"]]


def test_a_row_of_csv_is_a_line_and_no_text_a_formula() -> None:
    texts = [
        "=cmd|' /C calc'!A0",
        "+x",
        "-x",
        "@SUM(1)",
        "\x1b[2J\r\n\u202e",
        "\t=x",
        "-1",
        "+1e-3",
        "'=x",
        "a=b",
    ]
    written = as_csv(["=title"], [[text] for text in texts] + [[-0.5]])
    assert len(written.splitlines()) == len(texts) + 2
    assert [row[0] for row in csv.reader(io.StringIO(written))] == [
        "'=title", "'=cmd|' /C calc'!A0", "'+x", "'-x", "'@SUM(1)", "\\x1b[2J\\r\\n\\u202e", "\\t=x",
        "-1", "+1e-3", "'=x", "a=b", "-0.5",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (0.5, "0.5000"),
        (0.12344, "0.1234"),
        (0.0, "0"),
        (1e-5, "1.00e-05"),
        (-12345.6, "-1.23e+04"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
    ],
)
def test_numbers(value: float | None, shown: str) -> None:
    assert text.number(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (True, "true"),
        (1e-4, "0.0001"),
        (3, "3"),
        ((64, 32), "64x32"),
        ((), "[]"),
        ("adam", "adam"),
    ],
)
def test_params(value: object, shown: str) -> None:
    assert text.param(value) == shown  # type: ignore[arg-type]


@pytest.mark.parametrize(("value", "shown"), [(0.123, "0.12"), (1.25, "1.2"), (123.4, "123")])
def test_seconds(value: float, shown: str) -> None:
    assert text.seconds(value) == shown
