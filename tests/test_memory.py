"""What fits in memory, and what is said of a batch that does not."""

from __future__ import annotations

from types import SimpleNamespace

import psutil
import pytest

from hpexp.memory import budget, too_large, wrong_batch
from hpexp.model import DataSize, Resources

MILLION = DataSize(1_000_000, 3140)


def test_a_budget_is_what_the_file_says_or_a_share_of_what_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=10**10))
    assert budget(Resources(memory=5)) == 5
    assert budget(Resources()) == 2 * 10**9
    assert budget(Resources(jobs=4)) == 10**9
    assert not too_large(DataSize(1, 666_666_666), Resources())
    assert too_large(DataSize(1, 666_666_667), Resources())


def test_data_are_counted_three_times() -> None:
    assert not too_large(MILLION, Resources(memory=3 * MILLION.bytes))
    assert too_large(MILLION, Resources(memory=3 * MILLION.bytes - 1))
    assert not too_large(None, Resources(memory=1))


def test_small_data_need_no_look_at_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=0))
    assert not too_large(DataSize(1000, 33_000), Resources())
    assert too_large(DataSize(1000, 34_000), Resources())


@pytest.mark.parametrize(
    ("batch", "memory", "message"),
    [
        ("full", 500 * 10**6, "full is 600,000 examples at once, which take 5.652 GB, more than the memory "
         "budget of 500 MB; take a batch of at most 53,078, or raise resources.memory"),
        (60_000, 500 * 10**6, "60000 is 60,000 examples at once, which take 565.2 MB"),
        ("mini", 100_000, "take a batch of at most 10, or"),
        ("stochastic", 1000, "more than the memory budget of 1 kB; raise resources.memory"),
        ("stochastic", 999, "more than the memory budget of 999 bytes; raise resources.memory"),
    ],
)  # fmt: skip
def test_batches_that_do_not_fit(batch: str | int, memory: int, message: str) -> None:
    wrong = wrong_batch(batch, 600_000, MILLION, Resources(memory=memory))
    assert wrong is not None
    assert message in wrong


@pytest.mark.parametrize("batch", ["stochastic", "mini", 50_000])
def test_batches_that_fit(batch: str | int) -> None:
    assert wrong_batch(batch, 600_000, MILLION, Resources(memory=500 * 10**6)) is None
