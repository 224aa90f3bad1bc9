"""One worker process, seen from the driver."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from multiprocessing.connection import Connection, Pipe
from pathlib import Path

from hpexp.messages import Job, Message

TAIL_BYTES = 8000


class WorkerProcess:
    """A child process with a pipe each way and a file that takes all it prints.

    `output` is the file; it holds what native code prints too, which is what is left
    to read after a crash.
    """

    def __init__(self, output: Path, trainer: str, env: dict[str, str] | None = None) -> None:
        output.parent.mkdir(parents=True, exist_ok=True)
        jobs_out, self._jobs = Pipe(duplex=False)
        self.messages, messages_in = Pipe(duplex=False)
        self.output = output
        self.started = time.monotonic()
        self.free = False
        """Whether it waits for a job; False until TensorFlow is imported."""
        self.ready = False
        self.job: Job | None = None
        fds = (jobs_out.fileno(), messages_in.fileno())
        with output.open("wb") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "hpexp.execute.child", *map(str, fds), trainer],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                pass_fds=fds,
                env={**os.environ, **(env or {})},
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

    def retire(self) -> None:
        """Let it end by itself: it has no job and gets no more."""
        self._jobs.close()
        self.kill()

    def wait(self) -> str:
        """Reap it; returns in words how it ended."""
        code = self._process.wait()
        for connection in (self._jobs, self.messages):
            with contextlib.suppress(OSError):
                connection.close()
        return describe_exit(code)

    def tail(self) -> str:
        """The last part of what it printed."""
        try:
            with self.output.open("rb") as file:
                file.seek(0, os.SEEK_END)
                file.seek(max(0, file.tell() - TAIL_BYTES))
                return file.read().decode(errors="replace")
        except OSError:
            return ""


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
