"""Rows are read from their file, in any order, and only where the file is what the array shows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpexp.errors import DataError
from hpexp.train.data import rows as module
from hpexp.train.data.rows import Rows

pytestmark = pytest.mark.tensorflow

NUMBERS = np.arange(600, dtype=np.float32).reshape(100, 2, 3)


def mapped(folder: Path, mode: Any = "r") -> Any:
    np.save(folder / "x.npy", NUMBERS)
    return np.load(folder / "x.npy", mmap_mode=mode)


VIEWS = {
    "whole": lambda x: x,
    "plain": np.asarray,
    "part": lambda x: x[20:70][5:],
    "flat": lambda x: x.reshape(100, 6),
    "every other": lambda x: x[::2],
    "backwards": lambda x: x[::-1],
    "columns": lambda x: x[:, 1:],
    "turned": lambda x: x.T,
    "one": lambda x: x[7:8],
    "none": lambda x: x[:0],
}


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
@pytest.mark.parametrize("mode", ["r", "r+", "c", None])
def test_rows_of_any_view(view: Any, mode: str | None, tmp_path: Path) -> None:
    x = view(mapped(tmp_path, mode))
    rows = Rows(x)
    order = np.random.default_rng(0).permutation(len(x))
    for chosen in (order, np.sort(order), order[:1], np.repeat(order, 2)[:5]):
        np.testing.assert_array_equal(rows.take(chosen), x[chosen])
    for start, chunk in rows.chunks():
        np.testing.assert_array_equal(chunk, x[start : start + len(chunk)])
    assert len(rows) == len(x)


@pytest.mark.parametrize("chunk", [1, 24, 100, 10**6])
def test_chunks_are_all_rows_in_order(chunk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHUNK_BYTES", chunk)
    for source in (NUMBERS, mapped(tmp_path)):
        chunks = list(Rows(source).chunks())
        np.testing.assert_array_equal(np.concatenate([chunk for _, chunk in chunks]), NUMBERS)
        assert [start for start, _ in chunks] == list(np.cumsum([0, *(len(c) for _, c in chunks)])[:-1])


def test_changes_in_memory_are_seen(tmp_path: Path) -> None:
    x = mapped(tmp_path, "c")
    x[3] = -1
    assert (Rows(x).take(np.array([3])) == -1).all()


def test_a_file_that_shrinks_is_an_error(tmp_path: Path) -> None:
    rows = Rows(mapped(tmp_path))
    os.truncate(tmp_path / "x.npy", 500)
    with pytest.raises(DataError, match=r"x\.npy has become shorter"):
        rows.take(np.array([90]))


def test_mapped_pages_do_not_pile_up(tmp_path: Path) -> None:
    """Reading all of 64 MB maps next to nothing."""
    x = np.lib.format.open_memmap(tmp_path / "large.npy", "w+", np.float32, (16_384, 1024))
    x.flush()
    del x
    source = np.load(tmp_path / "large.npy", mmap_mode="r")
    rows = Rows(source)
    before = file_pages()
    for chosen in np.random.default_rng(0).permutation(len(source)).reshape(-1, 128):
        rows.take(chosen)
    assert file_pages() - before < 8 << 20


def file_pages() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith("RssFile"))
    return int(line.split()[1]) * 1024
