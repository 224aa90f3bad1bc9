"""Best epochs and early stopping of all lanes at once, in NumPy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpexp.model import EarlyStopping, Mode

Flags = NDArray[np.bool_]


@dataclass(slots=True)
class Best:
    """The best epoch of each lane by one metric, and how many epochs ago it was.

    The rules are those of keras.callbacks.EarlyStopping: better by more than `min_delta`,
    NaN never better than a number, the first epoch better than nothing.
    """

    mode: Mode
    min_delta: float
    value: NDArray[np.float64]
    epoch: NDArray[np.int64]
    wait: NDArray[np.int64]

    @classmethod
    def of(cls, lanes: int, mode: Mode, min_delta: float = 0.0) -> Best:
        """Before the first epoch."""
        return cls(mode, min_delta, np.zeros(lanes), np.full(lanes, -1), np.zeros(lanes, np.int64))

    def see(self, epoch: int, values: NDArray[np.float64], active: Flags) -> Flags:
        """Take in an epoch's values; which of the active lanes had their best epoch."""
        if self.mode == "max":
            ahead = values - self.min_delta > self.value
        else:
            ahead = values + self.min_delta < self.value
        improved = active & (ahead | (self.epoch < 0))
        self.value[improved] = values[improved]
        self.epoch[improved] = epoch
        self.wait[active] += 1
        self.wait[improved] = 0
        return improved

    def out_of_patience(self, epoch: int, rule: EarlyStopping, active: Flags, improved: Flags) -> Flags:
        """Which active lanes stop after this epoch; never after the very first."""
        if epoch == 0:
            return np.zeros_like(active)
        return active & ~improved & (self.wait >= rule.patience)

    def select(self, lanes: NDArray[np.int64]) -> Best:
        """The same for some of the lanes, in this order."""
        return Best(self.mode, self.min_delta, self.value[lanes], self.epoch[lanes], self.wait[lanes])
