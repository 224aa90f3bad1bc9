"""What plan says of a table is short, however wide it is."""

from __future__ import annotations

from hpexp.model import Column, TableFacts
from hpexp.tablewords import table_as_dict, table_lines

TABLE = TableFacts(
    "price",
    (
        Column("", None),
        Column("age", None, 3),
        Column("city", ("", "Oslo", "Rome"), 2),
        *(Column(f"x{n}", None) for n in range(100)),
    ),
)


def test_lines() -> None:
    assert list(table_lines(TABLE)) == [
        "target      price",
        'numbers     102: "", age, x0, x1, x2, x3, x4, x5 and 94 more',
        "categories  1: city (3)",
        "filled      with the mean of the training split: age (3)",
        "missing     a value of its own in city (2)",
    ]
    assert list(table_lines(None)) == []


def test_names_stay_in_their_line() -> None:
    table = TableFacts("y\nz", (Column("a\nb", None, 1), Column("c\r\u2028", ("u", "v"))))
    assert list(table_lines(table)) == [
        r"target      y\nz",
        r"numbers     1: a\nb",
        r"categories  1: c\r\u2028 (2)",
        r"filled      with the mean of the training split: a\nb (1)",
    ]
    assert table_as_dict(table)["target"] == "y\nz"


def test_json_has_every_column() -> None:
    found = table_as_dict(TABLE)
    assert found["target"] == "price"
    columns = found["columns"]
    assert isinstance(columns, list)
    assert len(columns) == 103
    assert columns[1:3] == [
        {"name": "age", "type": "number", "missing": 3},
        {"name": "city", "type": "category", "values": 3, "missing": 2},
    ]
    assert table_as_dict(None) == {}
