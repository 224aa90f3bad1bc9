"""Tables: what polars reads is what Python's csv module wrote; columns, targets, notes and errors by hand."""

from __future__ import annotations

import csv
import gzip
import io
import re
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hpexp.config.facts import facts_of
from hpexp.config.tables import Table, TableFile, reading, survey
from hpexp.config.tables.cells import numbers_of, texts
from hpexp.config.tables.header import read_header
from hpexp.errors import DataError
from hpexp.model import DataFacts, DataSpec, TableOptions, Task

SEEDED = settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
CELLS = st.text(st.sampled_from("ab,;|\"' \t\n\x0b\x85\u2028\ufeffä１0.5-e"), max_size=6)


def written(rows: list[list[str]], delimiter: str, end: str, quoting: Any) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)
    return text.getvalue()


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[list[str]], str, str, int]:
    width = draw(st.integers(2, 4))
    rows = draw(st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=12))
    rows.insert(draw(st.integers(0, len(rows))), ["x"] * width)
    delimiter, end = draw(st.sampled_from(",;|\t")), draw(st.sampled_from(["\n", "\r\n"]))
    return rows, delimiter, end, draw(st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]))


@SEEDED
@given(tables())
def test_cells_are_read_back_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, table: tuple[list[list[str]], str, str, int]
) -> None:
    rows, delimiter, end, quoting = table
    names = [f"c\n{place}" for place in range(len(rows[0]))]
    path = tmp_path_factory.mktemp("t") / "t.csv"
    text = written([names, *rows], delimiter, end, quoting)
    path.write_bytes(("\ufeff" + text).encode())
    file = TableFile(str(path), "csv", names[0], None, TableOptions(delimiter))
    header = read_header(file)
    assert list(header.names) == names
    found = [
        (number, [texts(pl.Series([cell], dtype=pl.String))[0] for cell in cells])
        for frame in reading.batches(file, header)
        for number, *cells in frame.iter_rows()
    ]
    # A row of cells without a character is blank, unless they are quoted.
    shown = [(number, row) for number, row in enumerate(rows, 1) if quoting == csv.QUOTE_ALL or any(row)]
    assert found == [(number, [cell.strip(" \t") for cell in row]) for number, row in shown]
    reader, lines = csv.reader(io.StringIO(text, newline="\n"), delimiter=delimiter), []
    for _ in range(len(rows) + 1):
        lines.append(reader.line_num + 1)
        next(reader)
    assert reading.lines_of(file, header, [number for number, _ in found]) == [lines[n] for n, _ in found]


NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


@SEEDED
@given(
    st.lists(st.text(st.sampled_from("0123456789.eE+-_ x,１inf\u00a0"), max_size=8), min_size=20, max_size=60)
)
def test_a_number_is_ascii_digits_with_a_point_and_an_exponent(words: list[str]) -> None:
    for word, value in zip(words, numbers_of(words, "."), strict=True):
        shown = word.strip(" ")
        if NUMBER.fullmatch(shown):
            assert value == float(shown)
        else:
            assert value is None or abs(value) == float("inf"), word
    commas = numbers_of([word.replace(".", "#").replace(",", ".").replace("#", ",") for word in words], ",")
    points = numbers_of(words, ".")
    assert [value for value, word in zip(commas, words, strict=True) if "," not in word] == [
        value for value, word in zip(points, words, strict=True) if "," not in word
    ]


def spec(folder: Path, text: str | bytes, task: Task | None = None, **options: Any) -> DataSpec:
    path = folder / "t.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    given: dict[str, Any] = {"target": "y", **({"task": task} if task else {})}
    return DataSpec("csv", str(path), given, table=TableOptions(**options))


def facts(folder: Path, text: str | bytes, task: Task | None = None, **options: Any) -> DataFacts:
    return facts_of(spec(folder, text, task, **options))


def table(folder: Path, text: str | bytes, task: Task | None = None, **options: Any) -> Table:
    return survey(TableFile.of(spec(folder, text, task, **options)))


def lines(*columns: list[Any]) -> str:
    return "".join(",".join(map(str, row)) + "\n" for row in zip(*columns, strict=True))


