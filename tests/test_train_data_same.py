"""Which data a worker got and what they were read from."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpexp.messages import DataFound, Finished, Job, Message, Report
from hpexp.model import DataSpec, Group, Resources, Status
from hpexp.train import worker
from hpexp.train.data import Reading, Streamed, fingerprint, load, open_data, watched
from tests.engines import experiment, runs

pytestmark = pytest.mark.tensorflow


def test_a_fingerprint_is_of_every_number_and_of_their_order() -> None:
    arrays = load(DataSpec("builtin", "iris"))
    known = {fingerprint(arrays)}
    assert {fingerprint(load(DataSpec("builtin", "iris")))} == known
    x, y = arrays.x_train.copy(), arrays.y_train.copy()
    x[-1, -1] = np.nextafter(x[-1, -1], np.float32(9))
    y[0] += 1
    swapped = arrays.x_train[:, [1, 0, 2, 3]]
    for other in (
        replace(arrays, x_train=x),
        replace(arrays, y_train=y),
        replace(arrays, x_train=swapped),
        replace(arrays, x_train=arrays.x_train[::-1]),
        replace(arrays, x_test=arrays.x_validation, x_validation=arrays.x_test),
        replace(arrays, classes=("a", "b", "c")),
    ):
        known.add(fingerprint(other))
    assert len(known) == 7


def test_a_fingerprint_is_the_same_in_memory_and_on_disk(tmp_path: Path, private_tmp: Path) -> None:
    random = np.random.default_rng(0)
    np.savez(tmp_path / "d.npz", x=random.random((300, 4, 5), np.float32), y=np.arange(300) % 3)
    spec = DataSpec("npz", str(tmp_path / "d.npz"))
    streamed = open_data(spec, Resources(memory=4000))
    assert isinstance(streamed, Streamed)
    assert fingerprint(streamed) == fingerprint(load(spec))


def _sqlite(path: Path) -> None:
    sqlite3.connect(path).close()


READS: dict[str, tuple[Callable[[Path], object], set[str]]] = {
    "open": (lambda folder: (folder / "a.txt").read_text(), {"a.txt"}),
    "numpy": (lambda folder: np.load(folder / "b.npy"), {"b.npy"}),
    "mapped": (lambda folder: np.load(folder / "b.npy", mmap_mode="r"), {"b.npy"}),
    "listed": (lambda folder: os.listdir(folder / "images"), {"images"}),  # noqa: PTH208
    "walked": (lambda folder: list(os.walk(folder / "images")), {"images", "deep"}),
    "sqlite": (lambda folder: _sqlite(folder / "c.db"), {"c.db"}),
    "written": (lambda folder: (folder / "d.txt").write_text("x"), set()),
    "appended": (lambda folder: (folder / "a.txt").open("a").close(), set()),
    "missing": (lambda folder: (folder / "none.txt").exists(), set()),
    "installed": (lambda folder: Path(np.__file__).read_text(), set()),
}


@pytest.mark.parametrize(("read", "expected"), READS.values(), ids=READS.keys())
def test_what_is_read_is_noted(read: Callable[[Path], object], expected: set[str], tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    np.save(tmp_path / "b.npy", np.zeros(3))
    (tmp_path / "c.db").touch()
    (tmp_path / "images" / "deep").mkdir(parents=True)
    (tmp_path / "own.py").write_text("def load(): ...\n")
    reading = Reading(DataSpec("python", "own:load", folder=str(tmp_path)))
    with watched(reading):
        read(tmp_path)
    (tmp_path / "a.txt").read_text()
    assert {Path(file.path).name for file in reading.files()} == expected


NAMED = """\
import os
from pathlib import Path
import parts.deep
HERE = os.path.dirname(os.path.abspath(__file__))

def load(file):
    '''Reads.'''
    read(Path(__file__).parent / "below" / "joined.h5", os.path.join(HERE, "beside.h5"))
    read(f"{HERE}/below/formatted.h5", "here.h5", "shards/*.csv", file)
