from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator

import pytest

from hpexp.board import ports
from hpexp.board.ports import addresses, usable_ports
from hpexp.errors import BoardError, UsageError


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which this process listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_port_asked_for_that_is_taken_names_its_holder(taken: int) -> None:
    with pytest.raises(
        BoardError, match=re.escape(f"port {taken} is taken by process {os.getpid()} (")
    ) as caught:
        next(usable_ports("127.0.0.1", taken))
    assert "next free one" in (caught.value.hint or "")


def test_without_a_wish_the_next_free_port(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "DEFAULT_PORT", taken)
    found = next(usable_ports("127.0.0.1", None))
    assert taken < found < taken + 100


def test_no_free_port_at_all(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "DEFAULT_PORT", taken)
    monkeypatch.setattr(ports, "_TRIED", 1)
    with pytest.raises(BoardError, match=f"ports {taken} to {taken} are all taken"):
        next(usable_ports("127.0.0.1", None))


def test_port_zero_is_any() -> None:
    assert next(usable_ports("127.0.0.1", 0)) > 1023


@pytest.mark.parametrize("port", [-1, 65536])
def test_numbers_that_are_no_port(port: int) -> None:
    with pytest.raises(UsageError, match="0 to 65535"):
        next(usable_ports("127.0.0.1", port))


@pytest.mark.parametrize("host", ["203.0.113.7", "no.such.host.invalid"])
def test_an_address_that_is_not_this_machines(host: str) -> None:
    with pytest.raises(UsageError, match=f"--host {host}: cannot serve there"):
        next(usable_ports(host, 0))


def test_a_holder_that_cannot_be_seen(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    import psutil

    def hidden(kind: str) -> None:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil, "net_connections", hidden)
    with pytest.raises(BoardError, match=f"port {taken} is taken by another process$"):
        next(usable_ports("127.0.0.1", taken))


def test_names_stand_for_addresses() -> None:
    assert "127.0.0.1" in addresses("127.0.0.1")
    assert addresses("no.such.host.invalid") == frozenset()
