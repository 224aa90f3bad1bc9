"""Which data a worker got: equal fingerprints mean equal data, in memory or on disk."""

from __future__ import annotations

import math
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpexp.train.data.arrays import Arrays, Features
from hpexp.train.data.rows import rows_at_once
from hpexp.train.data.streamed import Part, Streamed

Hashes = NDArray[np.uint64]
"""One number an example."""


def fingerprint(data: Arrays | Streamed) -> str:
    """16 hex digits of the targets and inputs of every example of every split, in order.

    Data on disk are read once for it, in the order of the file.
    """
    columns = tuple(dict.fromkeys(data.features))
    digest = blake2b(repr((data.task, data.classes, columns)).encode(), digest_size=8)
    for split in ("train", "validation", "test"):
        if isinstance(data, Arrays):
            x: Features = getattr(data, f"x_{split}")
            y, kind, hashes = getattr(data, f"y_{split}"), x.dtype, _of_rows(x)
        else:
            part: Part = getattr(data, split)
            y, kind, hashes = part.y, part.inputs(slice(0)).dtype, _of_part(part)
        digest.update(f"{kind.str} {data.problem.input_shape} {y.dtype.str} {y.shape}".encode())
        digest.update(np.ascontiguousarray(y).tobytes())
        digest.update(hashes.tobytes())
    return digest.hexdigest()


def _of_part(part: Part) -> Hashes:
    order = np.argsort(part.rows, kind="stable")
    hashes = np.empty(len(order), np.uint64)
    step = rows_at_once(part.source.source.shape)
    for start in range(0, len(order), step):
        places = order[start : start + step]
        hashes[places] = _of_rows(part.inputs(places))
    return hashes


def _of_rows(x: Features) -> Hashes:
    """Multilinear hashing: the sum of an example's bits, 32 at a time, times fixed random numbers."""
    flat: NDArray[Any] = np.ascontiguousarray(x).reshape(len(x), math.prod(x.shape[1:]))
    bits = flat.view(np.uint8 if x.dtype.itemsize % 4 else np.uint32)
    factors = np.random.Philox(0).random_raw(bits.shape[1] + 1).astype(np.uint64) | np.uint64(1)
    hashes = np.empty(len(bits), np.uint64)
    step = rows_at_once(bits.shape)
    for start in range(0, len(bits), step):
        chunk = bits[start : start + step].astype(np.uint64)
        hashes[start : start + step] = np.einsum("ij,j->i", chunk, factors[1:]) + factors[0]
    return hashes
