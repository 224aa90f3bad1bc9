"""Built-in data, splits and scaling."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpexp.config.facts import facts_of
from hpexp.errors import DataError
from hpexp.model import DataSpec, DataSummary, ModelSpec, Resources, Split
from hpexp.train.data import Arrays, Streamed, load, open_data, prepare, prepared
from hpexp.train.data.classes import absent_classes
from hpexp.train.data.split import split_examples
from hpexp.vocabulary import BUILTIN_DATA

pytestmark = pytest.mark.tensorflow

MLP, CNN = ModelSpec("mlp", "mlp"), ModelSpec("cnn", "cnn")


@pytest.mark.parametrize("name", BUILTIN_DATA)
def test_builtin_data_are_finite_split_and_typed(name: str) -> None:
    arrays = load(DataSpec("builtin", name))
    total = len(arrays.x_train) + len(arrays.x_validation) + len(arrays.x_test)
    assert len(arrays.x_validation) == len(arrays.x_test) == round(total * 0.2)
    assert prepare(arrays, MLP, {}).x_train.dtype == np.float32
    assert np.isfinite(arrays.x_train).all()
    if name == "diabetes":
        assert arrays.task == "regression"
        assert arrays.y_train.dtype == np.float32
        assert arrays.problem.outputs == 1
    else:
        assert arrays.y_train.dtype == np.int32
        assert set(arrays.y_train) == set(range(len(arrays.classes)))


def test_digits_are_those_of_scikit_learn() -> None:
    from sklearn.datasets import load_digits

    arrays = load(DataSpec("builtin", "digits", split=Split(0.1, 0.0)))
    ours = np.concatenate([arrays.x_train, arrays.x_validation])
    labels = np.concatenate([arrays.y_train, arrays.y_validation])
    assert ours.shape == (1797, 8, 8, 1)
    theirs = load_digits()
    for digit in range(10):
        expected = np.sort(theirs.data[theirs.target == digit] / 16, axis=0)
        np.testing.assert_allclose(np.sort(ours[labels == digit].reshape(-1, 64), axis=0), expected)


def test_made_data_follow_their_options() -> None:
    options = {"examples": 60, "classes": 4, "noise": 0.0, "seed": 3}
    first = load(DataSpec("builtin", "spirals", options))
    again = load(DataSpec("builtin", "spirals", options))
    other = load(DataSpec("builtin", "spirals", {**options, "seed": 4}))
    assert len(first.x_train) + len(first.x_validation) + len(first.x_test) == 60
    assert len(first.classes) == 4
    np.testing.assert_array_equal(first.x_train, again.x_train)
    assert not np.array_equal(first.x_train, other.x_train)


def test_splits_are_stratified_disjoint_and_seeded() -> None:
    classes = np.repeat([0, 1, 2], [60, 30, 10])
    parts = split_examples(100, classes, Split(0.2, 0.3, seed=5))
    everything = np.concatenate([parts.train, parts.validation, parts.test])
    assert sorted(everything) == list(range(100))
    assert np.bincount(classes[parts.test]).tolist() == [18, 9, 3]
    assert np.bincount(classes[parts.validation]).tolist() == [12, 6, 2]
    again = split_examples(100, classes, Split(0.2, 0.3, seed=5))
    other = split_examples(100, classes, Split(0.2, 0.3, seed=6))
    np.testing.assert_array_equal(parts.train, again.train)
    assert set(parts.test) != set(other.test)


def test_training_examples_are_not_sorted_by_class() -> None:
    classes = np.repeat([0, 1], 50)
    train = classes[split_examples(100, classes, Split()).train]
    assert (np.diff(train) != 0).sum() > 10


@pytest.mark.parametrize(
    ("examples", "split", "sizes"),
    [
        (10, Split(0.01, 0.01), (8, 1, 1)),
        (10, Split(0.0, 0.0), (10, 0, 0)),
        (1797, Split(0.2, 0.2), (1079, 359, 359)),
        (25, Split(0.1, 0.1), (21, 2, 2)),
    ],
)
def test_split_sizes(examples: int, split: Split, sizes: tuple[int, int, int]) -> None:
    parts = split_examples(examples, None, split)
    assert (len(parts.train), len(parts.validation), len(parts.test)) == sizes


def test_a_class_too_rare_to_stratify_leaves_the_others_stratified() -> None:
    classes = np.repeat([0, 1, 2], [60, 39, 1])
    for seed in range(5):
        parts = split_examples(100, classes, Split(0.2, 0.2, seed))
        assert (len(parts.train), len(parts.validation), len(parts.test)) == (60, 20, 20)
        assert np.bincount(classes[parts.test]).tolist() == [12, 8]
        assert np.bincount(classes[parts.validation]).tolist() == [12, 8]
        assert np.bincount(classes[parts.train]).tolist() == [36, 23, 1]


@pytest.mark.parametrize("seed", range(20))
def test_splits_of_any_classes(seed: int) -> None:
    """Within one of their share, no class without a training example, all places filled."""
    random = np.random.default_rng(seed)
    counts = np.concatenate([random.integers(20, 60, 4), random.integers(1, 3, 6)])
    classes = random.permutation(np.repeat(np.arange(10), counts))
    parts = split_examples(len(classes), classes, Split(0.25, 0.25, seed))
    found = {name: np.bincount(classes[getattr(parts, name)], minlength=10) for name in ("test", "train")}
    assert len(parts.test) == len(parts.validation) == round(len(classes) * 0.25)
    assert (found["train"] > 0).all()
    common = counts >= 20
    share = round(len(classes) * 0.25) / counts[counts > 1].sum()
    assert (np.abs(found["test"] - counts * share)[common] < 1).all()


def test_classes_without_a_second_example_are_taken_where_nothing_else_is_left() -> None:
    parts = split_examples(10, np.arange(10), Split(0.2, 0.2))
    assert sorted(np.concatenate([parts.train, parts.validation, parts.test])) == list(range(10))


def test_quotas_are_those_of_scikit_learn() -> None:
    from sklearn.model_selection import StratifiedShuffleSplit

    for seed in range(20):
        classes = np.random.default_rng(seed).choice(4, 200, p=[0.5, 0.3, 0.15, 0.05])
        splitter = StratifiedShuffleSplit(1, test_size=50, random_state=seed)
        _, theirs = next(splitter.split(classes, classes))
        ours = split_examples(200, classes, Split(0.0, 0.25, seed)).test
        difference = np.bincount(classes[ours], minlength=4) - np.bincount(classes[theirs], minlength=4)
        assert np.abs(difference).max() <= 1


def test_what_a_split_lacks_is_said() -> None:
    counts = {"train": (3, 1, 1), "validation": (1, 0, 0), "test": (0, 0, 0)}
    data = DataSummary("classification", {"train": 5, "validation": 1, "test": 0}, ("a", "b", "c"), counts)
    assert absent_classes(data) == ("the validation split has no example of b (1), c (1)",)
    assert absent_classes(replace(data, counts={**counts, "validation": (1, 1, 1)})) == ()


def test_too_few_examples() -> None:
    with pytest.raises(DataError, match="2 examples are too few"):
        split_examples(2, None, Split(0.2, 0.2))


def test_smoke_takes_a_slice() -> None:
    arrays = load(DataSpec("builtin", "digits"), smoke=True)
    assert (len(arrays.x_train), len(arrays.x_validation), len(arrays.x_test)) == (64, 32, 32)
    assert len(arrays.classes) == 10


def test_normalization_looks_at_the_training_split_alone() -> None:
    arrays = load(DataSpec("builtin", "wine"))
    standard = prepare(arrays, MLP, {"normalize": "standard"})
    np.testing.assert_allclose(standard.x_train.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(standard.x_train.std(axis=0), 1, atol=1e-4)
    mean, std = arrays.x_train.mean(axis=0), arrays.x_train.std(axis=0)
    np.testing.assert_allclose(standard.x_test, (arrays.x_test - mean) / std, atol=1e-3)
    minmax = prepare(arrays, MLP, {"normalize": "minmax"})
    np.testing.assert_allclose(minmax.x_train.min(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(minmax.x_train.max(axis=0), 1, atol=1e-6)
    low, high = arrays.x_train.min(axis=0), arrays.x_train.max(axis=0)
    np.testing.assert_allclose(minmax.x_validation, (arrays.x_validation - low) / (high - low), atol=1e-5)


def test_constant_inputs_stay_finite() -> None:
    """Corners of the digits are always empty."""
    arrays = load(DataSpec("builtin", "digits"))
    for how in ("standard", "minmax"):
        assert np.isfinite(prepare(arrays, MLP, {"normalize": how}).x_test).all()


def test_images_are_flat_for_an_mlp_alone() -> None:
    arrays = load(DataSpec("builtin", "digits"))
    assert prepare(arrays, MLP, {}).problem.input_shape == (64,)
    assert prepare(arrays, CNN, {}).problem.input_shape == (8, 8, 1)


def archive(tmp_path: Path, x: np.ndarray) -> DataSpec:
    np.savez(tmp_path / "d.npz", x=x, y=np.arange(len(x)) % 2)
    return DataSpec("npz", str(tmp_path / "d.npz"))


@pytest.mark.parametrize("resources", [Resources(), Resources(memory=1)], ids=["memory", "disk"])
@pytest.mark.parametrize("how", ["standard", "minmax"])
@pytest.mark.parametrize("dtype", [np.float64, np.int64])
def test_a_small_signal_around_a_large_offset_stays(
    resources: Resources, how: str, dtype: Any, tmp_path: Path, private_tmp: Path
) -> None:
    """float32 knows 1.7e9 and the next number 128 seconds later."""
    seconds = 1_700_000_000 + np.random.default_rng(0).integers(0, 100, (60, 2)).astype(dtype)
    data = open_data(archive(tmp_path, seconds), resources)
    small = inputs_of(open_data(archive(tmp_path, seconds - 1_700_000_000), Resources())).astype(np.float64)
    if how == "standard":
        expected = (small - small.mean(axis=0)) / small.std(axis=0)
    else:
        expected = (small - small.min(axis=0)) / np.ptp(small, axis=0)
    got = inputs_of(prepared(data, MLP, {"normalize": how}))
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, expected, rtol=1e-6, atol=2e-7)


def inputs_of(data: Arrays | Streamed) -> np.ndarray:
    return data.x_train if isinstance(data, Arrays) else data.inputs(data.train, slice(None))


@pytest.mark.parametrize("resources", [Resources(), Resources(memory=1)], ids=["memory", "disk"])
@pytest.mark.parametrize("number", [1e39, -1e39, 1e300])
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_number_too_large_for_float32_is_told_with_its_place(
    resources: Resources, number: float, order: Any, tmp_path: Path, private_tmp: Path
) -> None:
    x = np.ones((30, 3))
    x[17, 2] = number
    spec = archive(tmp_path, np.asarray(x, order=order))
    text = f"example 17 holds {number:g}, too large for float32".replace("+", r"\+")
    with pytest.raises(DataError, match=text):
        facts_of(spec)
    with pytest.raises(DataError, match=text + r" \(input 2\)"):
        open_data(spec, resources)


def test_a_target_too_large_for_float32_is_told_with_its_place(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x=np.ones((30, 2)), y=np.where(np.arange(30) == 4, 1e39, np.arange(30) / 7))
    spec = DataSpec("npz", str(tmp_path / "d.npz"))
    for read in (facts_of, load):
        with pytest.raises(DataError, match=r"target.* holds 1e\+39, too large for float32"):
            read(spec)
