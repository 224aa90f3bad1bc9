"""Data that stay on disk train to the numbers of the same data in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

from hpexp import scratch
from hpexp.errors import DataError
from hpexp.messages import EpochEnd, Finished, Job, LogText
from hpexp.model import (
    DataSpec,
    EarlyStopping,
    Engine,
    Experiment,
    Group,
    ModelSpec,
    Resources,
    Result,
    Run,
    Split,
    Status,
)
from hpexp.train import fit, worker
from hpexp.train.data import Arrays, Streamed, open_data
from tests.engines import experiment, group, runs

pytestmark = [
    pytest.mark.tensorflow,
    # FeatureSpace still calls NumPy 1's `__array__`.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

TINY = Resources(memory=4000)
"""Too little for the data here, enough for batches of 32 examples of a few inputs."""

EXAMPLES = 150


@pytest.fixture(autouse=True)
def scratch_folders(private_tmp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_opened", {})


def table() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    y = np.arange(EXAMPLES) % 3
    x = random.normal(size=(EXAMPLES, 5)) * [1, 10, 0.1, 1, 0] + y[:, None]
    return x.astype(np.float32), y


def csv(folder: Path) -> DataSpec:
    x, y = table()
    path = folder / "t.csv"
    lines = [f"{','.join(map(repr, map(float, row)))},{target}" for row, target in zip(x, y, strict=True)]
    path.write_text("a,b,c,d,e,y\n" + "\n".join(lines) + "\n")
    return DataSpec("csv", str(path), {"target": "y"})


def csv_with_text(folder: Path) -> DataSpec:
    x, y = table()
    path = folder / "w.csv"
    lines = [f"{x[n, 0]},{'uvwq'[n * n % 4]},{x[n, 1]}, k{n % 7} ,c{y[n]}" for n in range(EXAMPLES)]
    path.write_text("a,kind,b,group,y\n" + "\n".join(lines) + "\n")
    return DataSpec("csv", str(path), {"target": "y"})


def npz(folder: Path) -> DataSpec:
    x, y = table()
    np.savez(folder / "d.npz", x=x, y=y)
    return DataSpec("npz", str(folder / "d.npz"))


def compressed(folder: Path) -> DataSpec:
    x, y = table()
    np.savez_compressed(folder / "c.npz", inputs=x.astype(np.float64), y=y / 7)
    return DataSpec("npz", str(folder / "c.npz"), {"x": "inputs"})


def by_columns(folder: Path) -> DataSpec:
    x, y = table()
    np.savez(folder / "f.npz", x=np.asfortranarray(x), y=np.array(["u", "v", "w"])[y])
    return DataSpec("npz", str(folder / "f.npz"))


def bytes_as_images(folder: Path) -> DataSpec:
    random = np.random.default_rng(0)
    y = np.arange(EXAMPLES) % 3
    x = random.integers(0, 200, (EXAMPLES, 3, 3)).astype(np.uint8) + (20 * y[:, None, None]).astype(np.uint8)
    np.savez(folder / "b.npz", x=x, y=y)
    return DataSpec("npz", str(folder / "b.npz"))


def images(folder: Path) -> DataSpec:
    random = np.random.default_rng(0)
    for n in range(EXAMPLES // 2):
        below = folder / "images" / "abc"[n % 3]
        below.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 85 * (n % 3 + 1), (5, 4, 3)).astype(np.uint8)).save(
            below / f"{n}.png"
        )
    return DataSpec("images", str(folder / "images"), {"size": (3, 2)})


def function(folder: Path, body: str) -> DataSpec:
    x, y = table()
    np.save(folder / "x.npy", x)
    np.save(folder / "y.npy", y)
    module = f"own_stream_{abs(hash((str(folder), body))) % 10**9}"
    text = f"import numpy as np\nfolder = {str(folder)!r}\ny = np.load(folder + '/y.npy')\ndef data():\n"
    (folder / f"{module}.py").write_text(text + "".join(f"    {line}\n" for line in body.splitlines()))
    return DataSpec("python", f"{module}:data", folder=str(folder))


def memory_map(folder: Path) -> DataSpec:
    return function(folder, "return np.load(folder + '/x.npy', mmap_mode='r'), y")


def splits(folder: Path) -> DataSpec:
    body = "x = np.load(folder + '/x.npy', mmap_mode='r')\n"
    return function(folder, body + "return {'train': (x[:90], y[:90]), 'test': (x[90:], y[90:])}")


def generator(folder: Path) -> DataSpec:
    body = (
        "x = np.load(folder + '/x.npy')\nfor n in range(0, 150, 7):\n    yield x[n : n + 7], y[n : n + 7]\n"
    )
    return function(folder, body)


def dataset(folder: Path) -> DataSpec:
    body = "import tensorflow as tf\nx = np.load(folder + '/x.npy')\n"
    return function(folder, body + "return tf.data.Dataset.from_tensor_slices((x, y)).batch(40)\n")


SOURCES = [
    csv, csv_with_text, npz, compressed, by_columns, bytes_as_images, images,
    memory_map, splits, generator, dataset,
]  # fmt: skip


def both(spec: DataSpec, resources: Resources = TINY) -> tuple[Arrays, Streamed]:
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
        expected = fit.prepared(arrays, model, {"normalize": normalize})
        got = fit.prepared(streamed, model, {"normalize": normalize})
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


def train(
    spec: Experiment, lanes: tuple[Run, ...], engine: Engine = "fit"
) -> tuple[dict[str, list[Mapping[str, float]]], dict[str, Result], dict[str, str]]:
    """Each epoch's numbers, the results, and the logs, by run id."""
    messages: list[Any] = []
    worker.train_job(Job(spec, Group(0, engine, lanes)), messages.append)
    epochs: dict[str, list[Mapping[str, float]]] = {run.id: [] for run in lanes}
    for message in messages:
        if isinstance(message, EpochEnd):
            epochs[message.run_id].append(message.logs)
    results = {m.run_id: m.result for m in messages if isinstance(m, Finished)}
    return epochs, results, {m.run_id: m.text for m in messages if isinstance(m, LogText)}


