"""Files that own code names in its text, whatever opens them.

A path is often put together: `Path(__file__).parent / "data" / "a.h5"`, `f"{HERE}/a.h5"`. So each text
constant is looked for below every folder that the path may begin with, folders that other constants name
among them.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Sequence
from glob import iglob
from itertools import islice
from pathlib import Path

from hpexp.sources import parsed

_LONGEST = 255
"""Characters of a text that may be a path."""
_DEPTH = 4
"""Folders within folders that constants may name one by one."""
_MOST_FOLDERS = 50
_MOST_MATCHES = 1000
"""Files that a pattern such as `parts/*.csv` may stand for."""


def named_files(modules: Sequence[Path], texts: Sequence[str], folder: str) -> Iterator[str]:
    """Absolute paths of files that the text constants of `modules`, or `texts`, name.

    They are looked for in the working directory, in `folder`, in the modules' own folders and in those
    between these and `folder`, and below folders that the constants name.
    """
    found = dict.fromkeys([*texts, *(text for module in modules for text in _constants(module))])
    names = [text for text in found if _may_be_path(text)]
    for base in _folders(names, _bases(modules, folder)):
        for name in names:
            yield from _files(base, name)


def _constants(module: Path) -> Iterator[str]:
    try:
        text = module.read_bytes().decode("utf-8", "replace") if module.suffix == ".py" else ""
    except OSError:
        return
    tree = parsed(text)
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _may_be_path(text: str) -> bool:
    return 0 < len(text) <= _LONGEST and text.strip() != "" and not {"\0", "\n"} & set(text)


def _bases(modules: Sequence[Path], folder: str) -> Iterator[str]:
    yield os.getcwd()  # noqa: PTH109
    if folder:
        yield folder
    for module in modules:
        yield str(module.parent)
        if folder and module.is_relative_to(folder):
            yield from (str(above) for above in module.parents if above.is_relative_to(folder))


def _folders(names: Sequence[str], bases: Iterator[str]) -> list[str]:
    """The bases, and folders that names lead to from there, each once."""
    known = dict.fromkeys(map(os.path.abspath, bases))
    newest = list(known)
    for _ in range(_DEPTH):
        paths = map(
            os.path.abspath, (path for base in newest for name in names for path in _below(base, name))
        )
        newest = [path for path in dict.fromkeys(paths) if path not in known and os.path.isdir(path)]  # noqa: PTH112
        newest = newest[: _MOST_FOLDERS - len(known)]
        known |= dict.fromkeys(newest)
    return list(known)


def _files(base: str, name: str) -> Iterator[str]:
    for path in _below(base, name):
        if os.path.isfile(path):  # noqa: PTH113
            yield os.path.abspath(path)  # noqa: PTH100
        elif "*" in name and any(map(str.isalnum, name)):
            matches = (each for each in iglob(path) if os.path.isfile(each))  # noqa: PTH113, PTH207
            yield from map(os.path.abspath, islice(matches, _MOST_MATCHES))


def _below(base: str, name: str) -> Iterator[str]:
    """`name` from there; one that begins with a slash may be the rest of a path, too."""
    yield os.path.join(base, name)  # noqa: PTH118
    if name.startswith("/"):
        yield os.path.join(base, name.lstrip("/"))  # noqa: PTH118
