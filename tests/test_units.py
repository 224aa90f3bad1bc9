from __future__ import annotations

import math

import pytest

from hpexp.cli.options import seconds
from hpexp.errors import UsageError
from hpexp.units import BYTES, TIMES, amount


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (90, 90.0),
        ("30s", 30.0),
        ("1.5 m", 90.0),
        ("2H", 7200.0),
        ("7d", 604800.0),
        ("90", None),
        ("m", None),
        ("3 weeks", None),
        ("-1s", None),
        (0, None),
        (True, None),
        (math.inf, None),
        (math.nan, None),
        ([1], None),
    ],
)
def test_times(value: object, expected: float | None) -> None:
    assert amount(value, TIMES) == expected


def test_amounts_of_memory() -> None:
    assert [amount(text, BYTES) for text in ("4GB", "4gib", "1 kb")] == [4e9, 4 * 2**30, 1000]


def test_times_of_the_command_line_may_be_bare_numbers() -> None:
    assert [seconds(text) for text in (None, "90", "1e2", "30s", "7d")] == [None, 90.0, 100.0, 30.0, 604800.0]
    for wrong in ("", "soon", "0", "-5m", "inf", "nan", "5 weeks"):
        with pytest.raises(UsageError, match="is not a time"):
            seconds(wrong)
