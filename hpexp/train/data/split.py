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
    """Split `examples` by the shares of `split`; `classes` (`[examples]`) for a stratified one.

    The test split depends on the seed alone. The other examples are divided anew in each repeat.
    """
    validation = share_size(examples, split.validation)
    test = share_size(examples, split.test)
    if validation + test >= examples:
        raise DataError(
            f"{examples} examples are too few for {validation} of validation and {test} of test",
            hint="lower the shares under split",
        )
    tested, rest = _divided(generator(split.seed, Stream.DATA).permutation(examples), test, classes)
    if split.repeat:
        rest = generator(split.seed, Stream.DATA, split.repeat).permutation(rest)
    validated, rest = _divided(rest, validation, classes)
    return Parts(train=rest, validation=validated, test=tested)


def _divided(indices: Indices, size: int, classes: NDArray[Any] | None) -> tuple[Indices, Indices]:
    """`size` of the indices, and the others."""
    chosen = _choose(indices, size, classes)
    return indices[chosen], indices[~chosen]


def _choose(indices: Indices, size: int, classes: NDArray[Any] | None) -> NDArray[np.bool_]:
    """A mask of `size` of the shuffled `indices`; each class as often as its share, ± 1.

    Without classes simply the first ones.
    """
    if classes is None or not size:
        return np.arange(len(indices)) < size
    _, member, counts = np.unique(classes[indices], return_inverse=True, return_counts=True)
    quota = class_quotas(counts, size)
    # An example is chosen while its class has places left.
    by_class = np.argsort(member, kind="stable")
    rank = np.empty(len(indices), int)
    rank[by_class] = np.arange(len(indices)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.asarray(rank < quota[member])


def class_quotas(counts: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """How many of `size` examples each class gives, of which there are `counts`.

    Largest remainders get the odd examples (Hamilton's method), as in scikit-learn's
    StratifiedShuffleSplit. A class gives its last example only where nothing else is left: a class
    that is not trained cannot be told, so that a class of one example takes no part.
    """
    shared = np.where(counts > 1, counts, 0)
    exact = shared * (size / max(1, shared.sum()))
    quota = np.minimum(np.floor(exact).astype(np.int64), np.maximum(shared - 1, 0))
    odd = np.argsort(quota - exact, kind="stable")
    for most in (np.maximum(shared - 1, 0), counts):
        while (left := size - quota.sum()) > 0 and len(free := odd[quota[odd] < most[odd]]):
            quota[free[:left]] += 1
    return quota
