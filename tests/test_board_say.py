"""What `hpexp board` prints, and when it opens a browser."""

from __future__ import annotations

import sys
import webbrowser
from pathlib import Path

import pytest

from hpexp.board.say import Wishes, say_ready
from hpexp.board.serve import Board
from tests.boards import write_run


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The URLs that were opened, on a terminal with a display."""
    urls: list[str] = []
    monkeypatch.setattr(webbrowser, "open", urls.append)
    monkeypatch.setattr(webbrowser, "get", lambda: None)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    return urls


def board(folder: Path, *, reused: bool = False) -> Board:
    return Board("http://127.0.0.1:6006/", 6006, 4711, str(folder), reused)


def wishes(**given: bool | None) -> Wishes:
    return Wishes(Path("logs"), None, **given)  # type: ignore[arg-type]


def test_a_browser_opens_only_where_there_is_one(
    opened: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    say_ready(board(tmp_path), wishes())
    assert opened == [], "no display"
    monkeypatch.setenv("DISPLAY", ":0")
    say_ready(board(tmp_path), wishes(as_json=True))
    say_ready(board(tmp_path), wishes(browser=False))
    assert opened == []
    say_ready(board(tmp_path), wishes())
    assert opened == ["http://127.0.0.1:6006/"]

    def none() -> None:
        raise webbrowser.Error

    monkeypatch.setattr(webbrowser, "get", none)
    say_ready(board(tmp_path), wishes())
    assert len(opened) == 1
    say_ready(board(tmp_path), wishes(browser=True))
    assert len(opened) == 2


def test_a_pipe_gets_no_browser(opened: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False)
    say_ready(board(tmp_path), wishes())
    assert opened == []


def test_how_to_stop_it_names_what_was_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    say_ready(board(tmp_path), Wishes(Path("my logs"), "lr", detach=True))
    assert capsys.readouterr().out == (
        "http://127.0.0.1:6006/ goes on by itself (process 4711)\n"
        "stop it with: hpexp board lr --stop --logs 'my logs'\n"
    )
    say_ready(board(tmp_path, reused=True), wishes())
    assert capsys.readouterr().out.endswith("stop it with: hpexp board --stop\n")


def test_more_runs_than_tensorboard_selects_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hpexp.board.say.MOST_SELECTED", 3)
    write_run(tmp_path / "lr" / "seed=0-abcdef")
    say_ready(board(tmp_path), wishes())
    assert capsys.readouterr().err == ""
    write_run(tmp_path / "lr" / "seed=1-abcdef")
    say_ready(board(tmp_path), wishes())
    assert "more than 3; here are 4" in capsys.readouterr().err
