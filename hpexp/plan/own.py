"""What is known of an own model without running it: what its function takes, and its source."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from hpexp.model import ModelSpec
from hpexp.sources import parsed, read_own_code


@dataclass(frozen=True, slots=True)
class OwnModel:
    """`takes` are the parameters that the function names, `None` where that cannot be read.

    `requires` are those of them that have no default. `digest` is a hash of the function's
    module and of all that it imports, `hashes` are those of the files, see `hpexp.sources`.
    """

    source: str
    takes: frozenset[str] | None
    requires: frozenset[str]
    digest: str
    hashes: Mapping[str, str]


def read_own_model(spec: ModelSpec) -> OwnModel:
    """Read the source of an own model; unreadable source is no error here, training tells."""
    module, _, function = spec.source.partition(":")
    code = read_own_code(module, spec.folder)
    signature = _signature(code.text, function)
    takes, requires = signature if signature is not None else (None, frozenset[str]())
    return OwnModel(spec.source, takes, requires, code.digest, code.hashes)


def _signature(text: str, function: str) -> tuple[frozenset[str], frozenset[str]] | None:
    """Names after the first two parameters (input shape, outputs), and those without a default."""
    tree = parsed(text)
    if tree is None:
        return None
    found = [node for node in tree.body if getattr(node, "name", None) == function]
    if len(found) != 1 or not isinstance(found[0], ast.FunctionDef) or found[0].decorator_list:
        return None
    arguments = found[0].args
    positional = [argument.arg for argument in [*arguments.posonlyargs, *arguments.args]]
    first_default = len(positional) - len(arguments.defaults)
    required = set(positional[2:first_default])
    names = positional[2:]
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        names.append(argument.arg)
        if default is None:
            required.add(argument.arg)
    return frozenset(names), frozenset(required)
