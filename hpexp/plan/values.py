"""Values of parameters: one spelling for what means the same, and texts for ids and names."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from hpexp.model import Params, Value
from hpexp.text import plain
from hpexp.vocabulary import MINI_BATCH, OF_BUILT_IN_MODELS, PARAMETERS

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_BATCHES: dict[Value, Value] = {"mini": MINI_BATCH, "stochastic": 1}


def canonical(name: str, value: Value, *, own: bool) -> Value:
    """The value in its parameter's own type: 1 is 1.0 for a number.

    What is no parameter of hpexp's stays as it is, and with an `own` model so do the names of
    what built-in models are made of.
    """
    parameter = PARAMETERS.get(name)
    if parameter is None or isinstance(value, bool) or (own and name in OF_BUILT_IN_MODELS):
        return value
    if parameter.kind == "number" and isinstance(value, int | float):
        return float(value) + 0.0  # -0.0 is 0.0
    if parameter.kind in ("count", "batch") and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def canonical_params(params: Params, *, own: bool) -> dict[str, Value]:
    return {name: canonical(name, value, own=own) for name, value in params.items()}


def meaning(name: str, value: Value) -> Value:
    """What a canonical value stands for: two values with one meaning train alike."""
    return _BATCHES.get(value, value) if name == "batch" and isinstance(value, str) else value


def same(one: Value, other: Value) -> bool:
    """Equal in value and type: 1, 1.0 and True are three values."""
    return type(one) is type(other) and one == other


def canonical_json(value: Mapping[str, Any]) -> str:
    return _encode(value)


_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode


@lru_cache(maxsize=65536, typed=True)
def name_part(name: str, value: Value) -> str:
    """`name=value` in characters that are safe in a file's name; it starts with none of `.-`."""
    return f"{_safe(name).lstrip('.-') or '_'}={_safe(plain(value))}"


def _safe(text: str) -> str:
    return _UNSAFE.sub("-", text.replace("e+", "e"))
