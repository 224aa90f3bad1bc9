"""Stale entries are removed; nothing is ever stopped because of one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hpexp.board.registry import registry, remove_entries, stale_entries

pytestmark = pytest.mark.usefixtures("private_tmp")


def entry(pid: int) -> Path:
    registry().mkdir(exist_ok=True)
    path = registry() / f"pid-{pid}.info"
    path.write_text("{}")
    return path


@pytest.fixture
def dead() -> int:
    """The id of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_without_a_registry_there_is_nothing_stale() -> None:
    assert stale_entries() == []


def test_an_entry_of_a_dead_process_is_stale(dead: int) -> None:
    path = entry(dead)
    assert stale_entries() == [path]
    assert remove_entries([path]) == [path]
    assert not path.exists()


def test_a_process_id_given_to_an_innocent_process_makes_a_stale_entry_and_no_victim() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as innocent:
        path = entry(innocent.pid)
        assert remove_entries(stale_entries()) == [path]
        assert innocent.poll() is None
        assert innocent.stdin
        innocent.stdin.write(b"\n")


def test_an_entry_of_a_living_tensorboard_stays() -> None:
    command = [sys.executable, "-c", "input()"]
    # `bash -a tensorboard` would do too: what counts is the command line.
    with subprocess.Popen(
        ["tensorboard", *command[1:]], executable=sys.executable, stdin=subprocess.PIPE
    ) as it:
        path = entry(it.pid)
        assert stale_entries() == []
        assert remove_entries([path]) == []
        assert path.exists()
        assert it.stdin
        it.stdin.write(b"\n")


def test_entries_of_other_users_stay(dead: int, monkeypatch: pytest.MonkeyPatch) -> None:
    path = entry(dead)
    me = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: me + 1)
    assert stale_entries() == []
    assert remove_entries([path]) == []
    assert path.exists()


def test_links_folders_and_other_names_are_no_entries(dead: int, tmp_path: Path) -> None:
    real = tmp_path / "precious"
    real.write_text("x")
    registry().mkdir()
    (registry() / f"pid-{dead}.info").symlink_to(real)
    (registry() / f"pid-{dead}0.info").mkdir()
    (registry() / "notes.txt").write_text("x")
    assert stale_entries() == []


def test_only_entries_that_were_asked_for_are_removed(dead: int) -> None:
    path = entry(dead)
    assert remove_entries([path.with_name("pid-1.info")]) == []
    assert path.exists()
