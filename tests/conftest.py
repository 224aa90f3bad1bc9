from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

# What a test draws is the same each time: it fails for what was changed, never by chance.
settings.register_profile("same", derandomize=True, database=None, deadline=None)
settings.load_profile("same")


@pytest.fixture(autouse=True)
def no_own_code_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test replaces is not taken for the doing of own code that an earlier test ran."""
    traces = sys.modules.get("hpexp.train.traces")
    if traces is not None:
        for name, nothing in {"_clean": None, "_code": [], "_state": {}, "_loaded": ""}.items():
            monkeypatch.setattr(traces, name, nothing)


@pytest.fixture
def private_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of the test's own, and so a TensorBoard registry of its own."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder
