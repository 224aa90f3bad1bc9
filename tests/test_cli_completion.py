"""What the shell offers after `hpexp run` and Tab."""

from __future__ import annotations

from pathlib import Path

import pytest

from hpexp.cli.options import _yaml_files


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("configs/a.yaml", "configs/b.yml", "configs/nets.py", "cold/deep/c.yaml", "top.yaml"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("begun", "offered"),
    [
        ("", ["cold/", "configs/", "top.yaml"]),
        ("co", ["cold/", "configs/"]),
        ("con", ["configs/a.yaml", "configs/b.yml"]),
        ("configs/", ["configs/a.yaml", "configs/b.yml"]),
        ("configs/b", ["configs/b.yml"]),
        ("col", ["cold/deep/c.yaml"]),
        ("./t", ["./top.yaml"]),
        ("none/", []),
    ],
)
def test_experiment_files_are_offered(begun: str, offered: list[str]) -> None:
    assert _yaml_files(begun) == offered


def test_a_full_path_is_kept(tmp_path: Path) -> None:
    assert _yaml_files(f"{tmp_path}/t") == [f"{tmp_path}/top.yaml"]
