"""Examples that come some at a time have to come to an end: within so many, so much disk and time."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hpexp.errors import DataError
from hpexp.model import Resources
from hpexp.text import amount_of_bytes
from hpexp.train.data.raw import Raw

_SHARE_OF_DISK = 0.5
"""Of what is free, where the file does not say."""
_END = "let it end: no .repeat(), a .take(n), a break"


def refuse_infinite(values: Any, name: str) -> None:
    """Raise DataError for what says itself that it has no end: tf.data.Dataset, keras.utils.PyDataset."""
    cardinality = getattr(values, "cardinality", None)
    endless = callable(cardinality) and int(cardinality()) == -1
    if endless or getattr(values, "num_batches", 0) is None:
        raise DataError(f"{name}: the {type(values).__name__} has no end", hint=_END)


def bounded(pairs: Iterator[Raw], name: str, resources: Resources, folder: Path) -> Iterator[Raw]:
    """The pairs, which are written to `folder` one after the other.

    Raises DataError, which names the limit, where they go on beyond one.
    """
    began, examples, size = time.monotonic(), 0, 0
    room = resources.disk or int(shutil.disk_usage(folder).free * _SHARE_OF_DISK)
    for pair in pairs:
        examples += len(pair.x)
        size += pair.x.nbytes
        if examples > resources.examples:
            what, key = f"{resources.examples:,} examples", "examples: 1e9"
        elif size > room:
            half = "" if resources.disk else f", half of what is free in {folder.parent.parent}"
            what, key = f"{amount_of_bytes(room)}{half}", "disk: 500GB"
        elif time.monotonic() - began > resources.loading:
            what, key = f"{resources.loading:g} s and {examples:,} examples", "loading: 2h"
        else:
            yield pair
            continue
        raise DataError(
            f"{name}: what comes some examples at a time has not ended after {what}",
            hint=f"{_END}; or raise the limit: `resources: {{{key}}}`",
        )
