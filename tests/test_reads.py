from __future__ import annotations

import os
from pathlib import Path

import pytest

from hpexp import reads
from hpexp.reads import has_changed, read_file


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "data.csv"
    path.write_text("1,2\n")
    return path


def test_a_file_is_other_where_its_content_is(file: Path) -> None:
    read = read_file(str(file))
    assert read
    assert not has_changed(read)
    os.utime(file, (1, 1))
    assert not has_changed(read), "touched only"
    file.write_text("1,3\n")
    assert has_changed(read)
    file.unlink()
    assert has_changed(read)
    assert read_file(str(file)) is None


def test_what_nobody_has_written_to_is_not_read(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = read_file(str(file))
    assert read
    monkeypatch.setattr(reads, "_content", lambda path: pytest.fail("it was read"))
    assert not has_changed(read)


def test_a_large_file_that_somebody_has_written_to_counts_as_changed(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not read for that, so that no byte of it can be missed."""
    monkeypatch.setattr(reads, "_WHOLE", 1000)
    monkeypatch.setattr(reads, "_content", lambda path: pytest.fail("it was read"))
    content = bytearray(100_000)
    file.write_bytes(content)
    read = read_file(str(file))
    assert read
    assert not has_changed(read)
    for place in range(0, 100_000, 7001):
        content[place] += 1
        file.write_bytes(content)
        os.utime(file, (place + 1, place + 1))
        assert has_changed(read)
        read = read_file(str(file))
        assert read
        assert not has_changed(read)


def test_a_folder_is_other_where_its_names_are(tmp_path: Path, file: Path) -> None:
    read = read_file(str(tmp_path))
    assert read
    file.write_text("more")
    assert not has_changed(read)
    (tmp_path / "more.csv").touch()
    assert has_changed(read)
