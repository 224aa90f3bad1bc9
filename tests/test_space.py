from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from hpexp.errors import NoSpaceError, StoreError
from hpexp.space import cause, is_full, no_space, nothing_fits, tells_of_full


def error(code: int) -> OSError:
    return OSError(code, os.strerror(code))


@pytest.mark.parametrize("found", [error(errno.ENOSPC), error(errno.EDQUOT), NoSpaceError("full")])
def test_a_full_disk_and_a_used_up_quota(found: Exception) -> None:
    assert is_full(found)


@pytest.mark.parametrize(
    "found", [error(errno.EACCES), error(errno.EIO), StoreError("damaged"), ValueError()]
)
def test_other_errors_are_none(found: Exception) -> None:
    assert not is_full(found)


def test_what_is_said() -> None:
    assert no_space(Path("logs")) == "no space left on device: free space in logs and run again"
    assert cause(error(errno.EDQUOT)) == "disk quota exceeded"


def test_what_workers_say() -> None:
    assert tells_of_full("OSError: [Errno 28] No space left on device: 'model.keras'")
    assert not tells_of_full("OSError: [Errno 13] Permission denied: 'model.keras'")


def test_looking_for_space_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not nothing_fits(tmp_path)
    assert not nothing_fits(tmp_path / "missing")

    def full(descriptor: int, offset: int, size: int) -> None:
        raise error(errno.EDQUOT)

    monkeypatch.setattr("os.posix_fallocate", full)
    assert nothing_fits(tmp_path)
    assert list(tmp_path.iterdir()) == []
