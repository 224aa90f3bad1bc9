"""Kernel initializers as NumPy draws: Keras's formulas on hpexp's own random streams.

The formulas are those of keras.initializers (Glorot & Bengio 2010, He et al. 2015, LeCun
et al. 1998; orthogonal: Saxe et al. 2014); the numbers come from Philox, because a grid
of ten thousand runs needs ten thousand starting points, and NumPy draws one in
microseconds. Shapes are `[inputs, units]`, or `[rows, columns, channels, filters]`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Draw = Callable[[np.random.Generator, tuple[int, ...]], NDArray[np.float32]]

_TRUNCATED_STD = 0.87962566103423978
"""Standard deviation of a standard normal cut at ±2 (the constant of keras.initializers)."""


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Inputs and outputs of one unit: the window's area times the channels in, and out."""
    window = math.prod(shape[:-2])
    return window * shape[-2], window * shape[-1]


def _uniform(limit: float, random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
    unit = random.random(shape, dtype=np.float32)
    return (unit * np.float32(2) - np.float32(1)) * np.float32(limit)


def _truncated(std: float, random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Normal numbers, drawn again where they lie beyond two standard deviations."""
    values = random.standard_normal(math.prod(shape), dtype=np.float32)
    beyond = np.flatnonzero(np.abs(values) > 2)
    while beyond.size:
        values[beyond] = random.standard_normal(beyond.size, dtype=np.float32)
        beyond = beyond[np.abs(values[beyond]) > 2]
    return values.reshape(shape) * np.float32(std)


def _scaled(scale: float, mode: str, distribution: str) -> Draw:
    """keras.initializers.VarianceScaling: variance `scale / n`, n by `mode`."""

    def draw(random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
        fan_in, fan_out = fans(shape)
        count = fan_in if mode == "fan_in" else (fan_in + fan_out) / 2
        variance = scale / max(1.0, count)
        if distribution == "uniform":
            return _uniform(math.sqrt(3 * variance), random, shape)
        return _truncated(math.sqrt(variance) / _TRUNCATED_STD, random, shape)

    return draw


def _orthogonal(random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
    rows, columns = math.prod(shape[:-1]), shape[-1]
    flat = random.standard_normal((max(rows, columns), min(rows, columns)), dtype=np.float32)
    q, r = np.linalg.qr(flat)
    q *= np.sign(np.diag(r))  # without it, the draw is not uniform over orthogonal matrices
    return np.ascontiguousarray(q.T if rows < columns else q).reshape(shape)


def _identity(random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """The identity; for a convolution, at the window's centre (Keras has none there)."""
    kernel = np.zeros(shape, np.float32)
    kernel[tuple(size // 2 for size in shape[:-2])] = np.eye(*shape[-2:], dtype=np.float32)
    return kernel


DRAWS: dict[str, Draw] = {
    "glorot_normal": _scaled(1, "fan_avg", "truncated_normal"),
    "glorot_uniform": _scaled(1, "fan_avg", "uniform"),
    "he_normal": _scaled(2, "fan_in", "truncated_normal"),
    "he_uniform": _scaled(2, "fan_in", "uniform"),
    "identity": _identity,
    "lecun_normal": _scaled(1, "fan_in", "truncated_normal"),
    "lecun_uniform": _scaled(1, "fan_in", "uniform"),
    "ones": lambda random, shape: np.ones(shape, np.float32),
    "orthogonal": _orthogonal,
    "random_normal": lambda random, shape: random.standard_normal(shape, np.float32) * np.float32(0.05),
    "random_uniform": lambda random, shape: _uniform(0.05, random, shape),
    "truncated_normal": lambda random, shape: _truncated(0.05, random, shape),
    "variance_scaling": _scaled(1, "fan_in", "truncated_normal"),
    "zeros": lambda random, shape: np.zeros(shape, np.float32),
}