"""
DEEP = """\
from pathlib import Path
TABLE = str(Path(__file__).parent.parent.parent / "above.h5")
ROOT = "{elsewhere}"
FILE = f"{{ROOT}}/far.h5"
"""


def test_files_that_are_named_to_native_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a part of their path, in any module of the own code, below any folder it may begin with."""
    experiment, cwd, elsewhere = (tmp_path / name for name in ("experiment", "cwd", "elsewhere"))
    wanted = [
        *("experiment/below/joined.h5", "experiment/beside.h5", "experiment/below/formatted.h5"),
        *("cwd/here.h5", "experiment/above.h5", "elsewhere/far.h5"),
        *("experiment/shards/1.csv", "experiment/shards/2.csv", "cwd/option.h5"),
    ]
    others = ["experiment/unnamed.h5", "elsewhere/unnamed.h5", "experiment/shards/3.txt", "cwd/unnamed.h5"]
    for name in (*wanted, *others):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (experiment / "parts" / "deep").mkdir(parents=True)
    (experiment / "own.py").write_text(NAMED)
    (experiment / "parts" / "__init__.py").touch()
    (experiment / "parts" / "deep" / "__init__.py").write_text(DEEP.format(elsewhere=elsewhere))
    monkeypatch.chdir(cwd)
    reading = Reading(DataSpec("python", "own:load", {"file": "option.h5"}, folder=str(experiment)))
    assert sorted(file.path for file in reading.files()) == sorted(str(tmp_path / name) for name in wanted)


OWN = """\
import random
import numpy as np

def load(how="numpy"):
    import parts
    generator = np.random.default_rng() if how == "unseeded" else np.random
    x = generator.normal(size=(60, 3)) + np.loadtxt("shift.csv")
    return x, np.arange(60) % 2
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "own.py").write_text(OWN)
    (tmp_path / "parts.py").touch()
    (tmp_path / "shift.csv").write_text("1\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(worker, "_opened", {})
    return tmp_path


def trained(folder: Path, how: str) -> tuple[DataFound, Finished]:
    worker._opened.clear()
    messages: list[Message] = []
    spec = replace(experiment(), data=DataSpec("python", "own:load", {"how": how}, folder=str(folder)))
    worker.train_job(Job(spec, Group(0, "fit", runs(epochs=[1], batch=["full"]))), messages.append)
    (found,) = [each for each in messages if isinstance(each, DataFound)]
    (finished,) = [each for each in messages if isinstance(each, Finished)]
    assert (finished.result.status, finished.result.error) == (Status.DONE, None)
    return found, finished


def test_a_function_that_draws_gives_each_worker_the_same_data(own: Path) -> None:
    (first, one), (second, other) = (trained(own, "numpy") for _ in range(2))
    assert first.fingerprint == second.fingerprint == one.result.fingerprint
    assert one.result.metrics == other.result.metrics
    data: Any = next(iter(worker._opened.values()))[0]
    drawn = np.random.RandomState(0).normal(size=(60, 3)).astype(np.float64) + 1
    got = np.concatenate([data.x_train, data.x_validation, data.x_test])
    np.testing.assert_allclose(np.sort(got, axis=None), np.sort(drawn, axis=None), rtol=1e-6)
    assert [Path(file.path).name for file in first.files] == ["shift.csv"]


def test_what_nobody_can_seed_is_seen_in_the_fingerprint(own: Path) -> None:
    seen = set()
    spec = DataSpec("python", "own:load", {"how": "unseeded"}, folder=str(own))
    for _ in range(2):
        worker._opened.clear()
        found: list[Report] = []
        worker.train_job(Job(replace(experiment(), data=spec), Group(0, "fit", ())), found.append)
        seen |= {each.fingerprint for each in found if isinstance(each, DataFound)}
    assert len(seen) == 2
