"""A CSV file read in blocks has the rows that it has as a whole."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import pytest

from hpexp.config import rows as module
from hpexp.config.rows import read_rows
from hpexp.errors import DataError

TEXTS = {
    "plain": "a,b\n1,2\n3,4\n",
    "no end": "a,b\n1,2",
    "windows": "a,b\r\n1,2\r\n\r\n3,4\r\n",
    "old mac": "a,b\r1,2\r3,4\r",
    "mixed": "a\n\r\n\r\rb\r\nc\rd",
    "odd line ends": "a\x0bb\x0cc\u2028d\x85e\n",
    "mark": "\ufeffa,b\n1,2\n",
    "wide": "ä,ß\n€,𝄞\n",
    "quotes": 'a,"b, c"\n"1\n2",3\n"4""5",6\n',
    "blank": "\n\n a \n\n,\n",
    "empty": "",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("block", [1, 2, 3, 7, 1 << 20])
def test_blocks_do_not_show(text: str, block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BLOCK", block)
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode())
    digest = hashlib.sha256()
    expected = [row for row in csv.reader(text.removeprefix("\ufeff").splitlines()) if row]
    assert list(read_rows(path, digest)) == expected
    assert digest.hexdigest() == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("block", [1, 5, 1 << 20])
def test_the_line_that_is_no_text_is_named(
    block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_BLOCK", block)
    path = tmp_path / "t.csv"
    path.write_bytes("a,b\nä,1\nx,".encode() + b"\xe4\n3,4\n")
    with pytest.raises(DataError, match="line 3 is not UTF-8 text"):
        list(read_rows(path))


def test_a_line_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BLOCK", 10)
    monkeypatch.setattr(module, "_LONGEST_LINE", 50)
    path = tmp_path / "t.csv"
    path.write_text("a" * 100)
    with pytest.raises(DataError, match="a line has more than 50 characters"):
        list(read_rows(path))
