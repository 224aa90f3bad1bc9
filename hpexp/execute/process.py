"""One worker process, seen from the driver."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from multiprocessing.connection import Pipe
from typing import TYPE_CHECKING, TypeAlias

from hpexp.execute import temporary
from hpexp.fixed import worker_environment
from hpexp.messages import Free, Job, Report

if TYPE_CHECKING:
    import psutil

TAIL_BYTES = 8000
GRACE_SECONDS = 2.0
"""How long a worker whose pipe has closed may take to end, and what a dead one said to arrive."""
MOST_WAITING = 1024
"""Lists of messages that wait for the driver; then the pipes fill up, and workers wait."""

Received: TypeAlias = list[Report] | Free | None
"""What a worker sends; `None` once it is gone."""


class Inbox:
    """What all workers send, in one queue.

    Each has a thread that reads its pipe: the driver never waits for a worker that stopped in
    the middle of a message.
    """

    def __init__(self) -> None:
        self._queue: queue.Queue[tuple[WorkerProcess, Received]] = queue.Queue(MOST_WAITING)
        self._closed = False

    def close(self) -> None:
        """Forget what comes from now on."""
        self._closed = True

    def put(self, worker: WorkerProcess, received: Received) -> None:
        while not self._closed:
            with contextlib.suppress(queue.Full):
                self._queue.put((worker, received), timeout=GRACE_SECONDS)
                return

    def take(self, timeout: float) -> list[tuple[WorkerProcess, Received]]:
        """All that is there; waits for something to come, up to `timeout` seconds."""
        try:
            taken = [self._queue.get(timeout=timeout)]
        except queue.Empty:
            return []
        for _ in range(self._queue.qsize()):
            taken.append(self._queue.get_nowait())
        return taken


class WorkerProcess:
    """A child process with a pipe each way and a nameless file that takes all it prints.

    The file holds what native code prints too, which is what is left to read after a crash.
    """

    def __init__(self, trainer: str, inbox: Inbox) -> None:
        jobs_out, self._jobs = Pipe(duplex=False)
        self._messages, messages_in = Pipe(duplex=False)
        self.free = False
        """Whether it waits for a job; False until TensorFlow is imported."""
        self.ready = False
        self.only_for = ""
        """The experiment whose modules or data have changed it, which may use it alone."""
        self.job: Job | None = None
        self._tail = b""
        self._job_began = 0
        """What had been printed when the last job came, in bytes."""
        self._died: float | None = None
        fds = (jobs_out.fileno(), messages_in.fileno())
        full = temporary.is_full()
        self._output = temporary.output_file(full=full)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "hpexp.execute.child", *map(str, fds), trainer],
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            env=worker_environment(temporary.environment(full=full) or os.environ),
            pass_fds=fds,
            start_new_session=True,
        )
        jobs_out.close()
        messages_in.close()
        self._reader = threading.Thread(target=self._read, args=(inbox,), daemon=True)
        self._reader.start()
        self._writer: threading.Thread | None = None

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, job: Job) -> None:
        """Give the worker a job, without waiting for it; it may be dead already, which reading will show."""
        self.job, self.free = job, False
        self._job_began = os.fstat(self._output.fileno()).st_size
        self._writer = threading.Thread(target=self._write, args=(job,), daemon=True)
        self._writer.start()

    def _write(self, job: Job) -> None:
        with contextlib.suppress(OSError):
            self._jobs.send(job)

    def _read(self, inbox: Inbox) -> None:
        while True:
            try:
                received: Received = self._messages.recv()
            except Exception:  # own code may have closed the pipe, or written into it
                received = None
            inbox.put(self, received)
            if received is None:
                return

    def freed(self, how: Free) -> None:
        """Take note that it waits for a job now."""
        self.free = self.ready = True
        self.only_for = how.only_for
        self.job = None

    def lost(self) -> bool:
        """Whether it died without closing its pipe, which a process that it left behind holds."""
        if self._process.poll() is None:
            return False
        self._died = self._died or time.monotonic()
        return time.monotonic() - self._died > GRACE_SECONDS

    def memory(self) -> int:
        """Resident bytes; 0 when it is gone."""
        import psutil

        try:
            return int(psutil.Process(self.pid).memory_info().rss)
        except psutil.Error:
            return 0

    def kill(self) -> None:
        """End it and everything it started, also what is stopped, without asking."""
        below = self._descendants()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        for process in below:
            with contextlib.suppress(OSError):
                process.kill()
        self._reap()

    def wait(self) -> str:
        """Reap one whose pipe has closed; returns in words how it ended."""
        try:
            self._process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            return "it closed the pipe to its driver"
        return self._reap()

    def _reap(self) -> str:
        code = self._process.wait()
        for thread, connection in ((self._writer, self._jobs), (self._reader, self._messages)):
            if thread is not None and thread is not threading.current_thread():
                thread.join(GRACE_SECONDS)
            # A process left behind may hold the other end; then the thread still reads this one.
            if thread is None or not thread.is_alive():
                with contextlib.suppress(OSError):
                    connection.close()
        if not self._output.closed:
            self._tail = self._last_bytes()
            self._output.close()
        return describe_exit(code)

    def _descendants(self) -> list[psutil.Process]:
        """What it started, also in sessions of their own; nothing where it is gone."""
        import psutil

        if self._process.poll() is not None:
            return []
        try:
            return psutil.Process(self.pid).children(recursive=True)
        except psutil.Error:
            return []

    def tail(self) -> str:
        """The last part of what it printed in its last job."""
        return (self._tail if self._output.closed else self._last_bytes()).decode(errors="replace")

    def _last_bytes(self) -> bytes:
        descriptor = self._output.fileno()
        first = max(self._job_began, os.fstat(descriptor).st_size - TAIL_BYTES)
        return os.pread(descriptor, TAIL_BYTES, first)


def describe_exit(code: int) -> str:
    """Say how a process ended: `exit code 3`, `signal 9 (SIGKILL), often a lack of memory`."""
    if code >= 0:
        return f"exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = "unknown"
    often = {"SIGKILL": ", often a lack of memory", "SIGSEGV": ", a crash in native code"}.get(name, "")
    return f"signal {-code} ({name}){often}"
