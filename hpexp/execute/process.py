"""One worker process, seen from the driver."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from multiprocessing.connection import Connection, Pipe

from hpexp.execute import temporary
from hpexp.messages import Job, Message

TAIL_BYTES = 8000


class WorkerProcess:
    """A child process with a pipe each way and a nameless file that takes all it prints.

    The file holds what native code prints too, which is what is left to read after a crash.
    """

    def __init__(self, trainer: str) -> None:
        jobs_out, self._jobs = Pipe(duplex=False)
        self.messages, messages_in = Pipe(duplex=False)
        self.free = False
        """Whether it waits for a job; False until TensorFlow is imported."""
        self.ready = False
        self.job: Job | None = None
        self._tail = b""
        fds = (jobs_out.fileno(), messages_in.fileno())
        full = temporary.is_full()
        self._output = temporary.output_file(full=full)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "hpexp.execute.child", *map(str, fds), trainer],
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            env=temporary.environment(full=full),
            pass_fds=fds,
            start_new_session=True,
        )
        jobs_out.close()
        messages_in.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, job: Job) -> None:
        """Give the worker a job; it may be dead already, which reading will show."""
        self.job, self.free = job, False
        with contextlib.suppress(OSError):
            self._jobs.send(job)

    def receive(self) -> list[Message] | None:
        """Read what is waiting; None when the worker has become free.

        Raises:
            EOFError: the worker is gone.
        """
        try:
            received: list[Message] | None = self.messages.recv()
        except OSError as error:
            raise EOFError from error
        if received is None:
            self.free = self.ready = True
            self.job = None
        return received

    def memory(self) -> int:
        """Resident bytes; 0 when it is gone."""
        import psutil

        try:
            return int(psutil.Process(self.pid).memory_info().rss)
        except psutil.Error:
            return 0

    def kill(self) -> None:
        """End it and everything it started, without asking."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self.wait()

    def wait(self) -> str:
        """Reap it; returns in words how it ended."""
        code = self._process.wait()
        for connection in (self._jobs, self.messages):
            with contextlib.suppress(OSError):
                connection.close()
        if not self._output.closed:
            self._tail = self._last_bytes()
            self._output.close()
        return describe_exit(code)

    def tail(self) -> str:
        """The last part of what it printed."""
        return (self._tail if self._output.closed else self._last_bytes()).decode(errors="replace")

    def _last_bytes(self) -> bytes:
        descriptor = self._output.fileno()
        return os.pread(descriptor, TAIL_BYTES, max(0, os.fstat(descriptor).st_size - TAIL_BYTES))


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


def wait_for(workers: list[WorkerProcess], timeout: float) -> list[WorkerProcess]:
    """The workers that have something to say, or have died, within `timeout` seconds."""
    from multiprocessing.connection import wait

    by_connection: dict[Connection, WorkerProcess] = {w.messages: w for w in workers}
    ready = wait(list(by_connection), timeout)
    return [by_connection[connection] for connection in ready if isinstance(connection, Connection)]
