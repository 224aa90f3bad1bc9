"""A real TensorBoard that has read its logs, asked through its HTTP interface."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hpexp.board.start import Asked, start


@dataclass(frozen=True)
class Served:
    """A TensorBoard at `url`, which ends with a slash."""

    url: str

    def ask(self, path: str, **question: Any) -> Any:
        """Its answer, from JSON; a question makes it a POST."""
        return json.loads(self.get(path, json.dumps(question).encode() if question else None))

    def get(self, path: str, data: bytes | None = None) -> bytes:
        """Its answer as it is."""
        request = urllib.request.Request(f"{self.url}data/{path}", data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return bytes(answer.read())


@contextmanager
def tensorboard(folder: Path, curves: int, reload_interval: float | None = None) -> Iterator[Served]:
    """A TensorBoard on `folder`, once it shows so many runs with scalars."""
    board = start(Asked(folder, port=0, reload_interval=reload_interval))
    try:
        assert board.server.url is not None
        served = Served(board.server.url)
        until = time.monotonic() + 60
        while len(served.ask("plugin/scalars/tags")) < curves:
            assert time.monotonic() < until, served.ask("runs")
            time.sleep(0.1)
        yield served
    finally:
        board.stop()
