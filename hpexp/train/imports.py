"""Own Python code of an experiment: `module:function`, looked for next to the experiment file."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any

from hpexp.errors import HpexpError


def import_function(source: str, folder: str) -> Callable[..., Any]:
    """The function that `module:function` names; `folder` goes first on the import path meanwhile.

    A module of the same name from another folder, left by an earlier experiment, is
    imported afresh.
    """
    name, _, attribute = source.partition(":")
    loaded = sys.modules.get(name)
    if folder and loaded is not None and not _lies_in(loaded, folder):
        del sys.modules[name]
    if folder:
        sys.path.insert(0, folder)
    try:
        importlib.invalidate_caches()
        module = importlib.import_module(name)
    finally:
        if folder:
            sys.path.remove(folder)
    function = getattr(module, attribute, None)
    if not callable(function):
        raise HpexpError(f"module {name} has no function {attribute}")
    return function


def _lies_in(module: Any, folder: str) -> bool:
    return str(getattr(module, "__file__", "") or "").startswith(folder)
