"""A headless Chromium driven through its DevTools pipe: no driver program, no websocket."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-extensions", "--hide-scrollbars", "--force-color-profile=srgb",
)  # fmt: skip

# DevTools speaks through file descriptors 3 and 4.
LAUNCH = (
    "import os, sys; read, write = map(int, sys.argv[1:3]); os.dup2(read, 3); os.dup2(write, 4);"
    "os.execv(sys.argv[3], sys.argv[3:])"
)

TEXTS = """
(() => {
  const texts = [];
  const walk = node => {
    if (node.nodeType === Node.TEXT_NODE) { if (node.data.trim()) texts.push(node.data.trim()); return; }
    if (node.nodeName === 'STYLE' || node.nodeName === 'SCRIPT' || node.nodeName === 'TEMPLATE') return;
    if (node.nodeType === Node.ELEMENT_NODE && getComputedStyle(node).display === 'none') return;
    if (node.shadowRoot) { walk(node.shadowRoot); return; }
    const slotted = node.nodeName === 'SLOT' ? node.assignedNodes() : [];
    for (const child of slotted.length ? slotted : node.childNodes) walk(child);
  };
  if (document.body) walk(document.body);
  return texts;
})()
"""
"""What the page shows, in order, shadow roots included."""


class Page:
    """One tab of a Chromium of its own."""

    def __init__(self, profile: Path, width: int = 1280, height: int = 800) -> None:
        assert CHROMIUM is not None
        ours, theirs = _pipe(), _pipe()
        self._write, self._read = ours[1], theirs[0]
        command = [sys.executable, "-c", LAUNCH, str(ours[0]), str(theirs[1]), CHROMIUM, *FLAGS]
        self._process = subprocess.Popen(
            [*command, f"--user-data-dir={profile}", "--remote-debugging-pipe", "about:blank"],
            pass_fds=(ours[0], theirs[1]),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(ours[0])
        os.close(theirs[1])
        self._buffer = b""
        self._number = 0
        self._session: str | None = None
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def __enter__(self) -> Page:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._write)
        os.close(self._read)

    def open(self, url: str) -> None:
        self._call("Page.navigate", url=url)

    def evaluate(self, script: str) -> Any:
        """The value of a JavaScript expression, awaited."""
        found = self._call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def texts(self) -> list[str]:
        """The texts that the page shows, in order."""
        return list(self.evaluate(TEXTS) or [])

    def wait_for(self, *words: str, seconds: float = 60) -> list[str]:
        """The page's texts once each of `words` is part of one of them."""
        until = time.monotonic() + seconds
        while True:
            texts = self.texts()
            missing = [word for word in words if not any(word in text for text in texts)]
            if not missing:
                return texts
            assert time.monotonic() < until, f"the page does not show {missing}: {texts}"
            time.sleep(0.2)

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self._call("Page.captureScreenshot", format="png")["data"]))

    def _call(self, method: str, *, deadline: float = 60, **params: Any) -> dict[str, Any]:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + deadline
        while True:
            answer = self._receive(until)
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return dict(answer["result"])

    def _receive(self, until: float) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], max(0.0, until - time.monotonic()))
            assert ready, "Chromium does not answer"
            read = os.read(self._read, 1 << 20)
            assert read, "Chromium has ended"
            self._buffer += read
        line, self._buffer = self._buffer.split(b"\0", 1)
        return dict(json.loads(line))


def _pipe() -> tuple[int, int]:
    """A pipe whose ends are clear of 3 and 4."""
    ends = os.pipe()
    moved = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends)
    for end in ends:
        os.close(end)
    return moved[0], moved[1]
