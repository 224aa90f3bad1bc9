"""What a plain YAML scalar means: the core schema of YAML 1.2, so that 1e-3 is a number and `no` is text."""

from __future__ import annotations

import re

from hpexp.config.node import Scalar

_NULL = {"", "~", "null", "Null", "NULL"}
_BOOL = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INT = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITY = re.compile(r"[-+]?\.(inf|Inf|INF)")
_NAN = {".nan", ".NaN", ".NAN"}
_LONGEST = 300
"""Digits of the longest number; Python refuses to read whole numbers of more than 4300."""

TAGS = ("str", "int", "float", "bool", "null")


def plain(text: str) -> Scalar:
    """The value of an unquoted scalar."""
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if len(text) > _LONGEST:
        return text
    if _INT.fullmatch(text):
        return int(text)
    if _BASED.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _INFINITY.fullmatch(text):
        return float(text.replace(".", ""))
    return float("nan") if text in _NAN else text


def tagged(text: str, tag: str) -> Scalar:
    """The value of a scalar with one of `TAGS` before it.

    Raises:
        ValueError: the text is no such value.
    """
    if tag == "str":
        return text
    value = plain(text)
    if tag == "float" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    kinds: dict[str, type] = {"int": int, "float": float, "bool": bool, "null": type(None)}
    if type(value) is not kinds[tag]:
        raise ValueError(f"{text!r} is not what the tag !!{tag} says")
    return value
