"""Amounts with units, as a person writes them: `30s`, `2h`, `4GB`."""

from __future__ import annotations

import re
from collections.abc import Mapping

TIMES = {"s": 1, "m": 60, "h": 3600, "d": 86400}
BYTES = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
         "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}  # fmt: skip

_AMOUNT = re.compile(r"([0-9]+(?:\.[0-9]*)?)\s*([A-Za-z]+)")
_LARGEST = 1e18


def amount(value: object, units: Mapping[str, int]) -> float | None:
    """A number as it is, or a text of a number and a unit, in whatever case, in the smallest unit.

    `None` for anything else, for 0 and below, and for what is too large to mean something.
    """
    if isinstance(value, str):
        match = _AMOUNT.fullmatch(value.strip())
        sizes = {unit.upper(): size for unit, size in units.items()}
        if match is None or match[2].upper() not in sizes:
            return None
        value = float(match[1]) * sizes[match[2].upper()]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < _LARGEST:
        return None
    return float(value)
