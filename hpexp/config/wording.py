"""How problems are worded: one way to show a value, to list what is allowed, to suggest a name."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hpexp import text

nearest = text.nearest

_SHOWN = 60


def show(value: Any) -> str:
    """A value as it is written in YAML, cut where it is long."""
    if isinstance(value, str):
        plain = value.isprintable() and value.strip() == value and value
        text = value if plain else json.dumps(value[:_SHOWN])
    elif value is None:
        text = "null"
    elif isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, list | tuple):
        text = "[" + ", ".join(show(item) for item in value[:8]) + (", …]" if len(value) > 8 else "]")
    elif isinstance(value, dict):
        text = "{" + ", ".join(f"{show(key)}: …" for key in list(value)[:8]) + "}"
    else:
        text = repr(value) if not isinstance(value, int) or abs(value) < 10**40 else "a very long number"
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def kind(value: Any) -> str:
    """A value and, where it is not plain to see, what it is: `x (text)`."""
    if value is None:
        return "null"
    if isinstance(value, bool | int | float):
        return show(value)
    name = "text" if isinstance(value, str) else "a list" if isinstance(value, list | tuple) else "a map"
    return f"{show(value)} ({name})" if value not in ({}, []) else f"empty {name.removeprefix('a ')}"


def one_of(value: Any, allowed: Sequence[str], what: str = "") -> str:
    """`adm is not one of adam, sgd; did you mean adam?`."""
    hint = nearest(value, allowed) if isinstance(value, str) else ""
    return f"{show(value)} is not {what or 'one'} of {', '.join(allowed)}{hint}"


def unknown_key(key: str, allowed: Sequence[str], what: str = "key") -> str:
    """`unknown key optmizer; did you mean optimizer? Allowed: …`."""
    return f"unknown {what} {show(key)}{nearest(key, allowed)} (allowed: {', '.join(allowed)})"
