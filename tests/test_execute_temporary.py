from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from hpexp.execute import temporary


def test_the_usual_folder_is_used_while_it_has_space(private_tmp: Path) -> None:
    assert not temporary.is_full()
    assert temporary.environment(full=False) is None


@pytest.mark.parametrize("full", [False, True])
def test_what_a_worker_prints_can_be_read_back(private_tmp: Path, full: bool) -> None:
    with temporary.output_file(full=full) as file:
        file.write(b"last words")
        file.seek(0)
        assert file.read() == b"last words"
    assert list(private_tmp.iterdir()) == []


def test_memory_stands_in_for_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hpexp.execute.temporary.nothing_fits", lambda folder: True)
    assert temporary.is_full()
    found = temporary.environment(full=True)
    assert found is None or Path(found["TMPDIR"]).is_dir()


def test_no_folder_at_all_is_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> str:
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", nowhere)
    assert temporary.is_full()
