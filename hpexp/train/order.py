"""The order in which an epoch shows the training examples; the same for every engine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpexp.train.streams import Stream, generator


def epoch_order(seed: int, epoch: int, examples: int, batch_size: int) -> NDArray[np.int32]:
    """Indices of the training examples in the order of one epoch, shape `[examples]`.

    `epoch` counts from 0. Where one batch holds everything, the order has no effect and
    is 0, 1, 2, …, so that an engine may skip the gathering.
    """
    indices = np.arange(examples, dtype=np.int32)
    if batch_size >= examples:
        return indices
    return generator(seed, Stream.ORDER, epoch).permutation(indices)