def on_disk(data: DataSpec, **changes: Any) -> Experiment:
    return replace(experiment(**{"resources": TINY, **changes}), data=data)


LANES = group(
    runs(batch=["full", "mini", 20], normalize=["standard"], epochs=[2]),
    runs(batch=["stochastic"], normalize=["standard"], epochs=[1]),
    runs(optimizer=["adam"], dropout=[0.3], batch_norm=[True], normalize=["minmax"], seed=[0, 1]),
)


def assert_trains_alike(spec: Experiment, lanes: tuple[Run, ...]) -> None:
    """The same bits: batches, their order and every sum are the same."""
    epochs, results, _ = train(replace(spec, resources=Resources()), lanes)
    streamed_epochs, streamed, _ = train(spec, lanes)
    assert worker._opened
    assert all(isinstance(data, Streamed) for data in worker._opened.values())
    assert streamed_epochs == epochs
    for run in lanes:
        mine, other = streamed[run.id], results[run.id]
        assert (mine.status, mine.error) == (other.status, other.error) == (Status.DONE, None)
        assert mine.metrics == other.metrics
        assert mine.test == other.test
        assert mine.test


@pytest.mark.parametrize("source", [csv, npz, memory_map])
def test_runs_end_with_the_same_numbers(source: Any, tmp_path: Path) -> None:
    assert_trains_alike(on_disk(source(tmp_path), resources=Resources(memory=9000)), LANES)


@pytest.mark.parametrize("source", [compressed, images, splits])
def test_other_data_and_models_too(source: Any, tmp_path: Path) -> None:
    spec = on_disk(source(tmp_path), early_stopping=EarlyStopping(patience=5))
    model = ModelSpec("cnn", "cnn") if source is images else ModelSpec("linear", "linear")
    assert_trains_alike(replace(spec, model=model), runs(filters=[(3,)], batch=[16], epochs=[2], l2=[0.01]))


def test_no_validation_and_no_test(tmp_path: Path) -> None:
    spec = on_disk(replace(npz(tmp_path), split=Split(0.0, 0.0)))
    (result,) = train(spec, runs(epochs=[1]))[1].values()
    assert result.status is Status.DONE
    assert set(result.metrics) == {"loss", "accuracy"}
    assert not result.test


def test_a_smoke_run_uses_a_slice(tmp_path: Path) -> None:
    data = open_data(npz(tmp_path), TINY, smoke=True)
    arrays = open_data(npz(tmp_path), Resources(), smoke=True)
    assert isinstance(data, Streamed)
    assert isinstance(arrays, Arrays)
    assert (len(data.train), len(data.validation), len(data.test)) == (64, 30, 30)
    np.testing.assert_array_equal(data.train.inputs(slice(None)), arrays.x_train)


def test_a_compiled_group_goes_through_fit_and_says_why(tmp_path: Path) -> None:
    spec = on_disk(memory_map(tmp_path))
    _, results, logs = train(spec, runs(seed=[0, 1], epochs=[1]), "compiled")
    assert [result.engine for result in results.values()] == ["fit", "fit"]
    assert set(logs.values()) == {"not compiled: data larger than the memory budget: fit with tf.data\n"}


def test_a_batch_that_is_too_large_fails_before_it_is_trained(tmp_path: Path) -> None:
    spec = on_disk(memory_map(tmp_path))
    epochs, results, _ = train(spec, group(runs(batch=["full"]), runs(batch=[16], epochs=[1])))
    assert not epochs["r0"]
    assert results["r0"].status is Status.FAILED
    assert results["r0"].error == (
        "batch: full is 90 examples at once, which take 6.48 kB, more than the memory budget of "
        "4 kB; take a batch of at most 55, or raise resources.memory"
    )
    assert results["r1"].status is Status.DONE


BAD = [
    (np.full((EXAMPLES, 5), np.nan), np.arange(EXAMPLES) % 2, "example 0 holds NaN or infinity"),
    (np.ones((EXAMPLES, 5)), np.zeros(EXAMPLES, int), "there is only one class, 0"),
    (np.ones((EXAMPLES, 5)), np.full(EXAMPLES, np.nan), "the target holds NaN or infinity"),
    (np.full((EXAMPLES, 5), "a"), np.arange(EXAMPLES) % 2, "the inputs are <U1, not numbers"),
    (np.ones((EXAMPLES, 5)), np.ones(3), "they need one entry an example"),
]


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize(("x", "y", "message"), BAD)
def test_bad_arrays(save: Any, x: Any, y: Any, message: str, tmp_path: Path) -> None:
    save(tmp_path / "bad.npz", x=x, y=y)
    spec = on_disk(DataSpec("npz", str(tmp_path / "bad.npz")))
    for result in train(spec, runs(epochs=[1]))[1].values():
        assert result.status is Status.FAILED
        assert result.error is not None
        assert message in result.error
    assert not scratch.home().exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x,z\n1,2\n", "has no column y; it has x, z"),
        ("x,y\n", "no rows below its header"),
        ("x,y\n1,a\n,b\n2,a\n", "column x: row 3 is empty"),
        ("x,w,y\n1,2,a\nnan,,b\n2,1,a\n", "column x: row 3 holds nan"),
        ("x,y\n1,a\n1,b,c\n", "row 3 has 3 cells, the header 2"),
        ("x,y\n1,a\n2,\n", "row 3 has no y"),
        ("x,y\n1,1\n2,\n", "column y: row 3 is empty"),
        ("y\n1\n2\n", "no column besides the target"),
        ("x,y\n1,a\n2,a\n3,a\n", "only one class, a"),
        ("x,y\n" + "1,a\n1e300,b\n" * 3, "example 1 holds NaN or infinity"),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")
def test_bad_tables(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text(text)
    spec = DataSpec("csv", str(tmp_path / "bad.csv"), {"target": "y"}, Split(0.2, 0.2))
    with pytest.raises(DataError, match=message):
        open_data(spec, Resources(memory=1))
    assert not scratch.home().exists()


def test_a_column_that_turns_to_text_late(tmp_path: Path) -> None:
    path = tmp_path / "late.csv"
    rows = [f"{n},{n % 5},{n % 2}" for n in range(70_000)] + ["1,,0", "2,word,1"]
    path.write_text("a,b,y\n" + "\n".join(rows) + "\n")
    arrays, streamed = both(DataSpec("csv", str(path), {"target": "y"}), Resources(memory=1))
    np.testing.assert_array_equal(streamed.train.inputs(slice(None)), arrays.x_train)
    assert streamed.problem.input_shape == (1 + 5 + 2 + 1,) or streamed.problem == arrays.problem


def test_examples_that_do_not_fit_together(tmp_path: Path) -> None:
    body = "yield np.ones((3, 2)), y[:3]\nyield np.ones((3, 4)), y[:3]\n"
    with pytest.raises(DataError, match=r"examples of shape .4,. and type float64 follow some of shape .2,."):
        open_data(function(tmp_path, body), TINY)
    with pytest.raises(DataError, match="there are no examples"):
        open_data(function(tmp_path, "yield from ()\n"), TINY)


def test_no_room_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=10))
    with pytest.raises(DataError, match=r"does not fit in memory and cannot be kept in .*GB are needed"):
        open_data(csv(tmp_path), TINY)
    assert not scratch.home().exists()


def test_workers_share_what_they_have_written(tmp_path: Path) -> None:
    spec = csv(tmp_path)
    first = open_data(spec, TINY)
    (folder,) = [path for path in scratch.home().iterdir() if path.is_dir()]
    before = (folder / "x.bin").stat().st_ino
    second = open_data(spec, TINY)
    assert (folder / "x.bin").stat().st_ino == before
    del first
    assert folder.exists()
    del second
    assert not scratch.home().exists() or not list(scratch.home().iterdir())


def test_keras_works_in_float64_too(tmp_path: Path) -> None:
    before = keras.config.floatx()
    try:
        keras.config.set_floatx("float64")
        keras.config.set_dtype_policy("float64")
        assert_trains_alike(on_disk(npz(tmp_path)), runs(epochs=[1]))
    finally:
        keras.config.set_floatx(before)
        keras.config.set_dtype_policy(before)
