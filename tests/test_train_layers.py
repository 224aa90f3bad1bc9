"""Dropout by a hash: right in distribution, repeatable, the same for many runs at once."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from hpexp.train.layers import HashDropout, dropout_seed, hash_uniform

pytestmark = pytest.mark.tensorflow


def uniform(shape: tuple[int, ...], step: int, seed: int) -> np.ndarray:
    elements = tf.reshape(tf.range(int(np.prod(shape))), shape)
    return np.asarray(hash_uniform(elements, tf.constant(step), tf.constant(seed)))


def pcg3d(x: int, y: int, z: int) -> int:
    """The first word, in Python's integers, as published."""
    mask = 2**32 - 1
    x, y, z = ((word * 1664525 + 1013904223) & mask for word in (x, y, z))
    x = (x + y * z) & mask
    y = (y + z * x) & mask
    z = (z + x * y) & mask
    x, y, z = (word ^ (word >> 16) for word in (x, y, z))
    return (x + y * z) & mask


def test_the_hash_is_pcg3d() -> None:
    values = uniform((50,), 17, 2**31 - 1)
    expected = [(pcg3d(element, 17, 2**31 - 1) >> 8) / 2**24 for element in range(50)]
    np.testing.assert_array_equal(values, np.array(expected, np.float32))


def test_numbers_are_uniform_and_uncorrelated() -> None:
    """Bounds are five standard errors of 200 × 1000 independent uniform numbers."""
    draws = np.stack([uniform((1000,), step, dropout_seed(0, 0)) for step in range(200)])
    assert 0 <= draws.min() < draws.max() < 1
    assert abs(draws.mean() - 0.5) < 5 * (1 / 12 / draws.size) ** 0.5
    counts, _ = np.histogram(draws, bins=64, range=(0, 1))
    expected = draws.size / 64
    assert ((counts - expected) ** 2 / expected).sum() < 63 + 5 * (2 * 63) ** 0.5
    centred = draws - 0.5
    for lag in (1, 2, 32):
        for product in (centred[lag:] * centred[:-lag], centred[:, lag:] * centred[:, :-lag]):
            assert abs(product.mean()) < 5 / 12 / product.size**0.5
    other = np.stack([uniform((1000,), step, dropout_seed(0, 1)) for step in range(200)]) - 0.5
    assert abs((centred * other).mean()) < 5 / 12 / draws.size**0.5


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_drops_its_share_and_keeps_the_mean(rate: float) -> None:
    layer = HashDropout(rate, seed=5)
    out = np.asarray(layer(tf.ones((200, 500)), training=True))
    assert abs((out == 0).mean() - rate) < 5 * (rate * (1 - rate) / out.size) ** 0.5
    np.testing.assert_allclose(out[out > 0], 1 / (1 - rate), rtol=1e-6)


def test_each_update_has_its_mask_and_inference_none() -> None:
    layer = HashDropout(0.5, seed=5)
    x = tf.ones((4, 100))
    np.testing.assert_array_equal(layer(x, training=False), x)
    first, second = (np.asarray(layer(x, training=True)) for _ in range(2))
    assert not np.array_equal(first, second)
    assert int(layer.step.numpy()) == 2
    layer.step.assign(0)
    np.testing.assert_array_equal(layer(x, training=True), first)


def test_a_smaller_batch_has_the_first_rows_of_the_mask() -> None:
    full, part = HashDropout(0.5, seed=5), HashDropout(0.5, seed=5)
    whole = np.asarray(full(tf.ones((8, 10)), training=True))
    np.testing.assert_array_equal(part(tf.ones((3, 10)), training=True), whole[:3])


def test_masks_are_the_same_for_many_runs_at_once() -> None:
    seeds = tf.constant([5, 6, 7])

    def one(seed: tf.Tensor) -> tf.Tensor:
        return hash_uniform(tf.range(20), tf.constant(3), seed)

    together = np.asarray(tf.function(lambda: tf.vectorized_map(one, seeds), jit_compile=True)())
    for row, seed in zip(together, (5, 6, 7), strict=True):
        np.testing.assert_array_equal(row, uniform((20,), 3, seed))
