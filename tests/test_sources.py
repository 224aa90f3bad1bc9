"""Own code followed through its imports, without running it."""

from __future__ import annotations

import ast
from importlib.metadata import version
from pathlib import Path

import pytest

import hpexp
from hpexp.sources import OwnCode, is_own, read_own_code


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """The experiment's folder, and one on Python's path."""
    for name in ("here", "library"):
        (tmp_path / name).mkdir()
    monkeypatch.syspath_prepend(str(tmp_path / "library"))
    return tmp_path / "here", tmp_path / "library"


def write(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        path = folder.joinpath(*name.split("__")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def read(folder: Path, module: str = "net") -> OwnCode:
    return read_own_code(module, str(folder))


def test_modules_on_pythons_path_count_wherever_they_lie(folders: tuple[Path, Path], tmp_path: Path) -> None:
    here, library = folders
    write(here, net="from lib.deep import layer\n")
    write(library, lib__init="", lib__deep="from . import other\nlayer = 1\n", lib__other="", lib__unused="")
    (library / "lib" / "init.py").rename(library / "lib" / "__init__.py")
    before = read(here)
    assert sorted(path.name for path in before.files.values()) == [
        "__init__.py",
        "deep.py",
        "net.py",
        "other.py",
    ]
    assert not [name for name in before.files if str(tmp_path) in name]
    write(library, lib__unused="x = 1\n")
    assert read(here).digest == before.digest
    write(library, lib__other="x = 1\n")
    assert read(here).digest != before.digest


def test_a_module_beside_the_file_comes_before_one_on_the_path(folders: tuple[Path, Path]) -> None:
    here, library = folders
    write(here, net="import parts\n", parts="layer = 1\n")
    before = read(here).digest
    write(library, parts="layer = 2\n")
    assert read(here).digest == before
    (here / "parts.py").unlink()
    assert read(here).digest != before


def test_a_model_that_lies_on_the_path_alone(folders: tuple[Path, Path]) -> None:
    here, library = folders
    write(library, net="def build(shape, outputs, width): ...\n")
    found = read(here)
    assert "width" in found.text
    write(library, net="def build(shape, outputs, width): pass\n")
    assert read(here).digest not in (found.digest, "")


@pytest.mark.parametrize(
    "text",
    [
        "import importlib\ndef build():\n    return importlib.import_module('parts')\n",
        "parts = __import__('parts')\n",
        "try:\n    from parts import layer\nexcept ImportError:\n    layer = None\n",
    ],
)
def test_imports_that_are_calls_or_hidden(folders: tuple[Path, Path], text: str) -> None:
    here, _ = folders
    write(here, net=text, parts="layer = 1\n")
    assert set(read(here).files) == {"net.py", "parts.py"}


def test_installed_packages_count_by_their_versions_but_those_of_hpexp(folders: tuple[Path, Path]) -> None:
    here, _ = folders
    write(here, net="import json, hypothesis.strategies, numpy, keras, sklearn, nowhere\n")
    found = read(here)
    assert found.packages == {"hypothesis": version("hypothesis")}
    assert set(found.files) == {"net.py"}


def test_the_version_of_an_installed_package_changes_the_digest(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, _ = folders
    write(here, net="import hypothesis\n")
    before = read(here).digest
    monkeypatch.setattr("hpexp.sources._distribution", lambda top: {"hypothesis": "0"})
    assert read(here).digest != before


def test_what_is_own(tmp_path: Path) -> None:
    folder = str(tmp_path / "a")
    assert is_own(f"{folder}/net.py", folder)
    assert is_own(f"{folder}/site-packages/net.py", f"{folder}/site-packages")
    assert not is_own(f"{folder}/.venv/lib/python3.11/site-packages/net.py", folder)
    assert not is_own(ast.__file__, str(Path(ast.__file__).parent.parent))
    assert not is_own(hpexp.__file__, str(Path(hpexp.__file__).parent.parent))
    assert is_own(f"{Path(hpexp.__file__).parent}/my/net.py", f"{Path(hpexp.__file__).parent}/my")
    assert is_own(f"{tmp_path}/ab/net.py", folder)
    assert not is_own("/usr/lib/python3/dist-packages/net.py", folder)
    assert not any(is_own(path, folder) for path in (ast.__file__, hpexp.__file__, None, "<string>"))


def test_nothing_is_run(folders: tuple[Path, Path]) -> None:
    here, library = folders
    write(here, net="import lib\nraise SystemExit\n")
    write(library, lib="raise SystemExit\n")
    assert len(read(here).files) == 2
