from __future__ import annotations

from pathlib import Path

import pytest

from hpexp.paths import LogsFolder
from hpexp.reserve import SHARE, SIZE, SMALLEST, Reserve


@pytest.fixture
def logs(tmp_path: Path) -> LogsFolder:
    folder = LogsFolder(tmp_path / "logs")
    folder.internal.mkdir(parents=True)
    return folder


def free(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """So many bytes are free beside the reserve."""
    monkeypatch.setattr(Reserve, "_free", lambda self: size)


def test_it_is_there_while_it_is_held(logs: LogsFolder) -> None:
    with Reserve.hold(logs):
        assert logs.reserve.stat().st_size == SIZE
        assert logs.reserve.stat().st_blocks * 512 >= SIZE
    assert not logs.reserve.exists()


def test_one_that_a_killed_driver_left_is_replaced(logs: LogsFolder) -> None:
    logs.reserve.write_bytes(b"left")
    with Reserve.hold(logs):
        assert logs.reserve.stat().st_size == SIZE
    assert not logs.reserve.exists()


def test_a_small_disk_is_for_runs_first(logs: LogsFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    free(monkeypatch, 1 << 20)
    with Reserve.hold(logs):
        assert logs.reserve.stat().st_size == (1 << 20) // SHARE
    free(monkeypatch, SMALLEST)
    with Reserve.hold(logs):
        assert not logs.reserve.exists()


def test_a_folder_that_cannot_be_written_has_none(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file")
    with Reserve.hold(LogsFolder(tmp_path / "logs")) as reserve, reserve.opened():
        assert not reserve.plenty


def test_opened_its_space_is_free_and_what_is_left_is_kept(
    logs: LogsFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Reserve.hold(logs) as reserve:
        with reserve.opened():
            assert not logs.reserve.exists()
            free(monkeypatch, SIZE - 10_000)
        assert logs.reserve.stat().st_size == SIZE - 10_000
        assert reserve.plenty
        with reserve.opened():
            free(monkeypatch, SIZE // 3)
        assert logs.reserve.stat().st_size == SIZE // 3
        assert not reserve.plenty


def test_it_grows_again_where_there_is_space(logs: LogsFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hpexp.reserve.LOOK_SECONDS", 0.0)
    with Reserve.hold(logs) as reserve:
        assert not reserve.look(), "nobody has met a full disk"
        reserve.full = True
        with reserve.opened():
            free(monkeypatch, SIZE // 2)
        free(monkeypatch, 0)
        assert not reserve.look()
        free(monkeypatch, SHARE * SIZE)
        assert reserve.look()
        assert not reserve.full
        assert logs.reserve.stat().st_size == SIZE


def test_a_quota_shows_only_in_a_write(logs: LogsFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    with Reserve.hold(logs) as reserve:
        reserve.full = True
        monkeypatch.setattr("hpexp.reserve.nothing_fits", lambda folder: True)
        assert not reserve.look()
        assert reserve.full
