"""The worker process: `python -m hpexp.execute.child JOBS_FD MESSAGES_FD TRAINER`.

It imports TensorFlow once, then trains the jobs that come through one pipe and sends
what happens through another. It belongs to the driver: when the driver is gone, the
job pipe closes and the worker ends, whatever it is doing.

TRAINER is the module whose `warm_up()` and `train_job(job, emit)` are called, which gives
back in what state the worker is:
`hpexp.train.worker`, or `hpexp.execute.fake` where TensorFlow is not wanted.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import queue
import signal
import sys
import threading
import time
from multiprocessing.connection import Connection

from hpexp.messages import Finished, Free, Job, Phase, Report, Started

FLUSH_SECONDS = 0.1


class Sender:
    """Collects messages and sends them in lists, at most `FLUSH_SECONDS` late.

    A `Phase`, and `Started` and `Finished` of a job with a single run, go out at once: if the
    process dies or hangs in the next instant, the driver must know what it was at.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._pid = os.getpid()
        self._pending: list[Report] = []
        self._lock = threading.Lock()
        self.at_once = True
        threading.Thread(target=self._flush_forever, daemon=True).start()

    def __call__(self, message: Report) -> None:
        if os.getpid() != self._pid:
            # A fork that own code made has come back here: there is one worker, and this is not it.
            os._exit(1)
        with self._lock:
            self._pending.append(message)
        if isinstance(message, Phase) or (self.at_once and isinstance(message, Started | Finished)):
            self.flush()

    def flush(self) -> None:
        with self._lock:
            if self._pending:
                self._connection.send(self._pending)
                self._pending = []

    def job_done(self, free: Free) -> None:
        """Tell the driver that this worker is free."""
        self.flush()
        with self._lock:
            self._connection.send(free)

    def _flush_forever(self) -> None:
        while True:
            time.sleep(FLUSH_SECONDS)
            try:
                self.flush()
            except OSError:
                print("the pipe to hpexp was closed", file=sys.__stderr__, flush=True)
                os._exit(1)


def _receive(connection: Connection, jobs: queue.SimpleQueue[Job]) -> None:
    while True:
        try:
            jobs.put(connection.recv())
        except (EOFError, OSError):
            os._exit(0)


def _close(*descriptors: int) -> None:
    for descriptor in descriptors:
        with contextlib.suppress(OSError):
            os.close(descriptor)


def main(jobs_fd: int, messages_fd: int, trainer: str) -> None:
    """Train jobs until the driver closes the job pipe."""
    # Ctrl-C reaches the whole terminal group; stopping is the driver's decision.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
    receiver = Connection(jobs_fd, writable=False)
    sender = Sender(Connection(messages_fd, readable=False))
    threading.Thread(target=_receive, args=(receiver, jobs), daemon=True).start()

    # A fork that outlives this process must not keep the driver from seeing it end.
    os.register_at_fork(after_in_child=lambda: _close(jobs_fd, messages_fd))
    training = importlib.import_module(trainer)
    training.warm_up()
    sender.job_done(Free())
    while True:
        job = jobs.get()
        sender.at_once = len(job.group.runs) == 1
        free = training.train_job(job, sender)
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):  # own code may have put anything there
                stream.flush()
        sender.job_done(free)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
