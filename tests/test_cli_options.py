"""Options that several commands share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hpexp.cli import run_app
from hpexp.cli.options import logs_folder
from hpexp.errors import EXIT_USAGE, UsageError


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    (tmp_path / "nowhere").symlink_to("gone")
    (tmp_path / "link").symlink_to("folder")
    os.mkfifo(tmp_path / "pipe")
    return tmp_path


@pytest.mark.parametrize("name", ["folder", "folder/new/logs", "link", "link/new", "new", ".", "..", "/"])
def test_folders_that_are_there_or_can_be_made(name: str, place: Path) -> None:
    assert logs_folder(name) == Path(name)
    assert logs_folder(place / name) == place / name


WRONG = [
    ("", "the name of the folder is empty"),
    ("file", "file is not a folder"),
    ("pipe", "pipe is not a folder"),
    ("file/logs", "file is not a folder"),
    ("nowhere", "nowhere is a link to gone, which is not there"),
    ("nowhere/logs", "nowhere is a link to gone, which is not there"),
    ("a\0b", "cannot be used: "),
    ("n" * 5000, "cannot be used: File name too long"),
]


@pytest.mark.parametrize(("name", "message"), WRONG)
def test_what_can_be_no_log_folder(name: str, message: str, place: Path) -> None:
    with pytest.raises(UsageError) as raised:
        logs_folder(name)
    assert message in str(raised.value)
    assert len(str(raised.value)) < 6000


@pytest.mark.parametrize("name", ["", "file", "nowhere"])
@pytest.mark.parametrize(
    "command",
    ["run e.yaml", "plan e.yaml", "results", "show x", "rerun x", "board", "clean --dry-run", "doctor"],
)
def test_every_command_refuses_them(
    command: str, name: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "e.yaml").write_text("data: iris\nmodel: mlp\n")
    before = sorted(place.iterdir())
    assert run_app([*command.split(), "--logs", name]) == EXIT_USAGE
    assert "--logs: " in capsys.readouterr().err
    assert sorted(place.iterdir()) == before
