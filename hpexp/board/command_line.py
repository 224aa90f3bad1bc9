"""Is this command line a TensorBoard server, and what does it serve? Pure."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import PurePath

CHILD = "hpexp.board.tensorboard"
"""The module that hpexp's own TensorBoard processes run."""

_MODULES = ("tensorboard", "tensorboard.main", CHILD)
_OPTIONS_WITH_VALUE = ("-X", "-W", "--check-hash-based-pycs")
_MODULE_OPTION = re.compile(r"-[bBdEhiIOPqRsSuvVx?]*m(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Flags:
    """What a TensorBoard command line asks for. Paths are as written, perhaps relative."""

    logdirs: tuple[str, ...]
    path_prefix: str = ""
    reload_interval: str = ""


def read_command_line(arguments: Sequence[str]) -> Flags | None:
    """The flags of a TensorBoard server's command line, or None for any other process."""
    given = _tensorboard_arguments(arguments)
    if given is None:
        return None
    paths = _values(given, "--logdir")[-1:]
    for spec in _values(given, "--logdir_spec")[-1:]:
        paths += [_spec_path(part) for part in spec.split(",")]
    return Flags(
        # As TensorBoard does it: `~nobody-here` stays as it is.
        tuple(os.path.expanduser(path) for path in paths if path),  # noqa: PTH111
        path_prefix=_last(given, "--path_prefix").rstrip("/"),
        reload_interval=_last(given, "--reload_interval"),
    )


def _tensorboard_arguments(arguments: Sequence[str]) -> Sequence[str] | None:
    """What follows the program's name when the program is TensorBoard."""
    if not arguments:
        return None
    if PurePath(arguments[0]).name == "tensorboard":
        return arguments[1:]
    if not PurePath(arguments[0]).name.startswith(("python", "pypy")):
        return None
    rest = list(arguments[1:])
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)
        if match := _MODULE_OPTION.fullmatch(option):
            module = match[1] or (rest.pop(0) if rest else "")
            return rest if module in _MODULES else None
        if option.startswith("-c"):
            return None
        if option in _OPTIONS_WITH_VALUE and rest:
            rest.pop(0)
    if not rest:
        return None
    script = PurePath(rest.pop(0))
    is_tensorboard = script.name == "tensorboard" or script.parts[-2:] == ("tensorboard", "main.py")
    return rest if is_tensorboard else None


def _values(arguments: Sequence[str], flag: str) -> list[str]:
    """Every value given to a flag, as `--flag value` or `--flag=value`."""
    found = []
    for text, following in zip_longest(arguments, arguments[1:], fillvalue=""):
        if text == flag:
            found.append(following)
        elif text.startswith(f"{flag}="):
            found.append(text.partition("=")[2])
    return found


def _last(arguments: Sequence[str], flag: str) -> str:
    return (_values(arguments, flag) or [""])[-1]


def _spec_path(part: str) -> str:
    """The path of `name:path`, `path` or `/path:with:colons` (TensorBoard's own rule)."""
    if part.startswith("/") or ":" not in part or "://" in part:
        return part
    return part.partition(":")[2]
