"""How many lanes fit in memory at once."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

_LIVE_COPIES = 4
"""Of each lane's activations: forward, backward, and XLA's temporaries of both; measured, rounded up."""


def lane_bytes(
    weights: Sequence[tuple[int, ...]], slots_per_weight: int, units: int, batch: int, validation_chunk: int,
    item: int = 4,
) -> int:  # fmt: skip
    """Bytes that one lane takes: weights and all that is kept or computed of their shape, and activations.

    `units` are the numbers that the model computes for one example, `item` the bytes of one.
    """
    own = sum(math.prod(shape) for shape in weights)
    # Present, next and best weights, gradients; each slot now and next.
    copies = 4 + 2 * slots_per_weight
    return item * (own * copies + units * (batch * _LIVE_COPIES + validation_chunk * 2))


def split_evenly(lanes: int, most: int) -> list[tuple[int, int]]:
    """Chunks of at most `most` lanes, of nearly equal sizes."""
    chunks = -(-lanes // max(1, most))
    edges = [lanes * i // chunks for i in range(chunks + 1)]
    return list(itertools.pairwise(edges))
