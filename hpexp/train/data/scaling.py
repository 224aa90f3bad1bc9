"""What `normalize` does to inputs: measured on the training split, in float64, in chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpexp.train.data.rows import rows_at_once


@dataclass(frozen=True, slots=True)
class Scaling:
    """`(x - shift) / scale`, one number an input; `None` for inputs as they are.

    The arithmetic is float64 and only its result float32: what is left of a small signal around a
    large offset, a time in seconds since 1970 say, is what float64 holds of it.
    """

    shift: NDArray[np.float64] | None = None
    scale: NDArray[np.float64] | None = None

    def __call__(self, x: NDArray[Any]) -> NDArray[np.float32]:
        """float32 inputs of the shape of `x`, `[examples, …]`, which may be float64."""
        if self.shift is None or self.scale is None:
            return x.astype(np.float32, copy=False)
        scaled = np.empty(x.shape, np.float32)
        step = rows_at_once(x.shape)
        for start in range(0, len(x), step):
            scaled[start : start + step] = (x[start : start + step] - self.shift) / self.scale
        return scaled

    def reshaped(self, shape: tuple[int, ...]) -> Scaling:
        if self.shift is None or self.scale is None:
            return self
        return Scaling(self.shift.reshape(shape), self.scale.reshape(shape))


class Statistics:
    """Of the training split's inputs, measured when they are asked for first.

    `standard` takes away the mean and divides by the standard deviation, `minmax` maps to 0..1; an
    input that is constant is only shifted. `chunks` gives the inputs anew, `[some examples, …]`, in
    the order of their source: sums in another order would end in other bits.
    """

    def __init__(self, chunks: Callable[[], Iterator[NDArray[Any]]]) -> None:
        self._chunks = chunks
        self._known: dict[str, Scaling] = {}

    def scaling(self, how: str) -> Scaling:
        """The scaling that `normalize` asks for: none, standard or minmax."""
        if how == "none":
            return Scaling()
        if how not in self._known:
            self._known[how] = self._measure(how)
        return self._known[how]

    def _measure(self, how: str) -> Scaling:
        count = 0
        total: Any = np.float64(0)
        low: Any = np.float64(np.inf)
        high: Any = np.float64(-np.inf)
        for x in self._chunks():
            count += len(x)
            total = total + x.sum(axis=0, dtype=np.float64)
            low, high = np.minimum(low, x.min(axis=0)), np.maximum(high, x.max(axis=0))
        span = high - low
        if how == "minmax":
            return Scaling(low, np.where(span > 0, span, 1.0))
        mean = total / count
        squares: Any = np.float64(0)
        for x in self._chunks():
            squares = squares + np.square(x - mean).sum(axis=0)
        deviation: Any = np.sqrt(squares / count)
        return Scaling(mean, np.where((span > 0) & (deviation > 0), deviation, 1.0))
