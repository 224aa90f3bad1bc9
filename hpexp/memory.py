"""What one worker may take of the machine's memory, and whether data fit in it."""

from __future__ import annotations

from hpexp.model import DataSize, Resources
from hpexp.text import amount_of_bytes
from hpexp.vocabulary import batch_size

SHARE_OF_FREE = 0.4
"""Of the memory free now, what all workers together may take where the experiment sets no budget."""

COPIES = 3
"""Of the data that are in memory at once: as read (float64 count twice), scaled, and as tensors. Of a batch:
the one that is trained, and two made ready."""

_ALWAYS_FITS = 100 * 10**6
"""Bytes that are not worth a look at the free memory."""

TOO_LARGE = "data larger than the memory budget: fit with tf.data"
"""Why data do not go through the compiled engine."""


def budget(resources: Resources) -> int:
    """Bytes for one worker: its data, and its lanes."""
    if resources.memory is not None:
        return resources.memory
    import psutil

    return int(psutil.virtual_memory().available * SHARE_OF_FREE / (resources.jobs or 2))


def too_large(size: DataSize | None, resources: Resources) -> bool:
    """Whether the data have to stay on disk; never said of data whose size is not known."""
    if size is None:
        return False
    needed = (COPIES + size.wide) * size.bytes
    if resources.memory is None and needed <= _ALWAYS_FITS:
        return False
    return needed > budget(resources)


def wrong_batch(batch: object, examples: int, size: DataSize, resources: Resources) -> str | None:
    """What is wrong with a batch of data that stay on disk; `None` where it fits in memory.

    `batch` is the parameter, `examples` those of the training split.
    """
    assert isinstance(batch, str | int)
    number, allowed = batch_size(batch, examples), budget(resources)
    needed = COPIES * number * size.example_bytes
    if needed <= allowed:
        return None
    most = allowed // (COPIES * size.example_bytes)
    smaller = f"take a batch of at most {most:,}, or " if most else ""
    return (
        f"{batch} is {number:,} examples at once, which take {amount_of_bytes(needed)}, "
        f"more than the memory budget of {amount_of_bytes(allowed)}; {smaller}raise resources.memory"
    )
