"""Random numbers by name: a run's seed and a purpose give one stream, whatever else is drawn.

Philox is counter-based (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
SC 2011): a key picks the stream, so that epoch 7's order needs no draw of epochs 0..6
and both engines, on any machine, read the same numbers.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

_MASK = 2**64 - 1


class Stream(IntEnum):
    """What a stream is for; part of its key, so that no two purposes share numbers."""

    ORDER = 1
    WEIGHTS = 2
    DROPOUT = 3
    DATA = 4


def generator(seed: int, stream: Stream, index: int = 0) -> np.random.Generator:
    """The stream of `seed` for a purpose and an index (an epoch, a layer)."""
    key = np.array([seed & _MASK, (int(stream) << 32) | index], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key))
