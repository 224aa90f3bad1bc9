"""Real TensorBoard servers, and logs for them to show."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

from hpexp.events import encode
from hpexp.events.file import EventFile

WITHOUT_TENSORFLOW = """
import sys, types
sys.modules["tensorboard.compat.notf"] = types.ModuleType("tensorboard.compat.notf")
"""
"""TensorBoard's own switch, as `sitecustomize.py`: a server by hand starts in two seconds, not eight."""


def write_run(folder: Path, epochs: int = 3) -> Path:
    """The event files of a run, as hpexp writes them."""
    for part in ("train", "validation"):
        file = EventFile(folder / part, 1e9)
        for epoch in range(epochs):
            file.add(encode.scalars(1e9 + epoch, epoch, {"epoch_loss": 1 / (epoch + 1)}))
        file.flush()
    return folder


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def by_hand(tmp: Path, *flags: str, cwd: Path | None = None) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """`python -m tensorboard.main FLAG…`, once it answers; with its URL."""
    site = tmp / "site"
    site.mkdir(exist_ok=True)
    (site / "sitecustomize.py").write_text(WITHOUT_TENSORFLOW)
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "tensorboard.main", *flags, "--host=127.0.0.1", f"--port={port}"],
        env={**os.environ, "PYTHONPATH": str(site)},
        cwd=cwd,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}/"
    try:
        until(lambda: answers(url))
        yield process, url
    finally:
        process.kill()
        process.wait()


def answers(url: str) -> bool:
    try:
        get(url, "data/environment")
    except HTTPError:
        return True  # all of it lies behind a path prefix
    except OSError:
        return False
    return True


def get(url: str, what: str) -> Any:
    """JSON from TensorBoard's HTTP interface."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url + what, timeout=10) as response:
        return json.load(response)


def shown_runs(url: str) -> list[str]:
    """The runs that a TensorBoard shows, sorted."""
    return sorted(get(url, "data/runs"))


def until(true: Callable[[], bool], *, seconds: float = 60.0) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not so within {seconds:g} s"
        time.sleep(0.05)
