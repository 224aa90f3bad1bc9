"""Values as they are written after `--set`: YAML that reads back to the same value."""

from __future__ import annotations

import re

from hpexp.config import scalars
from hpexp.model import Value
from hpexp.vocabulary import PARAMETERS

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
"""Text that no YAML parser takes for anything else, unless it is a word such as `null`."""
_QUOTED = re.compile(r"[^ !#-\[\]-~]")
"""What is escaped inside double quotes; other letters than ASCII's are kept where they are printable."""


def setting(name: str, value: Value) -> str:
    """`name=value` for `--set`, which gives every run this value of a parameter.

    A list is a value of widths alone; of an own parameter it would be an axis, unless it is
    written under `params`, where a parameter may also have the name of a key of the file.
    """
    from hpexp.config.schema import File, keys_of

    parameter = PARAMETERS.get(name)
    listed = isinstance(value, tuple) and (parameter is None or parameter.kind != "widths")
    prefix = "params." if listed or name in keys_of(File) else ""
    return f"{prefix}{name}={spelled(value)}"


def spelled(value: Value) -> str:
    """The value as YAML, on one line."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(spelled, value))}]"
    if isinstance(value, str):
        return value if _is_plain(value) else f'"{_QUOTED.sub(_escaped, value)}"'
    return repr(value)


def _is_plain(text: str) -> bool:
    return _PLAIN.fullmatch(text) is not None and scalars.plain(text) == text


def _escaped(match: re.Match[str]) -> str:
    character = match[0]
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
