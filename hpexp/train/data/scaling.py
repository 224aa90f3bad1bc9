"""What `normalize` does to inputs that do not fit in memory, measured in chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpexp.train.data.arrays import Features


@dataclass(frozen=True, slots=True)
class Scaling:
    """`(x - shift) / scale`, float32, one number an input; `None` for inputs as they are."""

    shift: NDArray[np.float32] | None = None
    scale: NDArray[np.float32] | None = None

    def __call__(self, x: Features) -> Features:
        return x if self.shift is None or self.scale is None else (x - self.shift) / self.scale

    def reshaped(self, shape: tuple[int, ...]) -> Scaling:
        if self.shift is None or self.scale is None:
            return self
        return Scaling(self.shift.reshape(shape), self.scale.reshape(shape))


class Statistics:
    """Of the training split's inputs, measured when they are asked for first; by `prepare`'s rules.

    `chunks` gives the inputs anew, float32 `[some examples, ...]`. Sums are float64.
    """

    def __init__(self, chunks: Callable[[], Iterator[Features]]) -> None:
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
        low: Any = np.float32(np.inf)
        high: Any = np.float32(-np.inf)
        for x in self._chunks():
            count += len(x)
            total = total + x.sum(axis=0, dtype=np.float64)
            low, high = np.minimum(low, x.min(axis=0)), np.maximum(high, x.max(axis=0))
        span = high - low
        if how == "minmax":
            return Scaling(low, np.where(span > 0, span, np.float32(1)))
        mean = total / count
        squares: Any = np.float64(0)
        for x in self._chunks():
            squares = squares + np.square(x - mean).sum(axis=0)
        deviation: Any = np.sqrt(squares / count).astype(np.float32)
        return Scaling(mean.astype(np.float32), np.where(span > 0, deviation, np.float32(1)))
