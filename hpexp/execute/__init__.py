"""Backends that carry jobs to training and bring its messages back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from hpexp.messages import Job, Message


class Backend(Protocol):
    """Where jobs are trained.

    Jobs are taken in the order they are submitted; more may be submitted while
    `messages` is being read. Every run of every submitted job gets exactly one
    `Finished`, also when its worker dies, unless its data are wrong or the backend is
    closed first.
    """

    def resize(self, workers: int) -> None:
        """Train so many jobs at a time; called before the first job."""

    def warm(self, workers: int = 1) -> None:
        """Start so many workers before there is a job for each: importing TensorFlow takes its time."""

    def submit(self, job: Job) -> None:
        """Queue a job."""

    def messages(self) -> Iterator[Message | None]:
        """Yield messages as they arrive until all submitted jobs have ended.

        `None` comes now and then while nothing else does, so that the caller may act.
        """

    def cancel(self, run_id: str) -> list[str]:
        """Abandon the job that this run is trained in now: no `Finished` need come for its runs.

        Returns the ids of those that had not ended: the job may be what was left of one that was submitted.
        """

    def close(self) -> None:
        """Stop at once; runs in progress are abandoned. Harmless when called twice."""
