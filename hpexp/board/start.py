"""Starting a TensorBoard process and waiting until it answers."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from hpexp.board.answer import shown_logdir
from hpexp.board.command_line import CHILD
from hpexp.board.ports import usable_ports
from hpexp.board.servers import Server, identify
from hpexp.board.stop import stop
from hpexp.errors import BoardError

START_DEADLINE = 60.0
LOOPBACK = "127.0.0.1"
_POLL = 0.03
_ATTEMPTS = 5
_SHOWN_LINES = 15
_SHOWN_BYTES = 1 << 14


@dataclass(frozen=True, slots=True)
class Asked:
    """How to serve. `port` None takes the next free one from 6006 on, 0 any."""

    logdir: Path
    host: str = LOOPBACK
    port: int | None = None
    reload_interval: float | None = None
    """Seconds between looks for new data; None leaves it to TensorBoard (5), 0 is once."""


@dataclass
class Child:
    """A TensorBoard that this process started. `server` says where it answers."""

    server: Server
    process: subprocess.Popen[bytes]
    output: IO[bytes]
    last_words: str = ""
    """The end of what it printed, once it has been stopped."""

    def wait(self) -> int:
        """Wait until it ends by itself; returns its exit code."""
        return self.process.wait()

    def stop(self) -> None:
        """End it and its data server, if they still run."""
        stop([self.server])
        self.last_words = _finish(self.process, self.output)

    def leave(self) -> None:
        """Let it run on after this process."""
        self.output.close()


def start(asked: Asked, *, tethered: bool = True, deadline: float = START_DEADLINE) -> Child:
    """Start TensorBoard in a process session of its own; returns once it answers.

    A tethered one ends when this process does, however that ends. `deadline` is in seconds.

    Raises:
        BoardError: the port is taken, TensorBoard ended or did not answer in time; with what
            it printed.
        UsageError: this machine has no such address or port.
    """
    until = time.monotonic() + deadline
    ports = usable_ports(asked.host, asked.port)
    for attempt in range(_ATTEMPTS):
        port = next(ports)
        process, output = _spawn(asked, port, tethered=tethered)
        try:
            if _answers(process, _url(asked.host, port), str(asked.logdir), until):
                server = identify(process.pid)
                if server is not None:
                    return Child(server, process, output)
        except BaseException:
            _finish(process, output)
            raise
        died = process.poll() is not None
        words = _finish(process, output)
        # Someone may take the port between our look and TensorBoard's.
        if died and "already in use" in words and asked.port is None and attempt + 1 < _ATTEMPTS:
            continue
        reason = f"ended with exit code {process.returncode}" if died else f"did not answer in {deadline:g} s"
        raise BoardError(f"TensorBoard {reason}; it printed:\n{words}" if words else f"TensorBoard {reason}")
    raise AssertionError("the last attempt returns or raises")


def _spawn(asked: Asked, port: int, *, tethered: bool) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
    # -P keeps a file such as html.py in the person's folder from shadowing a module.
    command = [sys.executable, "-P", "-m", CHILD]
    if tethered:
        command.append("--tethered")
    command += ["--logdir", str(asked.logdir), "--host", asked.host, "--port", str(port)]
    if asked.reload_interval is not None:
        command += ["--reload_interval", f"{asked.reload_interval:g}"]
    output = tempfile.TemporaryFile()  # noqa: SIM115 - `_finish` closes it
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE if tethered else subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    return process, output


def _answers(process: subprocess.Popen[bytes], url: str, logdir: str, until: float) -> bool:
    """Wait until the process answers at `url`; False when it ended or `until` has passed."""
    while process.poll() is None and time.monotonic() < until:
        shown = shown_logdir(url, timeout=2.0)
        if shown is not None and os.path.realpath(shown) == os.path.realpath(logdir):
            return True
        time.sleep(_POLL)
    return False


def _finish(process: subprocess.Popen[bytes], output: IO[bytes]) -> str:
    """End the process if it still runs and return its last words.

    The data server of one that never served sees its own input close.
    """
    process.kill()
    process.wait()
    if process.stdin:
        process.stdin.close()
    with output:
        return _tail(output)


def _url(host: str, port: int) -> str:
    dialled = {"0.0.0.0": LOOPBACK, "::": "::1"}.get(host, host)
    return f"http://[{dialled}]:{port}/" if ":" in dialled else f"http://{dialled}:{port}/"


def _tail(output: IO[bytes]) -> str:
    """The last lines printed. `pread` leaves alone the file position that the child shares."""
    size = os.fstat(output.fileno()).st_size
    text = os.pread(output.fileno(), _SHOWN_BYTES, max(0, size - _SHOWN_BYTES)).decode(errors="replace")
    return "\n".join([line for line in text.splitlines() if line.strip()][-_SHOWN_LINES:])
