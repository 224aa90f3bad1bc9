"""Built-in data, splits and scaling."""

from __future__ import annotations

import numpy as np
import pytest

from hpexp.errors import DataError
from hpexp.model import DataSpec, ModelSpec, Split
from hpexp.train.data import load, prepare
from hpexp.train.data.split import split_examples
from hpexp.vocabulary import BUILTIN_DATA

pytestmark = pytest.mark.tensorflow

MLP, CNN = ModelSpec("mlp", "mlp"), ModelSpec("cnn", "cnn")


@pytest.mark.parametrize("name", BUILTIN_DATA)
def test_builtin_data_are_finite_split_and_typed(name: str) -> None:
    arrays = load(DataSpec("builtin", name))
    total = len(arrays.x_train) + len(arrays.x_validation) + len(arrays.x_test)
    assert len(arrays.x_validation) == len(arrays.x_test) == round(total * 0.2)
    assert arrays.x_train.dtype == np.float32
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


def test_a_class_too_rare_to_stratify_is_no_error() -> None:
    parts = split_examples(10, np.array([0] * 9 + [1]), Split(0.2, 0.2))
    assert (len(parts.train), len(parts.validation), len(parts.test)) == (6, 2, 2)


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
