"""Starting points: Keras's initializers in distribution, and a pure function of (params, seed)."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from hpexp.model import ModelSpec
from hpexp.train.initializers import DRAWS
from hpexp.train.models import Problem, build_model, dropout_layers, kernels
from hpexp.train.order import epoch_order
from hpexp.train.streams import Stream, generator
from hpexp.train.weights import assign, starting_values
from hpexp.vocabulary import INITIALIZERS

pytestmark = pytest.mark.tensorflow

MLP = ModelSpec("mlp", "mlp")
PROBLEM = Problem((6,), 3, "classification")


def test_every_initializer_has_a_draw() -> None:
    assert set(DRAWS) == set(INITIALIZERS)


@pytest.mark.parametrize("name", sorted(DRAWS))
@pytest.mark.parametrize("shape", [(400, 250), (250, 400), (3, 3, 60, 80)])
def test_draws_are_distributed_as_keras_says(name: str, shape: tuple[int, ...]) -> None:
    if name == "identity" and len(shape) > 2:
        pytest.skip("Keras has no identity for convolutions")
    ours = DRAWS[name](generator(0, Stream.WEIGHTS), shape)
    keras.utils.set_random_seed(0)
    initializer = keras.initializers.get(name)
    theirs = keras.ops.convert_to_numpy(initializer(shape))
    assert ours.shape == theirs.shape
    assert ours.dtype == np.float32
    spread = float(theirs.std())
    np.testing.assert_allclose(ours.mean(), theirs.mean(), atol=0.06 * spread + 1e-6)
    np.testing.assert_allclose(ours.std(), spread, rtol=0.05, atol=1e-6)
    np.testing.assert_allclose(np.abs(ours).max(), np.abs(theirs).max(), rtol=0.25)
    quantiles = np.linspace(0.05, 0.95, 7)
    np.testing.assert_allclose(
        np.quantile(ours, quantiles), np.quantile(theirs, quantiles), atol=0.12 * spread + 1e-6
    )


def test_truncated_normals_end_at_two_deviations() -> None:
    values = DRAWS["truncated_normal"](generator(0, Stream.WEIGHTS), (200, 200))
    assert 0.0999 < np.abs(values).max() <= 0.1


@pytest.mark.parametrize("shape", [(7, 4), (4, 7), (3, 3, 2, 5)])
def test_orthogonal(shape: tuple[int, ...]) -> None:
    kernel = DRAWS["orthogonal"](generator(0, Stream.WEIGHTS), shape).reshape(-1, shape[-1])
    small = kernel if kernel.shape[0] < kernel.shape[1] else kernel.T
    np.testing.assert_allclose(small @ small.T, np.eye(len(small)), atol=1e-5)


def test_identity_passes_a_convolution_through() -> None:
    kernel = DRAWS["identity"](generator(0, Stream.WEIGHTS), (3, 3, 2, 2))
    images = np.random.default_rng(0).random((1, 5, 5, 2), dtype=np.float32)
    out = keras.ops.conv(images, kernel, padding="same")
    np.testing.assert_allclose(keras.ops.convert_to_numpy(out), images)


def test_starting_values_depend_on_the_seed_alone() -> None:
    params = {"hidden": (5, 4), "dropout": 0.5, "batch_norm": True}
    first, second = (build_model(MLP, params, PROBLEM, seed) for seed in (0, 1))
    values = starting_values(first, MLP, params, PROBLEM)
    for one, other in zip(values(7), starting_values(second, MLP, params, PROBLEM)(7), strict=True):
        np.testing.assert_array_equal(one, other)
    different = [not np.array_equal(a, b) for a, b in zip(values(7), values(8), strict=True)]
    assert sum(different) == 3 + 2  # three kernels, two dropout seeds
    assign(first, values(7))
    np.testing.assert_array_equal(kernels(first)[0].numpy(), values(7)[0])
    assert kernels(first)[0].numpy().std() > 0
    seeds = {int(layer.seed.numpy()) for layer in dropout_layers(first)}
    assert len(seeds) == 2


def test_layers_of_equal_shape_start_differently() -> None:
    params = {"hidden": (6, 6)}
    values = starting_values(build_model(MLP, params, PROBLEM, 0), MLP, params, PROBLEM)(0)
    assert not np.array_equal(values[0], values[2])


def test_epoch_orders() -> None:
    order = epoch_order(3, 5, 100, 32)
    assert sorted(order) == list(range(100))
    np.testing.assert_array_equal(order, epoch_order(3, 5, 100, 1))
    for seed, epoch in ((3, 6), (4, 5)):
        assert not np.array_equal(order, epoch_order(seed, epoch, 100, 32))
    np.testing.assert_array_equal(epoch_order(3, 5, 100, 100), np.arange(100))
