"""The JSON Schema of experiment files accepts what `load` accepts, and refuses plain mistakes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from hpexp.config import json_schema
from hpexp.config.reader import read
from hpexp.vocabulary import ACTIVATIONS, INITIALIZERS, OPTIMIZERS, PARAMETERS
from tests.bad_inputs import (
    HEAD,
    MAIN,
    WRONG_GRIDS,
    WRONG_KEYS,
    WRONG_PARAMETERS,
    WRONG_VALUES,
    Bad,
)
from tests.good_inputs import GOOD_INPUTS

SCHEMA = json_schema()
SHIPPED = Path(__file__).parent.parent / "docs" / "schema.json"
TYPES: dict[str, Any] = {
    "object": dict, "array": list, "string": str, "boolean": bool, "null": type(None),
}  # fmt: skip


def fits(value: Any, schema: dict[str, Any]) -> bool:
    """Whether `value` is valid under the part of JSON Schema that hpexp's schema uses."""
    unknown = schema.keys() - KEYWORDS.keys() - NOTES
    assert not unknown, f"teach this test {unknown}"
    return all(KEYWORDS[key](value, schema) for key in schema.keys() & KEYWORDS.keys())


def _type(value: Any, schema: dict[str, Any]) -> bool:
    names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return any(_is(value, name) for name in names)


def _is(value: Any, name: str) -> bool:
    if name in ("integer", "number"):
        whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        return not isinstance(value, bool) and (whole or (name == "number" and isinstance(value, float)))
    return isinstance(value, TYPES[name])


def _object(value: Any, schema: dict[str, Any]) -> bool:
    if not isinstance(value, dict):
        return True
    known = schema.get("properties", {})
    rest = schema.get("additionalProperties", True)
    return all(
        fits(each, known[key]) if key in known else fits(each, rest) if isinstance(rest, dict) else rest
        for key, each in value.items()
    )


def _number(value: Any, test: Any) -> bool:
    return not _is(value, "number") or test(value)


def _if(value: Any, schema: dict[str, Any]) -> bool:
    return fits(value, schema["if"]) or fits(value, schema["else"])


def _one(value: Any, allowed: list[Any]) -> bool:
    return any(type(value) is type(each) and value == each for each in allowed)


KEYWORDS: dict[str, Any] = {
    "$ref": lambda value, schema: fits(value, SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]),
    "type": _type,
    "enum": lambda value, schema: _one(value, schema["enum"]),
    "anyOf": lambda value, schema: any(fits(value, each) for each in schema["anyOf"]),
    "properties": _object,
    "additionalProperties": _object,
    "required": lambda value, schema: not isinstance(value, dict) or set(schema["required"]) <= value.keys(),
    "propertyNames": lambda value, schema: (
        not isinstance(value, dict) or all(fits(key, schema["propertyNames"]) for key in value)
    ),
    "if": _if,
    "items": lambda value, schema: (
        not isinstance(value, list) or all(fits(each, schema["items"]) for each in value)
    ),
    "minItems": lambda value, schema: not isinstance(value, list) or len(value) >= schema["minItems"],
    "maxItems": lambda value, schema: not isinstance(value, list) or len(value) <= schema["maxItems"],
    "uniqueItems": lambda value, _: not isinstance(value, list) or len(set(value)) == len(value),
    "minimum": lambda value, schema: _number(value, lambda number: number >= schema["minimum"]),
    "maximum": lambda value, schema: _number(value, lambda number: number <= schema["maximum"]),
    "exclusiveMinimum": lambda value, schema: _number(
        value, lambda number: number > schema["exclusiveMinimum"]
    ),
    "exclusiveMaximum": lambda value, schema: _number(
        value, lambda number: number < schema["exclusiveMaximum"]
    ),
    "maxLength": lambda value, schema: not isinstance(value, str) or len(value) <= schema["maxLength"],
    "pattern": lambda value, schema: (
        not isinstance(value, str) or re.search(schema["pattern"], value) is not None
    ),
}
NOTES = {"$schema", "$defs", "title", "description", "default", "else"}


def plain(text: str | bytes) -> Any:
    root, _ = read(text.decode("utf-8-sig") if isinstance(text, bytes) else text, MAIN)
    assert root is not None
    return root.plain()


@pytest.mark.parametrize("name", GOOD_INPUTS)
def test_the_schema_accepts_good_files(name: str) -> None:
    assert fits(plain(GOOD_INPUTS[name][MAIN]), SCHEMA)


BEYOND = {
    "a repeated key", "an empty include point", "split twice", "timeout twice", "options of digits",
    "classes of moons", "nothing to train on", "a metric of the other task", "an unmeasured objective",
    "an unmeasured monitor", "the name of the store", "no module", "no data module", "an infinite time",
    "an infinite rate", "NaN as a rate", "a rate out of range", "a file name that will not do",
    "a keyword with a dash", "too many layers", "a range out of bounds", "unequal zips",
    "unequal zips in a list", "an axis in a zip too", "very many repeated keys", "a huge grid",
    "a grid made huge by seeds", "a zip of nothing", "name with a final line break",
    "a very long module", "metrics of one epoch, weights of another", "nothing to repeat",
}  # fmt: skip
"""What a schema cannot say, or says less strictly than `load`."""

WRONG = [*WRONG_KEYS, *WRONG_VALUES, *WRONG_PARAMETERS, *WRONG_GRIDS]


@pytest.mark.parametrize("bad", [bad for bad in WRONG if bad.id not in BEYOND], ids=lambda bad: bad.id)
def test_the_schema_refuses_plain_mistakes(bad: Bad) -> None:
    assert not fits(plain(bad.files[bad.main]), SCHEMA)


def test_names_are_listed_for_completion() -> None:
    point = SCHEMA["$defs"]["Point"]["properties"]
    assert list(point) == list(PARAMETERS)
    assert point["optimizer"]["enum"] == list(OPTIMIZERS)
    assert point["activation"]["enum"] == list(ACTIVATIONS)
    assert point["initializer"]["enum"] == list(INITIALIZERS)


def test_everything_is_described() -> None:
    silent = [
        f"{name}.{key}"
        for name, each in {"": SCHEMA, **SCHEMA["$defs"]}.items()
        for key, below in each.get("properties", {}).items()
        if "description" not in json.dumps(below) and "$ref" not in json.dumps(below)
    ]
    assert silent == []


def test_references_lead_somewhere() -> None:
    named = set(re.findall(r'"#/\$defs/(\w+)"', json.dumps(SCHEMA)))
    assert named == SCHEMA["$defs"].keys()


def test_the_shipped_schema_is_this_one() -> None:
    assert json.loads(SHIPPED.read_text()) == SCHEMA, "run: hpexp schema > docs/schema.json"


def test_a_head_alone_is_a_file() -> None:
    assert fits(plain(HEAD), SCHEMA)
    assert not fits([], SCHEMA)
