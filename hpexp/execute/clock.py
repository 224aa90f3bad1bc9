"""Which runs of a job are in progress, and whether one has used up its time."""

from __future__ import annotations

import time
from collections.abc import Callable

from hpexp.messages import EpochEnd, Finished, Job, Message, Started


class JobClock:
    """Follows one job's messages.

    Lanes of a compiled group share the clock, so a group may take its runs' limits
    added up; what has not finished by then has timed out. `now` can be replaced in tests.
    """

    def __init__(self, job: Job, now: Callable[[], float] = time.monotonic) -> None:
        self.job = job
        self._limits = job.experiment.limits
        self._now = now
        self._started: dict[str, float] = {}
        self._finished: set[str] = set()
        self._last_epoch = now()

    def see(self, message: Message) -> None:
        if isinstance(message, Started):
            self._started[message.run_id] = self._last_epoch = self._now()
        elif isinstance(message, EpochEnd):
            self._last_epoch = self._now()
        elif isinstance(message, Finished):
            self._finished.add(message.run_id)

    @property
    def active(self) -> list[str]:
        """Runs that have started and not finished."""
        return [run_id for run_id in self._started if run_id not in self._finished]

    @property
    def unstarted(self) -> list[str]:
        return [run.id for run in self.job.group.runs if run.id not in self._started]

    @property
    def unfinished(self) -> list[str]:
        return [run.id for run in self.job.group.runs if run.id not in self._finished]

    def seconds(self) -> float:
        """Time since the oldest active run started."""
        return max((self._now() - self._started[run_id] for run_id in self.active), default=0.0)

    def expired(self) -> str | None:
        """Why the active runs must be stopped now, or None."""
        active = self.active
        if not active:
            return None
        limit = self._limits.timeout
        if limit is not None and self.seconds() > limit * len(active):
            return f"took longer than the limit of {limit:g} s"
        idle = self._limits.idle_timeout
        if idle is not None and self._now() - self._last_epoch > idle:
            return f"no epoch ended for {idle:g} s"
        return None
