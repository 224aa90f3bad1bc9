"""Scratch folders: filled once, shared, and gone when the last user is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hpexp import scratch

pytestmark = pytest.mark.usefixtures("private_tmp")

PROGRAM = """
import sys, time
from pathlib import Path
from hpexp import scratch

def fill(folder):
    print("fills", flush=True)
    time.sleep(float(sys.argv[1]))
    (folder / "text").write_text("whole")

held = scratch.hold("key", fill)
print((held.folder / "text").read_text(), flush=True)
time.sleep(60)
"""


def user(seconds: float) -> subprocess.Popen[str]:
    """A process that needs so long to fill the folder, and then keeps it."""
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(seconds)], stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    )


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def end(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def never(folder: Path) -> None:
    raise AssertionError(f"{folder} is filled already")


def test_two_processes_share_a_folder() -> None:
    first = user(0.5)
    second = user(0.5)
    said = sorted([line(first), line(second)])
    assert said == ["fills", "whole"], "the second one waited for the first"
    held = scratch.hold("key", never)
    for process in (first, second):
        end(process)
    scratch.sweep()
    assert (held.folder / "text").read_text() == "whole"
    held.close()
    assert not scratch.home().exists()


def test_what_a_killed_process_left_is_swept() -> None:
    for seconds in (0.0, 60.0):
        process = user(seconds)
        assert line(process) == "fills"
        if not seconds:
            assert line(process) == "whole"
        scratch.sweep()
        assert (scratch.home() / "key").exists(), "it is in use"
        end(process)
        scratch.sweep()
        assert not scratch.home().exists()


def test_a_half_filled_folder_is_filled_anew() -> None:
    process = user(60.0)
    assert line(process) == "fills"
    (scratch.home() / "key" / "part").touch()
    end(process)
    held = scratch.hold("key", lambda folder: (folder / "text").touch())
    assert sorted(path.name for path in held.folder.iterdir()) == ["done", "text"]
    held.close()


def test_a_failed_filling_leaves_nothing() -> None:
    with pytest.raises(ValueError, match="broken"):
        scratch.hold("key", lambda _: (_ for _ in ()).throw(ValueError("broken")))
    assert not scratch.home().exists()


def test_a_folder_that_is_not_needed_any_more_goes_at_once() -> None:
    held = scratch.hold("key", lambda folder: None)
    other = scratch.hold("other", lambda folder: None)
    del held
    assert not (scratch.home() / "key").exists()
    assert other.folder.exists()
    del other
    assert not scratch.home().exists()


def test_a_home_of_another_kind_is_refused(tmp_path: Path) -> None:
    scratch.home().symlink_to(tmp_path)
    with pytest.raises(PermissionError):
        scratch.hold("key", never)


def test_without_tmpdir_it_is_not_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMPDIR")
    assert scratch.home() == Path("/var/tmp") / f"hpexp-data-{os.getuid()}"


def test_sweeping_nothing_takes_no_time() -> None:
    began = time.perf_counter()
    scratch.sweep()
    assert time.perf_counter() - began < 1