Y = [n % 2 for n in range(30)]
X = [n * 7 % 11 / 2 for n in range(30)]


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (["1_1", "11", "1１"], ["11", "1_1", "1１"]),
        (["12345678901234567890", "12345678901234567891"], ["12345678901234567890", "12345678901234567891"]),
        (["１", "1"], ["1", "１"]),
        (["007", "07", "7", "10"], ["007", "07", "7", "10"]),
        (["1", "1.0", "2"], ["1", "1.0", "2"]),
        (["10", "9", "1e0", "-2"], ["-2", "1e0", "9", "10"]),
        (["true", "TRUE"], ["TRUE", "true"]),
        (["nan", "inf", "1"], ["1", "inf", "nan"]),
    ],
)
def test_labels_are_text_as_written(labels: list[str], classes: list[str], tmp_path: Path) -> None:
    found = table(
        tmp_path, "a,y\n" + lines(X, [labels[n % len(labels)] for n in range(30)]), "classification"
    )
    assert [name for name, _ in found.target.classes] == classes
    assert sum(count for _, count in found.target.classes) == 30


def test_columns_are_decided_from_the_whole_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_CELLS_AT_ONCE", 9)
    late = [n if n < 10 else f"w{n % 3}" for n in range(30)]
    found = table(tmp_path, "a,late,y\n" + lines(X, late, Y))
    assert [column.words for column in found.inputs] == [
        None,
        tuple(sorted({str(each) for each in late})),
    ]
    with pytest.raises(DataError, match=r"column a: line 31 holds \?; the other 29 are numbers") as raised:
        table(tmp_path, "a,y\n" + lines([*X[:29], "?"], Y))
    assert raised.value.hint is not None
    assert 'missing: ["?"]' in raised.value.hint
    assert "categorical: [a]" in raised.value.hint


def test_declared_missing_values(tmp_path: Path) -> None:
    text = "a,b,y\n" + lines(["?", "NA", "", *X[3:]], ["?", *"uv" * 14, "u"], ["NA", *Y[1:]])
    found = table(tmp_path, text, missing=("?", "NA", ""))
    assert found.examples == 29
    assert [(column.name, column.missing) for column in found.inputs] == [("a", 3), ("b", 1)]
    assert found.inputs[1].words == ("", "u", "v")
    assert found.target.classes == (("0", 14), ("1", 15))
    assert "1 row without a value of y left out" in found.notes
    with pytest.raises(DataError, match="column a: line 4 is empty"):
        table(tmp_path, text, missing=("?", "NA"))
    with pytest.raises(DataError, match=r"column a: lines 2, 3 hold \?, NA; the other 27 are numbers"):
        table(tmp_path, text, missing=("",))


def test_delimiters_decimals_quotes_and_blank_lines(tmp_path: Path) -> None:
    text = '\ufeff\r\n a ;"b;c"; y \r\n' + "".join(f"{n},5; x{n % 2} ;{n % 3}\r\n\r\n" for n in range(30))
    found = table(tmp_path, text, delimiter=";", decimal=",")
    assert [(column.name, column.words) for column in found.inputs] == [("a", None), ("b;c", ("x0", "x1"))]
    assert found.examples == 30
    with pytest.raises(DataError, match=r"column a: line 2 holds 1\.234,5; the other 2 are numbers"):
        table(tmp_path, "a;y\n1.234,5;0\n2,5;1\n3;0\n", delimiter=";", decimal=",")
    for end in ("\r", "\r\n"):
        old = table(tmp_path, ("a,y\n" + lines(X, Y)).replace("\n", end))
        assert (old.examples, old.inputs[0].words) == (30, None)


def test_packed_files_and_parquet_hold_the_same(tmp_path: Path) -> None:
    words = [f"w{n % 4}" for n in range(30)]
    plain = table(tmp_path, "a,w,y\n" + lines(X, words, Y))
    packed = table(tmp_path, gzip.compress(("a,w,y\n" + lines(X, words, Y)).encode()))
    path = tmp_path / "t.parquet"
    pl.DataFrame({"a": X, "w": words, "y": Y}).write_parquet(path)
    parquet = survey(TableFile(str(path), "parquet", "y"))
    for other in (packed, parquet):
        assert (other.inputs, other.target) == (plain.inputs, plain.target)


