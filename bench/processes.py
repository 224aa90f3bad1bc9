"""Run a command as a person would, and see from outside what it costs. Linux only."""

from __future__ import annotations

import ctypes
import os
import resource
import select
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

TICK_SECONDS = 0.1
_PAGE = os.sysconf("SC_PAGE_SIZE")
_CLOCK = os.sysconf("SC_CLK_TCK")
_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True, slots=True)
class Measured:
    """What one command cost. Times in seconds, memory in bytes.

    `peak_memory` is the largest sum of the resident sizes of all its processes (shared pages
    count once per process), `cpu` the processor time of all of them. `code` is `None` where
    the time limit ended it. `began` is in seconds since the epoch. `memory` holds, where asked
    for, samples of (seconds since the epoch, bytes) for each process, the command itself first.
    """

    wall: float
    cpu: float
    peak_memory: int
    code: int | None
    output: str
    began: float = 0.0
    memory: Mapping[int, list[tuple[float, int]]] = field(default_factory=dict)


def measure(
    command: Sequence[str],
    *,
    folder: Path,
    limit: float,
    environment: Mapping[str, str] | None = None,
    keep_samples: bool = False,
) -> Measured:
    """Run `command` in `folder` to its end, or for `limit` seconds; nothing it started is left alive."""
    _adopt_orphans()
    output = folder / "output.txt"
    cpu_before = _children_cpu()
    peak = 0
    cpu: dict[int, float] = {}
    samples: dict[int, list[tuple[float, int]]] = {}
    with output.open("wb") as sink:
        clock, began = time.time(), time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        ended = os.pidfd_open(process.pid)
        poll = select.poll()
        poll.register(ended, select.POLLIN)
        code: int | None = None
        while not poll.poll(TICK_SECONDS * 1000):
            now = time.perf_counter() - began
            total = 0
            for pid in _tree(os.getpid()):
                size, spent = _usage(pid)
                total += size
                cpu[pid] = max(spent, cpu.get(pid, 0.0))
                if keep_samples:
                    samples.setdefault(pid, []).append((clock + now, size))
            peak = max(peak, total)
            if now > limit:
                break
        else:
            code = 0
        wall = time.perf_counter() - began
        os.close(ended)
        if code is not None:
            code = process.wait()
        _end_tree()
        if code is None:
            process.wait()
    spent = max(_children_cpu() - cpu_before, sum(cpu.values()))
    return Measured(wall, spent, peak, code, _tail(output), clock, samples)


def wall_seconds(command: Sequence[str], *, folder: Path, limit: float) -> float:
    """Wall time alone, without sampling; raises CalledProcessError or TimeoutExpired."""
    began = time.perf_counter()
    subprocess.run(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=True,
        timeout=limit,
    )
    return time.perf_counter() - began


def _adopt_orphans() -> None:
    """Grandchildren whose parent ends become our children, so that they can be found."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _tree(root: int) -> list[int]:
    """All processes below `root`, which is not among them."""
    found: list[int] = []
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        for task in _names(Path(f"/proc/{pid}/task")):
            with suppress(OSError):
                below = [int(each) for each in Path(f"/proc/{pid}/task/{task}/children").read_text().split()]
                found += below
                waiting += below
    return found


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208
    except OSError:
        return []


def _usage(pid: int) -> tuple[int, float]:
    """Resident bytes and processor seconds of a process; zeros where it is gone."""
    try:
        # The name, in brackets, may hold spaces.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0, 0.0
    return int(fields[21]) * _PAGE, (int(fields[11]) + int(fields[12])) / _CLOCK


def _end_tree() -> None:
    for wanted in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + 5
        while (left := _tree(os.getpid())) and time.monotonic() < deadline:
            for pid in left:
                with suppress(OSError):
                    os.kill(pid, wanted)
                with suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)
            time.sleep(0.05)


def _tail(output: Path, characters: int = 4000) -> str:
    return output.read_text(errors="replace")[-characters:]
