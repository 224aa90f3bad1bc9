"""YAML text -> nodes: what scalars mean, where they stand, what is refused."""

from __future__ import annotations

import math
import sys
from typing import Any

import pytest

from hpexp.config.node import Node, breadcrumb
from hpexp.config.reader import decode, read
from hpexp.errors import ConfigError


def tree(text: str) -> Node:
    root, problems = read(text, "f.yaml")
    assert root is not None
    assert problems == []
    return root


def value(text: str) -> Any:
    return tree(text).plain()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1e-3", 0.001),
        ("1E3", 1000.0),
        ("-1e+2", -100.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("+7", 7),
        ("010", 10),
        ("0x1F", 31),
        ("0o17", 15),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("null", None),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("Off", "Off"),
        ("y", "y"),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("2001-01-01", "2001-01-01"),
        ("1e-3x", "1e-3x"),
        ("e5", "e5"),
        (".", "."),
        ("'1'", "1"),
        ('"true"', "true"),
        ("! 1", "1"),
        ("!!str 1", "1"),
        ("!!float 1", 1.0),
        ("!!int '3'", 3),
        ("|\n  a\n  b\n", "a\nb\n"),
    ],
)
def test_scalars_mean_what_yaml_1_2_says(text: str, expected: Any) -> None:
    assert value(text) == expected
    assert type(value(text)) is type(expected)


def test_nan_is_read() -> None:
    assert math.isnan(value(".nan"))


def test_places_of_keys_and_values() -> None:
    root = tree("a: 1\nb:\n  - x\n  -  {c: y}\n")
    assert root.keys == {"a": (1, 1), "b": (2, 1)}
    inner = root.at(("b", 1, "c"))
    assert (inner.line, inner.column, inner.value) == (4, 10, "y")
    assert root.at(("b", 1)).keys == {"c": (4, 7)}


def test_a_path_that_leaves_the_tree_ends_at_the_last_node() -> None:
    root = tree("a: {b: 1}\n")
    assert root.at(("a", "b", "c")).value == 1
    assert root.at(("a", "z")).keys == {"b": (1, 5)}
    assert root.at(()) is root


def test_an_alias_is_the_value_of_its_anchor() -> None:
    assert value("a: &x [1, {b: 2}]\nc: *x\n") == {"a": [1, {"b": 2}], "c": [1, {"b": 2}]}


def test_merge_keys_give_way_to_own_keys_and_to_earlier_maps() -> None:
    text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], x: 3}\n"
    assert value(text)["c"] == {"x": 3, "y": 1, "z": 2}


def test_a_quoted_merge_key_is_a_plain_key() -> None:
    assert value("'<<': {a: 1}\n") == {"<<": {"a": 1}}


def test_repeated_keys_are_problems_with_both_lines() -> None:
    _, problems = read("a: 1\nb: {c: 1, c: 2}\na: 2\n", "f.yaml")
    assert [(each.line, each.breadcrumb, each.message) for each in problems] == [
        (2, "b.c", "the key is repeated; it is on line 2 too"),
        (3, "a", "the key is repeated; it is on line 1 too"),
    ]


def test_anchors_may_be_used_often_as_long_as_they_stay_small() -> None:
    text = "a: &a [" + "1, " * 99 + "1]\nb: [" + "*a, " * 399 + "*a]\n"
    assert len(value(text)["b"]) == 400


def test_a_text_is_read_the_same_without_libyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    import yaml

    text = "a: 1e-3\nb: [no, {c: 'x'}]\nd: &d {e: 1}\nf: {<<: *d}\n"
    fast = tree(text)
    monkeypatch.delattr(yaml, "CLoader")
    slow = tree(text)
    assert slow.plain() == fast.plain()
    assert slow.at(("b", 1, "c")).column == fast.at(("b", 1, "c")).column
    with pytest.raises(ConfigError, match="this is not YAML"):
        read("a: [1\n", "f.yaml")


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert decode(b"\xef\xbb\xbfa: 1", "f.yaml") == "a: 1"


def test_deep_text_does_not_touch_the_recursion_limit() -> None:
    limit = sys.getrecursionlimit()
    with pytest.raises(ConfigError, match="20 deep"):
        read("[" * (limit * 10), "f.yaml")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("grid", "optimizer", 1), "grid.optimizer[1]"),
        (("grid", 0, "zip", 1, "l2", 2), "grid[0].zip[1].l2[2]"),
        (("a\nb", "c"), '"a\\nb".c'),
        (("params", "k" * 99), f"params.{'k' * 59}…"),
    ],
)
def test_breadcrumbs(path: tuple[str | int, ...], text: str) -> None:
    assert breadcrumb(path) == text
