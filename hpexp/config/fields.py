"""The types of the schema's fields: what YAML gives, checked and turned into what the model wants."""

import math
import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ValidationInfo, WithJsonSchema

from hpexp.config import metrics, wording
from hpexp.config.collect import worded
from hpexp.config.names import NAME, find_module, wrong_name
from hpexp.config.values import whole
from hpexp.units import BYTES, TIMES, amount

LARGEST = 2**63 - 1
"""The largest whole number that the run store holds."""

_FUNCTION = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        hint = "" if isinstance(value, list | dict) or value is None else "; put it in quotes"
        raise worded(f"{wording.kind(value)} is not text{hint}")
    return value


def _name(value: Any) -> str:
    text = _text(value)
    wrong = wrong_name(text)
    if wrong:
        raise worded(wrong)
    return text


def _folder(info: ValidationInfo) -> Path:
    """The experiment file's folder."""
    return Path((info.context or {}).get("folder", "."))


def _path(value: Any, info: ValidationInfo, *, folder: bool = False) -> str:
    """The absolute path of a file (or folder) that is there."""
    text = _text(value)
    if not text or "\0" in text:
        raise worded(f"{wording.show(text)} is not a path")
    what, other = ("folder", "file") if folder else ("file", "folder")
    counted = "paths count from the experiment file's folder"
    try:
        path = Path(os.path.normpath(_folder(info) / Path(text).expanduser()))
        if path.is_dir() if folder else path.is_file():
            return str(path)
        wrong = f"is a {other}, not a {what}" if path.exists() else f"does not exist; {counted}"
    except (OSError, RuntimeError, ValueError) as error:
        raise worded(f"{wording.show(text)} is not a path: {getattr(error, 'strerror', error)}") from None
    raise worded(f"the {what} {wording.show(str(path))} {wrong}")


def _function(value: Any, info: ValidationInfo) -> str:
    text = _text(value)
    if not _FUNCTION.fullmatch(text):
        raise worded(f'{wording.show(text)} does not name a function; write "module:function"')
    folder = str(_folder(info))
    if find_module(text, folder) is None:
        name = text.partition(":")[0]
        raise worded(f"there is no module {name} in {folder}, nor an installed one")
    return text


def _metric(value: Any) -> str:
    text = _text(value)
    allowed = metrics.known(None)
    if text not in allowed:
        raise worded(wording.one_of(text, allowed))
    return text


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise worded(f"{wording.kind(value)} is not true or false")
    return value


def _whole(low: int, high: int = LARGEST) -> BeforeValidator:
    def check(value: Any) -> int:
        number = whole(value)
        if number is None or not low <= number <= high:
            end = "" if high == LARGEST else f" to {high}"
            raise worded(f"{wording.kind(value)} is not a whole number from {low}{end}")
        return number

    return BeforeValidator(check)


def _bounded(low: float, high: float = math.inf, *, open_high: bool = False) -> BeforeValidator:
    def check(value: Any) -> float:
        fits = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300
        if not fits or not (low <= value < high or (value == high and not open_high)):
            end = "" if high == math.inf else f" to below {high:g}" if open_high else f" to {high:g}"
            raise worded(f"{wording.kind(value)} is not a number from {low:g}{end}")
        return float(value)

    return BeforeValidator(check)


def _seconds(value: Any) -> float:
    seconds = amount(value, TIMES)
    if seconds is None:
        raise worded(f"{wording.show(value)} is not a time; write seconds, or 30s, 5m, 2h, 1d")
    return seconds


def _memory(value: Any) -> int:
    size = amount(value, BYTES)
    if size is None or size < 1:
        raise worded(f"{wording.show(value)} is not an amount of memory; write bytes, or 500MB, 4GB, 4GiB")
    return int(size)


def choice(*allowed: str) -> BeforeValidator:
    """One of a few names."""

    def check(value: Any) -> str:
        if value not in allowed or not isinstance(value, str):
            raise worded(wording.one_of(value, allowed))
        return value

    return BeforeValidator(check)


Name = Annotated[
    str,
    BeforeValidator(_name),
    WithJsonSchema({"type": "string", "pattern": f"^{NAME.pattern}$", "maxLength": 100}),
]
Text = Annotated[str, BeforeValidator(_text)]
FilePath = Annotated[str, BeforeValidator(_path)]
FolderPath = Annotated[str, BeforeValidator(lambda value, info: _path(value, info, folder=True))]
Metric = Annotated[
    str, BeforeValidator(_metric), WithJsonSchema({"type": "string", "enum": list(metrics.known(None))})
]
Function = Annotated[
    str, BeforeValidator(_function), WithJsonSchema({"type": "string", "pattern": f"^{_FUNCTION.pattern}$"})
]
Engine = Annotated[Literal["auto", "compiled", "fit"], choice("auto", "compiled", "fit")]
Flag = Annotated[bool, BeforeValidator(_flag)]
Count = Annotated[int, _whole(1), WithJsonSchema({"type": "integer", "minimum": 1})]
Whole = Annotated[int, _whole(0), WithJsonSchema({"type": "integer", "minimum": 0})]
Retries = Annotated[int, _whole(0, 100), WithJsonSchema({"type": "integer", "minimum": 0, "maximum": 100})]
Repeats = Annotated[int, _whole(1, 1000), WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 1000})]
Jobs = Annotated[int, _whole(1, 1024), WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 1024})]
Seed = Annotated[
    int, _whole(0, 2**32 - 1), WithJsonSchema({"type": "integer", "minimum": 0, "maximum": 2**32 - 1})
]
Share = Annotated[
    float,
    _bounded(0, 1, open_high=True),
    WithJsonSchema({"type": "number", "minimum": 0, "exclusiveMaximum": 1}),
]
Positive = Annotated[float, _bounded(0), WithJsonSchema({"type": "number", "minimum": 0})]
Examples = Annotated[
    int, _whole(3, 10**7), WithJsonSchema({"type": "integer", "minimum": 3, "maximum": 10**7})
]
Classes = Annotated[int, _whole(2, 1000), WithJsonSchema({"type": "integer", "minimum": 2, "maximum": 1000})]
Seconds = Annotated[
    float,
    BeforeValidator(_seconds),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "exclusiveMinimum": 0},
                {"type": "string", "pattern": r"^[0-9]+(\.[0-9]*)? *[smhdSMHD]$"},
            ]
        }
    ),
]
Memory = Annotated[
    int,
    BeforeValidator(_memory),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 1},
                {"type": "string", "pattern": r"^[0-9]+(\.[0-9]*)? *([kKmMgGtT][iI]?)?[bB]$"},
            ]
        }
    ),
]
