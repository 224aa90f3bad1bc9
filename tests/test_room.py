from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from hpexp.anchor import Anchor
from hpexp.errors import NoSpaceError
from hpexp.paths import LogsFolder
from hpexp.progress import QuietView
from hpexp.reserve import Reserve
from hpexp.room import Room
from hpexp.store import Store


class FullStore(Store):
    """A store whose next commits find the disk full."""

    def __init__(self, commits: int) -> None:
        self.commits = commits
        self.tried = 0

    def commit(self) -> None:
        self.tried += 1
        if self.tried <= self.commits:
            raise NoSpaceError("logs/runs.db: no space left on device")

    def shrink(self) -> None:
        pass

    @property
    def unstored(self) -> Sequence[tuple[str, str]]:
        return [("toy", f"{number:012x}") for number in range(7)]


NAMES = {f"{number:012x}": f"seed={number}" for number in range(7)}


@pytest.fixture
def said() -> StringIO:
    return StringIO()


def room(tmp_path: Path, store: Store, said: StringIO) -> Room:
    logs = LogsFolder(tmp_path)
    logs.internal.mkdir()
    return Room(logs, store, Reserve(logs), QuietView(Console(file=said, width=200)), Anchor(logs))


def test_a_commit_that_fits_with_the_reserve_is_a_commit(tmp_path: Path, said: StringIO) -> None:
    store = FullStore(1)
    it = room(tmp_path, store, said)
    assert it.commit()
    assert said.getvalue() == (
        f"no space left on device: free space in {tmp_path}; runs that end without it fail\n"
    )


def test_a_full_disk_is_told_once(tmp_path: Path, said: StringIO) -> None:
    it = room(tmp_path, FullStore(100), said)
    for _ in range(3):
        assert not it.commit()
    assert said.getvalue().count("\n") == 1


def test_the_next_try_has_to_wait(tmp_path: Path, said: StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hpexp.reserve.nothing_fits", lambda folder: True)
    now = 100.0
    monkeypatch.setattr("hpexp.room.time.monotonic", lambda: now)
    store = FullStore(100)
    it = room(tmp_path, store, said)
    it.tick()
    it.tick()
    assert store.tried == 2, "once, and once more with the reserve"
    now += 3
    it.tick()
    assert store.tried == 4


def test_space_that_comes_back_is_told_and_used(tmp_path: Path, said: StringIO) -> None:
    store = FullStore(2)
    it = room(tmp_path, store, said)
    it.tick()
    it.tick()
    assert said.getvalue().endswith(f"there is space again in {tmp_path}\n")
    assert store.tried == 3


def test_at_the_end_the_runs_that_are_not_stored_are_named(tmp_path: Path, said: StringIO) -> None:
    it = room(tmp_path, FullStore(100), said)
    with pytest.raises(NoSpaceError) as caught:
        it.close(NAMES)
    assert str(caught.value) == (
        f"no space left on device: free space in {tmp_path} and run again; "
        "the results of 7 runs are not stored: "
        "toy/seed=0, toy/seed=1, toy/seed=2, toy/seed=3, toy/seed=4 and 2 more"
    )
    assert "trains these runs again" in (caught.value.hint or "")


def test_at_the_end_all_is_well_where_all_is_stored(tmp_path: Path, said: StringIO) -> None:
    room(tmp_path, FullStore(1), said).close(NAMES)
