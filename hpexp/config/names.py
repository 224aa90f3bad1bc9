"""Names that stand for something outside the file: a log folder, a module."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from hpexp.config import wording
from hpexp.paths import DATABASE_FILES

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")


def wrong_name(name: str) -> str | None:
    """Why `name` cannot be an experiment's, whose logs lie in a folder of that name; `None` if it can."""
    if len(name) > 100:
        return f"the name has {len(name)} characters; 100 are allowed"
    if not NAME.fullmatch(name):
        return (
            f"{wording.show(name)} cannot be the name of a log folder: "
            "use letters, digits, '.', '_' and '-', and begin with none of '.' and '-'"
        )
    if name.lower() in DATABASE_FILES:
        return f"{name} is the name of a file that hpexp writes"
    return None


def find_module(source: str, folder: str) -> str | None:
    """The file of the module in `module:function`, next to the experiment file or installed.

    Nothing is imported. `None` where there is none; '' where it has no file of its own.
    """
    top, *below = source.partition(":")[0].split(".")
    local = Path(folder, top, *below)
    try:
        for path in (local.with_suffix(".py"), local / "__init__.py"):
            if path.is_file():
                return str(path)
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError, OSError):
        return None
    if spec is None:
        return None
    return spec.origin if spec.origin and not below and Path(spec.origin).is_file() else ""
