"""Data that stay on disk are the examples that they would be in memory, and as well checked."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from hpexp import scratch
from hpexp.config.tables import reading
from hpexp.errors import DataError
from hpexp.model import DataSpec, ModelSpec, Resources, Split
from hpexp.train.data import Arrays, Streamed, open_data, prepared
from tests.large_data import EXAMPLES, SOURCES, csv, function, npz

pytestmark = [
    pytest.mark.tensorflow,
    pytest.mark.usefixtures("private_tmp"),
]

NOTHING = Resources(memory=1)
"""A budget that no data fit in."""


def both(spec: DataSpec, resources: Resources = NOTHING) -> tuple[Arrays, Streamed]:
    arrays, streamed = open_data(spec, Resources()), open_data(spec, resources)
    assert isinstance(arrays, Arrays)
    assert isinstance(streamed, Streamed)
    return arrays, streamed


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("normalize", ["none", "standard", "minmax"])
def test_examples_are_the_same(source: Any, normalize: str, tmp_path: Path) -> None:
    arrays, streamed = both(source(tmp_path), Resources(memory=1))
    assert streamed.task == arrays.task
    assert streamed.classes == arrays.classes
    assert streamed.features == arrays.features
    for kind in ("mlp", "cnn"):
        model = ModelSpec(kind, kind)
        expected = prepared(arrays, model, {"normalize": normalize})
        got = prepared(streamed, model, {"normalize": normalize})
        assert isinstance(expected, Arrays)
        assert isinstance(got, Streamed)
        assert got.problem == expected.problem
        for split in ("train", "validation", "test"):
            part = getattr(got, split)
            x, y = got.inputs(part, slice(None)), part.y
            np.testing.assert_array_equal(y, getattr(expected, f"y_{split}"))
            assert y.dtype == getattr(expected, f"y_{split}").dtype
            np.testing.assert_array_equal(x, getattr(expected, f"x_{split}"))
            assert x.dtype == np.float32


def test_a_smoke_run_uses_a_slice(tmp_path: Path) -> None:
    data = open_data(npz(tmp_path), NOTHING, smoke=True)
    arrays = open_data(npz(tmp_path), Resources(), smoke=True)
    assert isinstance(data, Streamed)
    assert isinstance(arrays, Arrays)
    assert (len(data.train), len(data.validation), len(data.test)) == (64, 30, 30)
    np.testing.assert_array_equal(data.train.inputs(slice(None)), arrays.x_train)


BAD = [
    (np.full((EXAMPLES, 5), np.nan), np.arange(EXAMPLES) % 2, "example 0 holds NaN or infinity"),
    (np.ones((EXAMPLES, 5)), np.zeros(EXAMPLES, int), "there is only one class, 0"),
    (np.ones((EXAMPLES, 5)), np.full(EXAMPLES, np.nan), "the target of example 0 holds NaN or infinity"),
    (np.full((EXAMPLES, 5), "a"), np.arange(EXAMPLES) % 2, "the inputs are <U1, not numbers"),
    (np.ones((EXAMPLES, 5)), np.ones(3), "they need one entry an example"),
]


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize(("x", "y", "message"), BAD)
def test_bad_arrays(save: Any, x: Any, y: Any, message: str, tmp_path: Path) -> None:
    save(tmp_path / "bad.npz", x=x, y=y)
    with pytest.raises(DataError, match=message):
        open_data(DataSpec("npz", str(tmp_path / "bad.npz")), NOTHING)
    assert not scratch.home().exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x,z\n1,2\n", "has no column y; it has x, z"),
        ("x,y\n", "no rows below its header"),
        ("x,y\n1,a\n,b\n2,a\n", "column x: line 3 is empty"),
        ("x,w,y\n1,2,a\nnan,,b\n2,1,a\n", "column x: line 3 holds nan"),
        ("x,y\n1,a\n1,b,c\n", "line 3 has 3 cells, the header 2"),
        ("x,y\n1,a\n2,\n", "column y: line 3 is empty"),
        ("x,y\n1,1\n2,\n", "column y: line 3 is empty"),
        ("y\n1\n2\n", "no column besides the target"),
        ("x,y\n1,a\n2,a\n3,a\n", "only one class, a"),
        ("x,y\n" + "1,a\n1e300,b\n" * 3, "column x: lines 3, 5, 7 hold 1e300, too large for float32"),
    ],
)
def test_bad_tables(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text(text)
    spec = DataSpec("csv", str(tmp_path / "bad.csv"), {"target": "y"}, Split(0.2, 0.2))
    with pytest.raises(DataError, match=message):
        open_data(spec, Resources(memory=1))
    assert not scratch.home().exists()


def test_a_column_that_turns_to_text_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_CELLS_AT_ONCE", 30)
    path = tmp_path / "late.csv"
    rows = [f"{n},{n % 5},{n % 2}" for n in range(40)] + [f"1,word{n % 4},{n % 2}" for n in range(60)]
    path.write_text("a,b,y\n" + "\n".join(rows) + "\n")
    arrays, streamed = both(DataSpec("csv", str(path), {"target": "y"}), Resources(memory=1))
    np.testing.assert_array_equal(streamed.train.inputs(slice(None)), arrays.x_train)
    assert streamed.problem == arrays.problem
    assert streamed.problem.input_shape == (1 + 5 + 4,)


def test_examples_that_do_not_fit_together(tmp_path: Path) -> None:
    body = "yield np.ones((3, 2)), y[:3]\nyield np.ones((3, 4)), y[:3]\n"
    with pytest.raises(DataError, match=r"examples of shape .4,. and type float64 follow some of shape .2,."):
        open_data(function(tmp_path, body), NOTHING)
    with pytest.raises(DataError, match="there are no examples"):
        open_data(function(tmp_path, "yield from ()\n"), NOTHING)


def test_no_room_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=10))
    with pytest.raises(DataError, match=r"does not fit in memory and cannot be kept in .*GB are needed"):
        open_data(csv(tmp_path), NOTHING)
    assert not scratch.home().exists()


def test_workers_share_what_they_have_written(tmp_path: Path) -> None:
    spec = csv(tmp_path)
    first = open_data(spec, NOTHING)
    (folder,) = [path for path in scratch.home().iterdir() if path.is_dir()]
    before = (folder / "x.bin").stat().st_ino
    second = open_data(spec, NOTHING)
    assert (folder / "x.bin").stat().st_ino == before
    del first
    assert folder.exists()
    del second
    assert not scratch.home().exists() or not list(scratch.home().iterdir())
