"""The installed `hpexp` command, driven as a person or a script drives it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

FAKE = {"HPEXP_TRAINER": "hpexp.execute.fake"}
"""Workers that pretend to train, where a test is about everything around training."""


@dataclass(frozen=True)
class Command:
    """`hpexp` in a folder of the test's own."""

    folder: Path

    def environment(self, extra: Mapping[str, str]) -> dict[str, str]:
        """This process's environment, without what would change how things are printed."""
        kept = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "NO_COLOR", "FORCE_COLOR")}
        return {**kept, "TMPDIR": str(self.folder / "tmp"), **extra}

    def start(self, *arguments: str, **extra: str) -> subprocess.Popen[str]:
        """Start it; environment variables may be given as keywords."""
        return subprocess.Popen(
            [str(Path(sys.executable).with_name("hpexp")), *arguments],
            cwd=self.folder,
            env=self.environment(extra),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments: str, code: int = 0, **extra: str) -> subprocess.CompletedProcess[str]:
        """Run it to its end, which has to be this exit code."""
        process = self.start(*arguments, **extra)
        out, err = process.communicate(timeout=240)
        assert process.returncode == code, f"exit code {process.returncode}\n{out}\n{err}"
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def write(self, name: str, text: str) -> str:
        """A file in the folder; returns its name."""
        (self.folder / name).write_text(text)
        return name


@pytest.fixture
def hpexp(tmp_path: Path) -> Command:
    (tmp_path / "tmp").mkdir()
    return Command(tmp_path)


@pytest.fixture(scope="module")
def shared_hpexp(tmp_path_factory: pytest.TempPathFactory) -> Command:
    """One folder for all tests of a module, so that training is paid for once."""
    folder = tmp_path_factory.mktemp("e2e")
    (folder / "tmp").mkdir()
    return Command(folder)