def test_parquet_cells(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    columns = {
        "whole": [1, 2, None] * 10,
        "part": [0.5, float("nan"), 1.0] * 10,
        "flag": [True, False, True] * 10,
        "day": pl.Series([0] * 30).cast(pl.Date),
        "y": [0.0, 1.0, 2.0] * 10,
    }
    pl.DataFrame(columns).write_parquet(path)

    def read(**options: Any) -> Table:
        return survey(TableFile(str(path), "parquet", "y", None, TableOptions(**options)))

    with pytest.raises(DataError, match="column day holds Date, neither numbers nor text"):
        read()
    with pytest.raises(DataError, match="column whole: rows 3, 6, 9 and 7 more are empty"):
        read(drop=("day",))
    with pytest.raises(DataError, match="column part: rows 2, 5, 8 and 7 more hold NaN"):
        read(drop=("day",), missing=("",))
    found = read(drop=("day",), missing=("", "NaN"))
    assert [(each.name, each.words, each.missing) for each in found.inputs] == [
        ("whole", None, 10),
        ("part", None, 10),
        ("flag", ("false", "true"), 0),
    ]
    assert found.target.classes == (("0", 10), ("1", 10), ("2", 10))


@pytest.mark.parametrize("coded", [pl.Categorical(), pl.Enum(["w", "01", "1", "v"])], ids=str)
@pytest.mark.parametrize("options", [{}, {"categorical": ("c",)}, {"missing": ("v", "w")}], ids=str)
def test_parquet_categories_are_texts(coded: pl.DataType, options: dict[str, Any], tmp_path: Path) -> None:
    """What is coded as a category is read as the same cells written as text."""
    words = pl.Series(["v", "01", "w", "v", "1", "w"] * 5)
    seen = []
    for name, cells in {"text": words, "coded": words.cast(coded)}.items():
        path = tmp_path / f"{name}.parquet"
        pl.DataFrame({"a": X, "c": cells, "y": Y}).write_parquet(path)
        for target in ("y", "c"):
            found = survey(TableFile(str(path), "parquet", target, None, TableOptions(**options)))
            seen.append((found.inputs, found.target, found.notes))
    assert seen[:2] == seen[2:]
    assert seen[2][0][1].words == (("01", "1", "v", "w") if "missing" not in options else None)


@pytest.mark.parametrize("whole", [False, True])
def test_a_target_that_float32_rounds_away_is_refused(whole: bool, tmp_path: Path) -> None:
    y = [1_700_000_000 + n * 37 % 61 + (not whole) / 7 for n in range(30)]
    message = r"column y: the target is 1\.7e\+09 ± \d.* has steps of 128: too coarse for it"
    pl.DataFrame({"a": X, "y": y}).write_parquet(tmp_path / "t.parquet")
    with pytest.raises(DataError, match=message):
        survey(TableFile(str(tmp_path / "t.parquet"), "parquet", "y", "regression"))
    with pytest.raises(DataError, match=message) as raised:
        facts(tmp_path, "a,y\n" + lines(X, [*y[:-1], "NA"]), "regression", missing=("NA",))
    assert "subtract an offset" in str(raised.value.hint)
    assert facts(tmp_path, "a,y\n" + lines(X, [each - 1_700_000_000 for each in y]), "regression").task
    assert facts(tmp_path, "a,y\n" + lines(y, Y)).task == "classification", "it is an input here"


def test_what_polars_cannot_do_is_an_error_of_the_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pl.DataFrame({"a": X, "y": Y, "n": [[1]] * 30}).write_parquet(tmp_path / "t.parquet")
    monkeypatch.setattr(sys.modules["hpexp.config.tables.survey"], "check_type", lambda *_: None)
    with pytest.raises(DataError, match=r"t\.parquet cannot be read as a table: .*[Ll]ist"):
        survey(TableFile(str(tmp_path / "t.parquet"), "parquet", "y"))


NOTES = {
    "money": (
        "a,y\n" + lines(X, [f'"${n},234"' for n in range(30)]),
        "the target y is text such as $0,234, taken as 30 classes; if these are amounts, write them as plain",
    ),
    "as many classes as rows": (
        "a,y\n" + lines(X, [f"name {n}" for n in range(30)]),
        "the target y has 30 classes in 30 rows",
    ),
    "few rows, each a class": ("a,y\n" + lines(X[:15], range(15)), "or task: regression"),
    "an index": (",y\n" + lines(range(30), Y), "column 1 has no name, taken as an input; if it numbers the"),
    "numbered rows": ("n,y\n" + lines(range(5, 35), Y), "column n goes up by one from row to row"),
    "an id by name": (
        "user_id,y\n" + lines(X, Y),
        "column user_id is taken as a number; if it is an id: drop:",
    ),
    "an id of text": ("u,y\n" + lines([f"u{n}" for n in range(30)], Y), "u is text with 30 different values"),
    "dates": (
        "d,y\n" + lines([f"2024-01-{n % 3 + 1:02}" for n in range(30)], Y),
        "column d is dates such as 2024-01-01, each of which becomes an input: drop: [d], or turn it into",
    ),
    "times, some of them missing": (
        "d,y\n" + lines(["2024-01-01T10:00:00Z", "2024-01-01 10:00", ""] * 10, Y),
        "column d is dates such as 2024-01-01 10:00, each of which",
    ),
    "zip codes": (
        "zip,y\n" + lines([f"0{n * 7 % 11}" for n in range(30)], Y),
        "has leading zeros (00), taken",
    ),
    "long codes": ("c,y\n" + lines([10**17 + n % 3 for n in range(30)], Y), "more than 15 digits"),
    "amounts as inputs": (
        "c,y\n" + lines([f"{n % 3}%" for n in range(30)], Y),
        "column c is text such as 0%",
    ),
    "decimal commas": (
        "c,y\n" + lines([f'"{n % 3},5"' for n in range(30)], Y),
        'write them as plain numbers, or set decimal: ","',
    ),
    "twins": (
        "a,y\n" + lines(X, ["1", "1.0", "2"] * 10),
        "1 and 1.0 are different ones, though the same number",
    ),
    "mixed classes": (
        "a,y\n" + lines(X, ["1", "x", "2"] * 10),
        "lines 3, 6, 9 and 7 more hold no number (x)",
    ),
}


@pytest.mark.parametrize(("text", "note"), NOTES.values(), ids=NOTES)
def test_what_is_worth_a_look_is_said(text: str, note: str, tmp_path: Path) -> None:
    found = facts(tmp_path, text).notes
    assert [each for each in found if note in each], found


def test_a_plain_table_needs_no_words(tmp_path: Path) -> None:
    assert facts(tmp_path, "a,y\n" + lines(X, Y)).notes == ()
    assert facts(tmp_path, "id,a,y\n" + lines(range(30), X, Y), drop=("id",)).notes == ()


def test_a_target_with_question_marks_is_no_text(tmp_path: Path) -> None:
    text = "a,y\n" + lines(X, [*(n / 7 for n in range(29)), "?"])
    with pytest.raises(DataError, match=r"column y: line 31 holds \?; the other 29 are numbers"):
        table(tmp_path, text)
    found = table(tmp_path, text, missing=("?",))
    assert (found.target.task, found.examples) == ("regression", 29)


def test_ids_follow_what_is_read_and_not_where_it_lies(tmp_path: Path) -> None:
    text = "a,y\n" + lines(X, Y)
    (tmp_path / "other").mkdir()
    same = {facts(folder, text).fingerprint for folder in (tmp_path, tmp_path / "other")}
    assert len(same) == 1
    options: list[dict[str, Any]] = [{"missing": ("NA",)}, {"categorical": ("a",)}, {"decimal": ";"}]
    others = {facts(tmp_path, text, **each).fingerprint for each in options}
    assert len(same | others) == 4
