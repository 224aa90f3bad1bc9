"""The crash drill: killed at any moment, the next `hpexp run` finishes exactly what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.drill import drill


@pytest.mark.parametrize(
    ("moments", "train"),
    [
        pytest.param(4, False, id="4 moments"),
        pytest.param(30, False, id="30 moments", marks=[pytest.mark.slow, pytest.mark.timeout(900)]),
        pytest.param(5, True, id="5 moments of training", marks=[pytest.mark.slow, pytest.mark.timeout(900)]),
    ],
)
def test_nothing_is_lost(moments: int, train: bool, tmp_path: Path) -> None:
    found = drill(moments, tmp_path, train=train, seed=moments)
    assert found.moments == moments
    assert found.clean, found
