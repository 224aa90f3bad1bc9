"""What is known of an own model without running it: what its function takes, and its source."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from hpexp.model import ModelSpec, Value
from hpexp.sources import parsed, read_own_code


@dataclass(frozen=True, slots=True)
class OwnModel:
    """`takes` are the parameters that the function names, `None` where that cannot be read.

    `requires` are those of them that have no default, `defaults` what the others have where that
    is written as a value that a file may give, too. `digest` is a hash of the function's
    module and of all that it imports, `hashes` are those of the files, see `hpexp.sources`.
    """

    source: str
    takes: frozenset[str] | None
    requires: frozenset[str]
    defaults: Mapping[str, Value]
    digest: str
    hashes: Mapping[str, str]


def read_own_model(spec: ModelSpec) -> OwnModel:
    """Read the source of an own model; unreadable source is no error here, training tells."""
    module, _, function = spec.source.partition(":")
    code = read_own_code(module, spec.folder)
    signature = _signature(code.text, function)
    if signature is None:
        return OwnModel(spec.source, None, frozenset(), {}, code.digest, code.hashes)
    requires = frozenset(name for name, default in signature.items() if default is None)
    written = {name: _value(default) for name, default in signature.items() if default is not None}
    defaults = {name: value for name, value in written.items() if not isinstance(value, _Unknown)}
    return OwnModel(spec.source, frozenset(signature), requires, defaults, code.digest, code.hashes)


def _signature(text: str, function: str) -> dict[str, ast.expr | None] | None:
    """The parameters after the first two (input shape, outputs), with their defaults."""
    tree = parsed(text)
    if tree is None:
        return None
    found = [node for node in tree.body if getattr(node, "name", None) == function]
    if len(found) != 1 or not isinstance(found[0], ast.FunctionDef) or found[0].decorator_list:
        return None
    arguments = found[0].args
    positional = [argument.arg for argument in [*arguments.posonlyargs, *arguments.args]]
    none = [None] * (len(positional) - len(arguments.defaults))
    defaults = dict(list(zip(positional, [*none, *arguments.defaults], strict=True))[2:])
    by_name = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return defaults | {argument.arg: default for argument, default in by_name}


class _Unknown:
    """A default that is computed, or of a type that no file can give."""


def _value(default: ast.expr) -> Value | _Unknown:
    try:
        value = ast.literal_eval(default)
    except (ValueError, TypeError, MemoryError, RecursionError):
        return _Unknown()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple) and all(type(each) is int for each in value):
        return value
    return _Unknown()
