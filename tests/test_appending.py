from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hpexp.appending import Appender, append


@contextmanager
def at_most(size: int) -> Iterator[None]:
    """No file may grow beyond `size` bytes: a disk that fills up in the middle of a write."""
    before, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, most))


def test_a_write_that_is_cut_short_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "file"
    append(path, b"whole")
    with at_most(100), pytest.raises(OSError) as caught:
        append(path, bytes(200))
    assert caught.value.filename == str(path)
    assert path.read_bytes() == b"whole"
    append(path, b" again")
    assert path.read_bytes() == b"whole again"


def test_a_file_that_never_held_anything_is_not_left_empty(tmp_path: Path) -> None:
    with at_most(100), pytest.raises(OSError):
        append(tmp_path / "file", bytes(200))
    assert list(tmp_path.iterdir()) == []


def test_what_does_not_fit_waits(tmp_path: Path) -> None:
    file = Appender(tmp_path / "folder" / "file")
    file.add(b"x" * 200)
    with at_most(100), pytest.raises(OSError):
        file.flush()
    assert not file.there
    file.add(b"y")
    file.flush()
    assert file.there
    assert (tmp_path / "folder" / "file").read_bytes() == b"x" * 200 + b"y"


def test_what_is_dropped_is_never_written(tmp_path: Path) -> None:
    file = Appender(tmp_path / "file")
    file.add(b"one")
    file.drop()
    file.flush()
    assert list(tmp_path.iterdir()) == []
