"""What is told of data without loading them is what loading finds."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hpexp.config.facts import facts_of, source_of
from hpexp.config.tasks import RARE
from hpexp.errors import DataError
from hpexp.model import DataFacts, DataSpec, Params, Split
from hpexp.train.data import Arrays, load
from hpexp.train.data.load import SMOKE_OTHER, SMOKE_TRAIN
from hpexp.vocabulary import BUILTIN_DATA, KERAS_DATA

pytestmark = pytest.mark.tensorflow

SPLITS = [Split(), Split(0.0, 0.0), Split(0.1, 0.0), Split(0.0, 0.35), Split(0.333, 0.001, 9)]


def agree(spec: DataSpec, *, smoke: bool = False) -> DataFacts:
    """Compare the facts with the arrays."""
    arrays, facts = load(spec, smoke=smoke), facts_of(spec, smoke=smoke)
    sizes = (len(arrays.x_train), len(arrays.x_validation), len(arrays.x_test))
    assert (facts.train, facts.validation, facts.test) == sizes
    assert facts.task == arrays.task
    assert facts.notes == arrays.notes or spec.kind == "images"
    assert spec.kind == "keras" or facts.shape in (None, arrays.x_train.shape[1:])
    _same_size(spec, facts, arrays, smoke)
    _same_classes(spec, facts, arrays, smoke)
    return facts


def _same_classes(spec: DataSpec, facts: DataFacts, arrays: Arrays, smoke: bool) -> None:
    known = facts.task == "classification" and spec.kind in ("builtin", "csv", "npz", "images")
    assert bool(facts.classes) == known
    if known and not smoke:
        targets = np.concatenate([arrays.y_train, arrays.y_validation, arrays.y_test])
        counts = np.bincount(targets, minlength=len(arrays.classes)).tolist()
        assert facts.classes == tuple(zip(arrays.classes, counts, strict=True))


def _same_size(spec: DataSpec, facts: DataFacts, arrays: Arrays, smoke: bool) -> None:
    """That of a table counts every word, whether the training split has it or not."""
    if spec.kind == "builtin":
        assert facts.size is None
        return
    assert facts.size is not None
    one_hot = any("as one-hot" in note for note in arrays.notes)
    targets = len(arrays.classes) if one_hot else math.prod(arrays.y_train.shape[1:])
    one = 4 * (math.prod(arrays.x_train.shape[1:]) + targets)
    if spec.kind in ("npz", "images"):
        assert facts.size.example_bytes == one
    if not smoke:
        assert facts.size.examples == sum(map(len, (arrays.x_train, arrays.x_validation, arrays.x_test)))


def csv(folder: Path, target: list[Any], **options: str) -> DataSpec:
    path = folder / "t.csv"
    lines = [f"{n},{'uvw'[n % 3]},{value}" for n, value in enumerate(target)]
    path.write_text("a,kind,y\n" + "\n".join(lines) + "\n")
    return DataSpec("csv", str(path), {"target": "y", **options})


def npz(folder: Path, x: Any, y: Any, **options: str) -> DataSpec:
    path = folder / "a.npz"
    np.savez_compressed(path, x=x, y=y)
    return DataSpec("npz", str(path), dict(options))


@pytest.mark.parametrize("name", BUILTIN_DATA)
def test_built_in_data(name: str) -> None:
    for split in SPLITS:
        agree(DataSpec("builtin", name, split=split))
    agree(DataSpec("builtin", name), smoke=True)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("blobs", {"examples": 40, "classes": 5}),
        ("blobs", {"examples": 400, "classes": 30}),
        ("moons", {"examples": 9}),
        ("spirals", {"examples": 77, "classes": 3, "noise": 0.5, "seed": 3}),
    ],
)
def test_made_data(name: str, options: Params) -> None:
    agree(DataSpec("builtin", name, options))


@pytest.mark.parametrize("name", KERAS_DATA)
def test_downloads(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    train, test = source_of(DataSpec("keras", name)).examples, 10_000
    assert train == (60_000 if "mnist" in name else 50_000)
    classes = 100 if name == "cifar100" else 10

    def load_data() -> Any:
        return tuple((np.zeros((n, 1, 1), np.uint8), np.arange(n) % classes) for n in (train, test))

    monkeypatch.setattr(getattr(keras.datasets, name), "load_data", load_data)
    agree(DataSpec("keras", name))
    agree(DataSpec("keras", name, split=Split(0.1, 0.3)), smoke=True)


@pytest.mark.parametrize(
    "target",
    [
        [0, 1, 2] * 10,
        [f"c{n % 4}" for n in range(30)],
        [n / 7 for n in range(30)],
        [float(n % 5) for n in range(30)],
        list(range(RARE)),
        list(range(RARE + 1)),
        [n % (RARE + 5) for n in range(20 * (RARE + 5))],
        [n % (RARE + 5) for n in range(20 * (RARE + 5) - 1)],
        ["1", "2", "x"] * 10,
        ["-1e0", "1"] * 10,
    ],
)
def test_tables(target: list[Any], tmp_path: Path) -> None:
    agree(csv(tmp_path, target))
    agree(replace(csv(tmp_path, target), split=Split(0.05, 0.3)), smoke=True)


def test_tables_with_a_chosen_task(tmp_path: Path) -> None:
    assert agree(csv(tmp_path, [0, 1, 2] * 10, task="regression")).task == "regression"
    assert agree(csv(tmp_path, list(range(30)), task="classification")).task == "classification"


def test_rows_of_odd_tables_are_counted_alike(tmp_path: Path) -> None:
    spec = csv(tmp_path, [])
    path = Path(spec.source)
    path.write_bytes(b'\xef\xbb\xbf a , y \r\n1,0\r\n\r\n"2",1\r\n 3 , 0\n"4",1\n\n"5",0')
    assert agree(spec).train == 3


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (np.arange(60).reshape(30, 2), np.arange(30) % 3),
        (np.arange(30.0), np.arange(30) / 7),
        (np.zeros((30, 4, 4), np.uint8), (np.arange(30) % 2).astype(np.uint8)),
        (np.zeros((30, 2), np.float16), (np.arange(30) % 2).astype(bool)),
        (np.zeros((30, 2), ">f4"), (np.arange(30) % 2).astype(">i2")),
        (np.zeros((30, 2)), np.arange(30) % 2 * 1.0),
        (np.zeros((30, 2)), np.array(["u", "v", "w"] * 10)),
        (np.zeros((30, 2)), np.arange(90).reshape(30, 3) / 7),
        (np.zeros((30, 2)), np.asfortranarray(np.eye(3, dtype=np.uint8)[np.arange(30) % 3])),
        (np.zeros((30, 2)), np.eye(3)[np.arange(30) % 3] * 0.5 + 0.5 / 3),
        (np.zeros((30, 2, 3), np.uint8), (np.arange(30) % 3).astype("S1")),
        (np.zeros((30, 2)), np.arange(30.0)[:, None]),
        (np.zeros((30, 2)), np.arange(30)),
        (np.asfortranarray(np.zeros((30, 2))), np.arange(30, dtype=np.float32) % 2),
    ],
)
def test_archives(x: Any, y: Any, tmp_path: Path) -> None:
    agree(npz(tmp_path, x, y))


def test_archives_with_other_names_and_tasks(tmp_path: Path) -> None:
    path = tmp_path / "b.npz"
    np.savez(path, inputs=np.zeros((30, 2)), labels=np.arange(30)[:, None] % 3)
    options: Params = {"x": "inputs", "y": "labels"}
    agree(DataSpec("npz", str(path), options))
    agree(DataSpec("npz", str(path), {**options, "task": "classification"}))


def images(folder: Path, classes: int, each: int) -> DataSpec:
    for number in range(classes):
        below = folder / "i" / f"class{number:02}" / "deeper"
        below.mkdir(parents=True)
        for n in range(each):
            Image.new("RGB", (4, 3)).save(
                (below if n else below.parent) / f"{n}.{'png' if n % 2 else 'JPG'}", "png"
            )
        (below / "notes.txt").write_text("no image")
    (folder / "i" / ".hidden").mkdir()
    return DataSpec("images", str(folder / "i"), {"size": (2,)})


@pytest.mark.parametrize(("classes", "each"), [(2, 5), (25, 3)])
def test_images(classes: int, each: int, tmp_path: Path) -> None:
    assert agree(images(tmp_path, classes, each)).task == "classification"


def test_too_few_examples_fail_alike(tmp_path: Path) -> None:
    spec = csv(tmp_path, [0, 1])
    for read in (load, facts_of):
        with pytest.raises(DataError, match="2 examples are too few for 1 of validation and 1 of test"):
            read(spec)


def test_own_functions_are_not_run() -> None:
    facts = facts_of(DataSpec("python", "nowhere:load", {"task": "regression"}))
    assert facts == DataFacts(facts.fingerprint, "regression", None, None, None)


def test_constants_are_those_of_training() -> None:
    from hpexp.config import facts

    assert (facts.SMOKE_TRAIN, facts.SMOKE_OTHER) == (SMOKE_TRAIN, SMOKE_OTHER)
