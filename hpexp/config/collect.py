"""Gather every problem of one part of a file, then raise them together through pydantic."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

from hpexp.config.node import MAX_PROBLEMS, Path

WORDED = "worded"
"""The type of an error whose message is ready to be read."""

KEY = "key"
"""Like `WORDED`, but the place is the key's, not the value's."""


class Collector:
    """Problems below one value, by their paths."""

    def __init__(self) -> None:
        self.problems: list[tuple[str, Path, str]] = []

    def add(self, path: Path, message: str, *, key: bool = False) -> None:
        if not self.full:
            self.problems.append((KEY if key else WORDED, path, message))

    @property
    def full(self) -> bool:
        return len(self.problems) >= MAX_PROBLEMS

    @contextmanager
    def at(self, path: Path) -> Iterator[None]:
        """A ValueError raised inside becomes a problem at `path`."""
        try:
            yield
        except ValueError as error:
            self.add(path, str(error))

    def finish(self) -> None:
        """Raise what was gathered, if anything; pydantic puts the outer path before each."""
        if self.problems:
            details: list[InitErrorDetails] = [
                InitErrorDetails(type=worded(message, kind), loc=path, input=None)
                for kind, path, message in self.problems
            ]
            raise ValidationError.from_exception_data("part", details)


def worded(message: str, kind: str = WORDED) -> Any:
    """A pydantic error with a ready message."""
    return PydanticCustomError(kind, "{message}", {"message": message})
