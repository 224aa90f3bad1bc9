"""The JSON Schema of experiment files: pydantic's for the sections, the vocabulary's for parameters."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import models_json_schema

from hpexp.config.fields import LARGEST
from hpexp.config.grid import MAX_AXIS
from hpexp.config.schema import MAX_SEEDS, File
from hpexp.config.sections import ObjectiveSection, Section, StoppingSection
from hpexp.config.sources import DATA_FORMS, NamedModel, PythonModel
from hpexp.vocabulary import BUILTIN_DATA, KERAS_DATA, MODELS, PARAMETERS, Parameter

_OWN = {
    "description": "a keyword parameter of an own model",
    "anyOf": [
        {"type": ["number", "string", "boolean", "null"]},
        {"type": "array", "items": {"type": "integer"}},
    ],
}


def json_schema() -> dict[str, Any]:
    """The schema in draft 2020-12; it accepts whatever `load` accepts, save a few odd spellings."""
    sections: list[type[Section]] = [File, *DATA_FORMS.values(), NamedModel, PythonModel]
    sections += [StoppingSection, ObjectiveSection]
    _, generated = models_json_schema([(each, "validation") for each in sections], by_alias=True)
    definitions = generated["$defs"]
    schema = definitions.pop("File")
    keys = schema["properties"]
    definitions["Point"] = _parameters({name: _value(each) for name, each in PARAMETERS.items()}, _OWN)
    definitions["Range"] = _range()
    axes = {name: _axis(_value(each), ranged=_is_numeric(each)) for name, each in PARAMETERS.items()}
    own_axis = _axis(_OWN, ranged=True)
    definitions["Axes"] = _parameters(axes, own_axis)
    zipped = [_ref("Axes"), {"type": "array", "items": _ref("Axes")}]
    definitions["Block"] = _parameters(
        {**axes, "zip": {"description": "axes that move together", "anyOf": zipped}}, own_axis
    )
    point, block = _ref("Point"), _ref("Block")
    new: dict[str, dict[str, Any]] = {
        "data": {
            "anyOf": [
                {"enum": [*BUILTIN_DATA, *KERAS_DATA]},
                *(_ref(form.__name__) for form in DATA_FORMS.values()),
            ]
        },
        "model": {"anyOf": [{"enum": [*MODELS]}, _ref("NamedModel"), _ref("PythonModel")]},
        "params": _ref("Point"),
        "grid": {"anyOf": [block, {"type": "array", "items": block}]},
        "include": {"anyOf": [point, {"type": "array", "items": point}]},
        "exclude": {"anyOf": [point, {"type": "array", "items": point}]},
        "objective": {"anyOf": [_metric_names(definitions), _ref("ObjectiveSection")]},
        "early_stopping": {"anyOf": [{"type": ["boolean", "null"]}, _ref("StoppingSection")]},
        "seeds": _seeds(),
    }
    for name, parts in new.items():
        keys[name] = {"description": keys[name]["description"], **parts}
    for name in keys.keys() - {"data", "model"}:
        keys[name] = _optional(keys[name])
    for name in ("PythonData", "PythonModel"):
        definitions[name]["additionalProperties"] = _OWN
    schema["if"] = {
        "required": ["model"],
        "properties": {"model": {"type": "object", "required": ["python"]}},
    }
    schema["else"] = {"properties": _known_names()}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "$defs": definitions}


def _optional(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a key at the top, which may stand without a value."""
    notes: dict[str, Any] = {key: schema[key] for key in ("description", "default") if key in schema}
    forms = {key: each for key, each in schema.items() if key not in (*notes, "title")}
    if not forms:
        return notes
    options = forms["anyOf"] if set(forms) == {"anyOf"} else [forms]
    null = {"type": "null"}
    return {**notes, "anyOf": options if null in options else [*options, null]}


def _known_names() -> dict[str, Any]:
    """What keys hold where the model is no own one: hpexp's parameters alone, in maps and lists of maps."""
    point = {"propertyNames": {"enum": [*PARAMETERS]}}
    block = {"propertyNames": {"enum": [*PARAMETERS, "zip"]}}
    points = {**point, "items": point}
    return {"params": point, "include": points, "exclude": points, "grid": {**block, "items": block}}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/$defs/{name}"}


def _metric_names(definitions: dict[str, Any]) -> dict[str, Any]:
    return {"enum": definitions["ObjectiveSection"]["properties"]["metric"]["enum"]}


def _parameters(properties: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """A map of parameters. Other names are an own model's, which a schema of this file cannot know."""
    return {"type": "object", "properties": properties, "additionalProperties": own}


def _is_numeric(parameter: Parameter) -> bool:
    return parameter.kind in ("number", "count", "batch")


def _value(parameter: Parameter) -> dict[str, Any]:
    """The schema of one value."""
    count = {"type": "integer", "minimum": 1}
    forms: dict[str, list[dict[str, Any]]] = {
        "number": [_number(parameter)],
        "count": [count],
        "flag": [{"type": "boolean"}],
        "name": [{"enum": list(parameter.allowed)}],
        "batch": [{"enum": list(parameter.allowed)}, count],
        "widths": [count, {"type": "array", "items": count}],
    }
    options = forms[parameter.kind]
    if parameter.default is None:
        options = [*options, {"type": "null"}]
    described: dict[str, Any] = {"description": parameter.help}
    if parameter.default is not None:
        default = parameter.default
        described["default"] = list(default) if isinstance(default, tuple) else default
    return {**described, **(options[0] if len(options) == 1 else {"anyOf": options})}


def _number(parameter: Parameter) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "number"}
    if parameter.low is not None:
        schema["minimum"] = parameter.low
    if parameter.high is not None:
        schema["exclusiveMaximum" if parameter.open_high else "maximum"] = parameter.high
    return schema


def _axis(value: dict[str, Any], *, ranged: bool) -> dict[str, Any]:
    """The schema of an axis: a list of values, one value, and a range where there are numbers."""
    bare = {key: each for key, each in value.items() if key not in ("description", "default")}
    forms: list[dict[str, Any]] = [
        {"type": "array", "items": bare, "minItems": 1, "maxItems": MAX_AXIS},
        bare,
    ]
    if ranged:
        forms.append(_ref("Range"))
    return {"description": value["description"], "anyOf": forms}


def _range() -> dict[str, Any]:
    ends = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
    positive = {**ends, "items": {"type": "number", "exclusiveMinimum": 0}}
    n = {"type": "integer", "minimum": 1, "maximum": MAX_AXIS, "description": "how many values"}
    return {
        "description": "evenly spaced values, ends included",
        "anyOf": [
            {
                "type": "object",
                "properties": {kind: each, "n": n},
                "required": [kind, "n"],
                "additionalProperties": False,
            }
            for kind, each in (("log", positive), ("linear", ends))
        ],
    }


def _seeds() -> dict[str, Any]:
    one = {"type": "integer", "minimum": 0, "maximum": LARGEST}
    return {
        "anyOf": [
            {"type": "integer", "minimum": 1, "maximum": MAX_SEEDS},
            {"type": "array", "items": one, "minItems": 1, "maxItems": MAX_SEEDS, "uniqueItems": True},
        ]
    }
