"""Which examples are for training, validation and test: seeded, and stratified by class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpexp.errors import DataError
from hpexp.model import Split
from hpexp.train.streams import Stream, generator

Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Parts:
    """Indices of the examples of each split, in a seeded random order."""

    train: Indices
    validation: Indices
    test: Indices


def share_size(examples: int, share: float) -> int:
    """How many of the examples a share is: rounded, at least one where there is a share at all."""
    return max(1, round(examples * share)) if share > 0 else 0


def split_examples(examples: int, classes: NDArray[Any] | None, split: Split) -> Parts:
    """Split `examples` by the shares of `split`; `classes` (`[examples]`) for a stratified one."""
    validation = share_size(examples, split.validation)
    test = share_size(examples, split.test)
    if validation + test >= examples:
        raise DataError(
            f"{examples} examples are too few for {validation} of validation and {test} of test",
            hint="lower the shares under split",
        )
    random = generator(split.seed, Stream.DATA)
    rest = random.permutation(examples)
    parts = []
    for size in (test, validation):
        chosen = _choose(rest, size, classes)
        parts.append(rest[chosen])
        rest = rest[~chosen]
    return Parts(train=rest, validation=parts[1], test=parts[0])


def _choose(indices: Indices, size: int, classes: NDArray[Any] | None) -> NDArray[np.bool_]:
    """A mask of `size` of the shuffled `indices`; each class as often as its share, ± 1.

    Largest remainders get the odd examples (Hamilton's method), as in scikit-learn's
    StratifiedShuffleSplit. Without classes, or with a class too rare to be on both
    sides, or more classes than places, simply the first ones.
    """
    if classes is not None and size:
        _, member, counts = np.unique(classes[indices], return_inverse=True, return_counts=True)
        if counts.min() >= 2 and min(size, len(indices) - size) >= len(counts):
            exact = counts * (size / len(indices))
            quota = np.floor(exact).astype(int)
            odd = np.argsort(quota - exact, kind="stable")[: size - quota.sum()]
            quota[odd] += 1
            # An example is chosen while its class has places left.
            by_class = np.argsort(member, kind="stable")
            rank = np.empty(len(indices), int)
            rank[by_class] = np.arange(len(indices)) - np.repeat(np.cumsum(counts) - counts, counts)
            return np.asarray(rank < quota[member])
    return np.arange(len(indices)) < size
