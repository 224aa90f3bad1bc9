"""Which runs of a job are in progress, what it is at, and whether that has used up its time."""

from __future__ import annotations

import time
from collections.abc import Callable

from hpexp.messages import EpochEnd, Finished, Job, Phase, Report, Started

TRAINING = Phase("training")
LINGER_SECONDS = 120.0
"""A worker whose runs have all ended and that is not free after so long is stuck."""


class JobClock:
    """Follows one job's messages, from the moment that a worker takes it.

    What comes before the first run, and between runs, may take `timeout` by each phase; a run
    may take it from its start to its end. Lanes of a compiled group share the clock, so runs
    that train side by side may take their limits added up. `idle_timeout` holds from each sign
    of life (a phase, a start, an epoch's end) to the next. `now` can be replaced in tests.
    """

    def __init__(self, job: Job, now: Callable[[], float] = time.monotonic) -> None:
        self.job = job
        self._limits = job.experiment.limits
        self._now = now
        self._started: dict[str, float] = {}
        self._finished: dict[str, float] = {}
        self._phase = Phase("starting")
        self._began = self._heard = now()

    def see(self, message: Report) -> None:
        now = self._now()
        match message:
            case Phase():
                self._phase, self._began = message, now
            case Started():
                self._phase, self._began = TRAINING, now
                self._started[message.run_id] = now
            case Finished():
                self._finished[message.run_id] = self._began = now
            case EpochEnd():
                pass
            case _:
                return
        self._heard = now

    @property
    def active(self) -> list[str]:
        """Runs that have started and not finished."""
        return [run_id for run_id in self._started if run_id not in self._finished]

    @property
    def unfinished(self) -> list[str]:
        return [run.id for run in self.job.group.runs if run.id not in self._finished]

    def seconds(self) -> float:
        """Time since the oldest active run started; since the job's phase began where none has."""
        return self._now() - min((self._started[run_id] for run_id in self.active), default=self._began)

    def expired(self) -> str | None:
        """Why the worker must be stopped now, or None."""
        silent = self._now() - self._heard
        if self.job.group.runs and not self.unfinished:
            return "it did not come to an end" if silent > LINGER_SECONDS else None
        limit, idle = self._limits.timeout, self._limits.idle_timeout
        if limit is not None and self.seconds() > limit * self._sharing():
            return f"timed out while {self._phase.text}: it took longer than the limit of {limit:g} s"
        if idle is not None and silent > idle:
            what = "no epoch ended" if self._phase == TRAINING else "no sign of life"
            return f"timed out while {self._phase.text}: {what} for {idle:g} s"
        return None

    def guilty(self) -> list[str]:
        """The runs that are known to be what time runs out for; none where it may be any of them."""
        unfinished, active = self.unfinished, self.active
        if self._phase.shared or len(unfinished) == 1:
            return unfinished
        return active if len(active) == 1 else []

    def _sharing(self) -> int:
        """Runs whose time is that of the oldest active one: it, and those that trained beside it."""
        active = self.active
        if not active:
            return 1
        oldest = min(self._started[run_id] for run_id in active)
        return sum(self._finished.get(run_id, oldest) >= oldest for run_id in self._started)
