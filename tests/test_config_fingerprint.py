"""When data count as the same."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from hpexp.config.facts import facts_of
from hpexp.model import DataSpec, Split
from tests.bad_inputs import X, Y, doubles, npy, npz
from tests.pictures import COLOUR, GREY, encoded


def fingerprint(spec: DataSpec) -> str:
    return facts_of(spec).fingerprint


def test_named_data_differ_by_name_options_and_split() -> None:
    specs = [
        DataSpec("builtin", "blobs"),
        DataSpec("builtin", "moons"),
        DataSpec("builtin", "blobs", {"noise": 2.0}),
        DataSpec("builtin", "blobs", {"noise": 3.0}),
        DataSpec("builtin", "blobs", split=Split(seed=1)),
        DataSpec("builtin", "blobs", split=Split(test=0.1)),
    ]
    assert len({fingerprint(spec) for spec in specs}) == len(specs)
    assert fingerprint(specs[0]) == fingerprint(replace(specs[0], folder="/elsewhere"))
    assert int(fingerprint(specs[0]), 16) >= 0


def table(path: Path, text: str = "a,y\n1,0\n2,1\n3,0\n4,1\n") -> DataSpec:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return DataSpec("csv", str(path), {"target": "y"})


def test_files_differ_by_content_not_by_place_or_time(tmp_path: Path) -> None:
    first = table(tmp_path / "t.csv")
    moved = table(tmp_path / "elsewhere" / "other.csv")
    assert fingerprint(first) == fingerprint(moved)
    os.utime(first.source, (1, 1))
    assert fingerprint(first) == fingerprint(moved)
    assert fingerprint(table(tmp_path / "u.csv", "a,y\n1,0\n2,1\n3,0\n5,1\n")) != fingerprint(first)


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    spec = table(tmp_path / "t.csv")
    before = facts_of(spec)
    table(tmp_path / "t.csv", "a,y\n1,0\n2,1\n3,0\n4,1\n5,0\n6,1\n")
    after = facts_of(spec)
    assert before.fingerprint != after.fingerprint
    assert (before.train, after.train) == (2, 4)


def test_archives_differ_by_content(tmp_path: Path) -> None:
    one, other = tmp_path / "one.npz", tmp_path / "other.npz"
    one.write_bytes(npz(x=X, y=Y))
    other.write_bytes(npz(x=npy("<f8", (4, 1), doubles(1, 2, 3, 5)), y=Y))
    assert fingerprint(DataSpec("npz", str(one))) != fingerprint(DataSpec("npz", str(other)))


@pytest.mark.parametrize("change", ["content", "name", "class", "number"])
def test_images_differ_by_content_and_names(change: str, tmp_path: Path) -> None:
    for name in ("a/1.png", "a/2.png", "b/1.png", "b/2.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(encoded(COLOUR, "PNG") + name.encode())
    spec = DataSpec("images", str(tmp_path))
    before = fingerprint(spec)
    (tmp_path / "a" / "notes.txt").write_text("no image")
    assert fingerprint(spec) == before
    match change:
        case "content":
            (tmp_path / "a/1.png").write_bytes(encoded(GREY, "PNG"))
        case "name":
            (tmp_path / "a/1.png").rename(tmp_path / "a/3.png")
        case "class":
            (tmp_path / "a").rename(tmp_path / "c")
        case "number":
            (tmp_path / "a/3.png").write_bytes(encoded(COLOUR, "PNG"))
    assert fingerprint(spec) != before


def test_own_functions_differ_by_their_source(tmp_path: Path) -> None:
    (tmp_path / "sets.py").write_text("def load(): return 1, 2\n")
    spec = DataSpec("python", "sets:load", folder=str(tmp_path))
    before = fingerprint(spec)
    assert fingerprint(replace(spec, options={"rows": 3})) != before
    (tmp_path / "sets.py").write_text("def load(): return 1, 3\n")
    assert fingerprint(spec) != before


def test_own_functions_differ_by_all_code_that_they_import(tmp_path: Path) -> None:
    (tmp_path / "sets.py").write_text("def load():\n    from pack import parts\n")
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "parts.py").write_text("import below\n")
    (tmp_path / "below.py").write_text("x = 1\n")
    spec = DataSpec("python", "sets:load", folder=str(tmp_path))
    before = fingerprint(spec)
    (tmp_path / "unused.py").write_text("x = 1\n")
    assert fingerprint(spec) == before
    (tmp_path / "below.py").write_text("x = 2\n")
    assert fingerprint(spec) != before
