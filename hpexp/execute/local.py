"""Train in worker processes on this machine.

A worker imports TensorFlow once and is used for job after job. What a run does to its
process (a crash, `os._exit`, a hang, a leak) ends that process at most: its run fails,
and a new worker takes over the rest.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from dataclasses import replace

from hpexp.errors import HpexpError
from hpexp.execute.clock import JobClock
from hpexp.execute.process import Inbox, Received, WorkerProcess
from hpexp.messages import DataWrong, Finished, Free, Job, LogText, Message, Phase, Started
from hpexp.model import Group, Result, Status

TICK_SECONDS = 0.25
GROWTH_BYTES = 300 * 2**20
"""A worker that grew by more than this since its first job is replaced."""
MAX_EARLY_DEATHS = 2
"""Workers that die while starting, in a row, before giving up: the installation is broken."""


class LocalBackend:
    """Worker processes on this machine, one until `resize` allows more."""

    def __init__(self, trainer: str = "hpexp.train.worker") -> None:
        self._size = 1
        self._trainer = trainer
        self._jobs: deque[Job] = deque()
        self._inbox = Inbox()
        self._workers: list[WorkerProcess] = []
        self._clocks: dict[int, JobClock] = {}
        self._baseline: dict[int, int] = {}
        self._notes: dict[str, str] = {}
        """Run id -> what its log begins with: a log is cleared where a run starts again."""
        self._early_deaths = 0

    def submit(self, job: Job) -> None:
        self._jobs.append(job)
        self._start_workers()

    def warm(self, workers: int = 1) -> None:
        while len(self._workers) < workers:
            self._start_worker()

    def resize(self, workers: int) -> None:
        """Use so many workers, which share the machine's cores; before the first job."""
        self._size = workers

    def messages(self) -> Iterator[Message | None]:
        while self._jobs or self._clocks:
            self._start_workers()
            self._hand_out()
            taken = self._inbox.take(TICK_SECONDS)
            for worker, received in taken:
                if worker in self._workers:
                    yield from self._read(worker, received)
            if not taken:
                for worker in [each for each in self._workers if each.lost()]:
                    yield from self._lost(worker)
            yield from self._enforce_limits()
            if not taken:
                yield None

    def cancel(self, run_id: str) -> list[str]:
        for worker in list(self._workers):
            clock = self._clocks.get(worker.pid)
            if clock and run_id in clock.unfinished:
                del self._clocks[worker.pid]
                self._remove(worker)
                return clock.unfinished
        return []

    def close(self) -> None:
        self._jobs.clear()
        self._clocks.clear()
        self._inbox.close()
        for worker in self._workers:
            worker.kill()
        self._workers.clear()
        # Another experiment may follow one that was given up.
        self._inbox = Inbox()

    def _start_workers(self) -> None:
        """As many as there are jobs, within the size."""
        while self._jobs and len(self._workers) < min(self._size, len(self._jobs) + len(self._clocks)):
            self._start_worker()

    def _start_worker(self) -> None:
        self._workers.append(WorkerProcess(self._trainer, self._inbox))

    def _hand_out(self) -> None:
        for worker in list(self._workers):
            if not self._jobs:
                return
            if worker.free:
                if self._grown(worker) or worker.only_for not in ("", self._jobs[0].experiment.name):
                    self._remove(worker)
                    continue
                job = self._jobs.popleft()
                job = replace(job, threads=job.threads or max(1, (os.cpu_count() or 1) // self._size))
                self._clocks[worker.pid] = JobClock(job)
                worker.send(job)

    def _grown(self, worker: WorkerProcess) -> bool:
        memory = worker.memory()
        if worker.pid not in self._baseline:
            self._baseline[worker.pid] = 0
            return False
        # The first job loads data and warms TensorFlow up; growth is counted after it.
        first = self._baseline[worker.pid] = self._baseline[worker.pid] or memory
        return memory - first > GROWTH_BYTES

    def _read(self, worker: WorkerProcess, received: Received) -> Iterator[Message]:
        if received is None:
            yield from self._lost(worker)
            return
        if isinstance(received, Free):
            worker.freed(received)
            self._early_deaths = 0
            clock = self._clocks.pop(worker.pid, None)
            if received.soiled:
                self._remove(worker)
            if clock and received.soiled and len(clock.job.group.runs) > 1:
                self._one_by_one(clock, f"own code had changed {received.soiled}; this run is trained alone")
            elif clock:
                yield from _fail(clock.unfinished, "the worker ended the job without a result")
            return
        clock = self._clocks[worker.pid]
        for message in received:
            clock.see(message)
            if isinstance(message, Phase):
                continue
            yield message
            if isinstance(message, Started) and message.run_id in self._notes:
                yield LogText(message.run_id, self._notes.pop(message.run_id))

    def _lost(self, worker: WorkerProcess) -> Iterator[Message]:
        """A worker died: its active runs failed, the others of its job are trained again."""
        how = worker.wait()
        tail = worker.tail()
        clock = self._clocks.pop(worker.pid, None)
        self._remove(worker)
        if not worker.ready:
            self._early_deaths += 1
            if self._early_deaths >= MAX_EARLY_DEATHS:
                raise HpexpError(
                    f"workers cannot start ({how}):\n{tail.strip()[-2000:]}",
                    hint="`hpexp doctor` checks the installation",
                )
            return
        if clock is None:
            return
        if len(clock.job.group.runs) > 1:
            why = f"the worker died ({how}); this run is trained alone"
            self._one_by_one(clock, why)
            return
        # A single run: whether it had started or not, it is what the worker died of.
        yield from _fail(clock.unfinished, f"the worker died: {how}", tail)

    def _one_by_one(self, clock: JobClock, why: str) -> None:
        unfinished = set(clock.unfinished)
        for run in clock.job.group.runs:
            if run.id in unfinished:
                self._notes[run.id] = why + "\n"
                self._jobs.append(replace(clock.job, group=Group(clock.job.group.id, "fit", (run,))))

    def _enforce_limits(self) -> Iterator[Message]:
        for worker in list(self._workers):
            clock = self._clocks.get(worker.pid)
            why = clock.expired() if clock else None
            if clock and why:
                worker.kill()
                tail = worker.tail()
                del self._clocks[worker.pid]
                self._remove(worker)
                yield from self._timed_out(clock, why, tail)

    def _timed_out(self, clock: JobClock, why: str, tail: str) -> Iterator[Message]:
        """The guilty runs have ended. Where it may be any of them, each is tried alone."""
        if not clock.job.group.runs:
            yield DataWrong("", why, hint="give it more time, or load less")
            return
        guilty = clock.guilty()
        for run_id in guilty:
            if tail:
                yield LogText(run_id, tail)
            yield Finished(run_id, Result(Status.TIMEOUT, error=why, seconds=clock.seconds()))
        waiting = set(clock.unfinished) - set(guilty)
        if not guilty:
            self._one_by_one(clock, f"{why}, with {len(waiting)} runs together; this run is trained alone")
        elif waiting:
            rest = tuple(run for run in clock.job.group.runs if run.id in waiting)
            self._jobs.append(replace(clock.job, group=replace(clock.job.group, runs=rest)))

    def _remove(self, worker: WorkerProcess) -> None:
        worker.kill()
        self._workers.remove(worker)
        self._baseline.pop(worker.pid, None)


def _fail(run_ids: list[str], error: str, output: str = "") -> Iterator[Message]:
    for run_id in run_ids:
        if output:
            yield LogText(run_id, output)
        yield Finished(run_id, Result(Status.FAILED, error=error))
