from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from hpexp.board.answer import shown_logdir
from tests.boards import free_port


class Other(BaseHTTPRequestHandler):
    """A server that is not TensorBoard; the path's first part is what it says."""

    answers = {"json": b"{}", "list": b"[]", "text": b"hello"}  # noqa: RUF012

    def do_GET(self) -> None:
        kind = self.path.split("/")[1]
        self.send_response(200 if kind in self.answers else 404)
        self.end_headers()
        self.wfile.write(self.answers.get(kind, b""))

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def other() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Other) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("kind", ["json", "list", "text", "missing"])
def test_another_server_is_no_tensorboard(kind: str, other: str) -> None:
    assert shown_logdir(f"{other}{kind}/") is None


def test_nobody_answers() -> None:
    assert shown_logdir(f"http://127.0.0.1:{free_port()}/") is None
