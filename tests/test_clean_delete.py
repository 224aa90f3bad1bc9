"""Looking and deleting never follow a link."""

from __future__ import annotations

import os
from pathlib import Path, PurePath

import pytest

from hpexp.clean.delete import delete_files, remove_empty
from hpexp.clean.tree import look


def test_looking_enters_what_may_be_a_run_and_no_link(tmp_path: Path) -> None:
    root, outside = tmp_path / "logs", tmp_path / "outside"
    for folder in ("lr/run/train/deep", "lr/other/train", ".hpexp/a/b", "plain"):
        (root / folder).mkdir(parents=True)
        (root / folder / "file").write_bytes(b"12345")
    (outside / "train").mkdir(parents=True)
    (outside / "train" / "file").touch()
    (root / "lr" / "linked").symlink_to(outside)
    (root / "lr" / "run" / "validation").symlink_to(outside / "train")
    (root / "experiment").symlink_to(outside)
    (root / ".hpexp" / "link").symlink_to(outside)
    tree = look(root, lambda experiment, folder: (experiment, folder) == ("lr", "run") or folder == "linked")
    assert set(tree.folders) == {".hpexp", "lr", "plain"}
    assert tree.others == ("experiment",)
    lr = tree.folders["lr"]
    assert set(lr.others) == {"linked", "other"}
    assert lr.folders["run"].others == ("validation",)
    train = lr.folders["run"].folders["train"]
    assert (train.files, train.others) == ({}, ("deep",))
    assert tree.folders["plain"].files == {"file": 5}
    assert tree.folders[".hpexp"].folders["a"].folders["b"].files == {"file": 5}
    assert tree.folders[".hpexp"].others == ("link",)


def test_looking_at_nothing_sees_nothing(tmp_path: Path) -> None:
    tree = look(tmp_path / "nowhere", lambda experiment, folder: True)
    assert (tree.files, tree.folders, tree.others) == ({}, {}, ())


def test_files_go_and_folders_only_when_empty(tmp_path: Path) -> None:
    for name in ("a/b/1", "a/b/2", "a/3", "c/4"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    problems = delete_files(
        tmp_path, [PurePath("a/b/1"), PurePath("a/b/2"), PurePath("a/gone"), PurePath("x/y")]
    )
    assert problems == []
    remove_empty(tmp_path, [PurePath("a/b"), PurePath("a"), PurePath("c"), PurePath("x")])
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")) == ["a", "a/3", "c", "c/4"]


def test_a_folder_that_became_a_link_leads_nowhere(tmp_path: Path) -> None:
    root, outside = tmp_path / "logs", tmp_path / "outside"
    root.mkdir()
    (outside / "train").mkdir(parents=True)
    (outside / "train" / "precious").touch()
    (root / "run").symlink_to(outside)
    problems = delete_files(root, [PurePath("run/train/precious")])
    assert len(problems) == 1
    assert "run/train" in problems[0]
    remove_empty(root, [PurePath("run/train"), PurePath("run")])
    assert (outside / "train" / "precious").exists()
    assert (root / "run").is_symlink()


def test_what_cannot_be_deleted_is_told_and_the_rest_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlink = os.unlink

    def stubborn(path: str, *, dir_fd: int) -> None:
        if path == "stuck":
            raise PermissionError(13, "Permission denied")
        unlink(path, dir_fd=dir_fd)

    for name in ("stuck", "free"):
        (tmp_path / name).touch()
    monkeypatch.setattr(os, "unlink", stubborn)
    assert delete_files(tmp_path, [PurePath("stuck"), PurePath("free")]) == [
        f"{tmp_path / 'stuck'}: Permission denied"
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["stuck"]
