from __future__ import annotations

import importlib.metadata
import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import pytest

from hpexp import doctor, environment
from hpexp.board.registry import registry
from hpexp.cli import run_app
from hpexp.doctor import Check, examine, healthy
from hpexp.paths import LogsFolder
from tests.builders import a_result, a_run, an_experiment, store_results

pytestmark = pytest.mark.usefixtures("private_tmp")


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def checks(logs: Path, name: str) -> list[Check]:
    return [check for check in examine(logs) if check.name == name]


def versions(**changed: str) -> Callable[[str], str | None]:
    """Versions as installed, but for some."""
    return lambda package: changed[package] if package in changed else environment.version(package)


def test_a_fit_machine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hpexp.board.servers", list)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(0, 0, 10**12))
    assert run_app(["doctor", "--logs", str(tmp_path / "logs"), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["ok"] is True
    assert {check["name"] for check in facts["checks"]} == {
        *("python", "tensorflow", "keras", "tensorboard", "scikit-learn"),
        *("settings", "gpu", "open files", "disk", "registry", "boards", "store"),
    }
    assert not (tmp_path / "logs").exists(), "looking makes nothing"


def test_what_needs_mending_gives_exit_code_1_and_the_mend(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "runs.db").write_bytes(b"no database" * 1000)
    assert run_app(["doctor", "--logs", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert "mend" in out
    assert "→ move runs.db away" in out


def test_a_missing_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "version", lambda package: None if package == "keras" else "1.0")
    monkeypatch.setattr(doctor, "unmet", lambda package: [])
    (check,) = checks(tmp_path, "keras")
    assert (check.grade, check.found) == ("mend", "not installed")


def test_packages_that_do_not_fit_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "version", versions(protobuf="3.1"))
    (check,) = checks(tmp_path, "tensorboard")
    assert check.grade == "mend"
    assert "needs protobuf" in check.found
    assert "(there is 3.1)" in check.found
    assert check.mend.startswith("pip install 'protobuf")


def test_requirements_of_other_systems_and_extras_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["nowhere>=1; sys_platform == 'plan9'", "nowhere>=1; extra == 'gpu'", "here>=1,<2", "absent"]
    monkeypatch.setattr(importlib.metadata, "requires", lambda package: texts)
    monkeypatch.setattr(doctor, "version", lambda package: "2.0rc1" if package == "here" else None)
    assert doctor.unmet("it") == [("here<2,>=1", "2.0rc1"), ("absent", None)]


def test_tensorboard_before_2_21_and_setuptools_without_pkg_resources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "unmet", lambda package: [])
    monkeypatch.setattr(doctor, "version", versions(tensorboard="2.20.0", setuptools="82.0"))
    (check,) = checks(tmp_path, "versions")
    assert check.mend == "pip install 'tensorboard>=2.21'"
    monkeypatch.setattr(doctor, "version", versions(tensorboard="2.20.0", setuptools="81.9"))
    assert checks(tmp_path, "versions") == []


def test_a_low_limit_of_open_files_is_a_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda which: (256, 1024))
    (check,) = checks(tmp_path, "open files")
    assert (check.grade, check.found) == ("note", "256 open files, may be raised to 1024")
    assert healthy([check])
    monkeypatch.setattr(resource, "getrlimit", lambda which: (256, resource.RLIM_INFINITY))
    (check,) = checks(tmp_path, "open files")
    assert (check.grade, check.found) == ("ok", "256 open files, may be raised without limit")


def test_settings_that_workers_override_and_those_they_keep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "keras.json").write_text('{"image_data_format": "channels_first"}')
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=true")
    overridden, kept = checks(tmp_path / "logs", "settings")
    assert overridden.grade == kept.grade == "note"
    assert "KERAS_BACKEND=torch (workers: tensorflow)" in overridden.found
    assert 'image_data_format: "channels_first"' in overridden.found
    assert kept.found.startswith("XLA_FLAGS=--xla_cpu_enable_fast_math=true: kept")
    assert healthy([overridden, kept])


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(0, 0, 10**6))
    (check,) = checks(tmp_path / "not" / "yet", "disk")
    assert (check.grade, check.found) == ("mend", f"0.0 GB free at {tmp_path}")


def test_a_stale_entry_and_how_to_remove_it(tmp_path: Path) -> None:
    registry().mkdir()
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    path = registry() / f"pid-{dead.pid}.info"
    path.touch()
    (check,) = checks(tmp_path, "registry")
    assert check.grade == "mend"
    assert check.mend.startswith(f"rm {path}")
    path.unlink()
    (check,) = checks(tmp_path, "registry")
    assert check.grade == "ok"


@pytest.mark.parametrize(
    ("program", "grade"), [("hpexp.board.tensorboard", "mend"), ("tensorboard.main", "note")]
)
def test_a_board_whose_logs_are_gone(
    program: str, grade: doctor.Grade, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = SimpleNamespace(
        pid=4711, logdirs=(tmp_path / "gone",), url=None, command=("python", "-m", program)
    )
    monkeypatch.setattr("hpexp.board.servers", lambda: [server])
    (check,) = checks(tmp_path, "boards")
    assert check == Check(
        "boards", grade, f"process 4711 shows {tmp_path / 'gone'}, which is gone", "kill 4711"
    )


def test_a_board_on_these_logs_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = Path(os.path.realpath(tmp_path))
    server = SimpleNamespace(pid=4711, logdirs=(here,), url="http://127.0.0.1:6006/", command=())
    monkeypatch.setattr("hpexp.board.servers", lambda: [server])
    (check,) = checks(tmp_path, "boards")
    assert (check.grade, check.found) == ("ok", f"http://127.0.0.1:6006/ shows {tmp_path}")
    monkeypatch.setattr("hpexp.board.servers", lambda: [server, server])
    (check,) = checks(tmp_path, "boards")
    assert check.found == f"http://127.0.0.1:6006/, http://127.0.0.1:6006/ show {tmp_path}"


def test_a_sound_store(tmp_path: Path) -> None:
    (check,) = checks(tmp_path, "store")
    assert check.found == f"no runs in {tmp_path} yet"
    store_results(LogsFolder(tmp_path), an_experiment(), [(a_run(), a_result())])
    (check,) = checks(tmp_path, "store")
    assert (check.grade, check.found) == ("ok", "1 run, integrity ok")
