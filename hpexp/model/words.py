"""The words that the other values are made of: parameters' values, engines, tasks, statuses."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal, TypeAlias

Value: TypeAlias = bool | int | float | str | tuple[int, ...] | None
"""One value of a parameter; a tuple is a list of layer widths, `None` means "not set"."""


Params: TypeAlias = Mapping[str, Value]


Engine: TypeAlias = Literal["compiled", "fit"]


EngineChoice: TypeAlias = Literal["auto", "compiled", "fit"]


Mode: TypeAlias = Literal["min", "max"]


Taken: TypeAlias = Literal["best", "last"]
"""The epoch that a run's numbers are of."""


Task: TypeAlias = Literal["classification", "regression"]


class Status(StrEnum):
    """How far a run has come, or how it ended."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    """Ended by early stopping; a success."""
    DIVERGED = "diverged"
    """NaN or infinity in the loss, a gradient or a weight; a result, never the best one."""
    FAILED = "failed"
    TIMEOUT = "timeout"
    INTERRUPTED = "interrupted"

    @property
    def finished(self) -> bool:
        """Whether the run has its answer, so that `hpexp run` skips it."""
        return self in (Status.DONE, Status.STOPPED, Status.DIVERGED)

    @property
    def ranked(self) -> bool:
        """Whether the run may be called the best."""
        return self in (Status.DONE, Status.STOPPED)


FAILURES = (Status.FAILED, Status.TIMEOUT)
"""What `hpexp run` counts against `max_failures`, and ends with exit code 1 for."""


Part: TypeAlias = Literal["train", "validation", "test"]
"""One of the splits of the data."""
