"""Framing of records, against known checksums and tensorboard's own writer."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

from hpexp.events.records import crc32c, frame, read_frames

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", 0),
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
    ],
)
def test_checksums_of_rfc_3720(data: bytes, expected: int) -> None:
    assert crc32c(data) == expected


@pytest.mark.parametrize("size", [0, 1, 200, 70_000])
def test_a_frame_is_what_tensorboard_writes(size: int) -> None:
    from tensorboard.summary.writer.record_writer import RecordWriter

    data = bytes(index % 251 for index in range(size))
    file = io.BytesIO()
    RecordWriter(file).write(data)
    assert frame(data) == file.getvalue()


def test_frames_come_back() -> None:
    assert list(read_frames(frame(b"one") + frame(b"") + frame(b"three"))) == [b"one", b"", b"three"]


@pytest.mark.parametrize("cut", [1, 5, 10, 19])
def test_a_record_cut_off_ends_the_file(cut: int) -> None:
    assert list(read_frames(frame(b"whole") + frame(b"cut")[:-cut])) == [b"whole"]


def test_writing_events_imports_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib;"
        "from tests.builders import a_plan, a_run, an_experiment;"
        "from hpexp.events import RunEvents, write_experiment;"
        "from hpexp.messages import EpochEnd; from hpexp.model import Result, Status;"
        "from hpexp.paths import LogsFolder;"
        "assert 'google' not in sys.modules and 'tensorboard' not in sys.modules;"
        "logs = LogsFolder(pathlib.Path(sys.argv[1])); run = a_run();"
        "write_experiment(logs, a_plan(an_experiment(), run));"
        "events = RunEvents(logs.run('toy', run.name)); events.start(run);"
        "events.epoch(EpochEnd(run.id, 0, {'loss': 1.0, 'val_loss': 1.0}, 0.0));"
        "events.finish(Result(Status.DONE, metrics={'loss': 1.0}));"
        "heavy = {'numpy', 'tensorflow', 'keras', 'scipy'} & set(sys.modules);"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
