"""Whatever is wrong in a file: one message a problem, exit code 2, soon, and nothing written."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from hpexp import config
from hpexp.errors import EXIT_USAGE, ConfigError, HpexpError
from tests.bad_inputs import BAD_INPUTS, Bad

LONGEST_LINE = 1000


def write(bad: Bad, folder: Path) -> Path:
    for name, content in bad.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder / bad.main


def listing(folder: Path) -> set[tuple[str, int]]:
    return {(str(path), path.stat().st_size) for path in folder.rglob("*")}


@pytest.mark.parametrize("bad", BAD_INPUTS, ids=lambda bad: bad.id)
def test_bad_input_is_explained(bad: Bad, tmp_path: Path) -> None:
    path = write(bad, tmp_path)
    before, began = listing(tmp_path), time.process_time()
    with pytest.raises(HpexpError) as raised:
        config.data_facts(config.load(path, bad.overrides))
    seconds = time.process_time() - began
    message = str(raised.value)
    assert bad.expected in message
    assert raised.value.exit_code == EXIT_USAGE
    assert "Traceback" not in message
    assert all(0 < len(line) < LONGEST_LINE for line in message.splitlines())
    if isinstance(raised.value, ConfigError):
        assert len(message.splitlines()) == len(raised.value.problems)
        assert all(line.startswith(str(path)) for line in message.splitlines())
    assert listing(tmp_path) == before
    assert seconds < 20, "the work grows faster than the file; `make drill` measures the command"


def test_the_corpus_is_large_and_its_names_differ() -> None:
    assert len({bad.id for bad in BAD_INPUTS}) == len(BAD_INPUTS) >= 150
