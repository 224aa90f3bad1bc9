"""What a person sees when something is wrong: one clear message, exit code 2, nothing written."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.e2e.conftest import Command


def test_all_errors_of_a_file_come_at_once(hpexp: Command) -> None:
    hpexp.write(
        "bad.yaml",
        "name: bad\ndata: digitz\nmodel: mlp\nparams:\n  batch: tiny\ngrid:\n  optimizer: [sgd, adamm]\n",
    )
    done = hpexp("run", "bad.yaml", code=2)
    assert "bad.yaml:2:7: data:" in done.stderr
    assert "digits" in done.stderr
    assert "bad.yaml:5:10: params.batch:" in done.stderr
    assert "bad.yaml:7:20: grid.optimizer[1]:" in done.stderr
    assert "adam" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (hpexp.folder / "logs").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "nowhere.yaml"],
        ["plan", "."],
        ["run", "ok.yaml", "--set", "epochs=many"],
        ["run", "ok.yaml", "--engine", "warp"],
        ["results", "nothing-of-that-name"],
        ["show", "abc"],
        ["clean", "--logs", "/", "--yes"],
        ["frobnicate"],
    ],
    ids=" ".join,
)
def test_bad_usage_is_exit_code_2(hpexp: Command, arguments: list[str]) -> None:
    hpexp.write("ok.yaml", "data: iris\nmodel: mlp\n")
    done = hpexp(*arguments, code=2)
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr
    assert not (hpexp.folder / "logs").exists()


def test_a_full_disk_behind_a_pipe_is_said_plainly(hpexp: Command) -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = subprocess.run(
            [sys.executable, "-m", "hpexp", "schema"],
            cwd=hpexp.folder, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_reader_that_has_enough_is_no_error(hpexp: Command) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as gone:
        done = subprocess.run(
            [sys.executable, "-m", "hpexp", "schema"],
            cwd=hpexp.folder, stdout=gone, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_help_names_every_command(hpexp: Command) -> None:
    printed = hpexp("--help").stdout
    for command in ("run", "plan", "results", "show", "board", "clean", "init", "schema", "doctor"):
        assert command in printed


@pytest.mark.parametrize(
    ("command", "usage"),
    [
        ("run", "{CONFIG}..."),
        ("plan", "{CONFIG}"),
        ("results", "[EXPERIMENT]"),
        ("init", "[FILE]"),
    ],
)
def test_help_shows_brackets_once_and_keeps_those_of_lists(hpexp: Command, command: str, usage: str) -> None:
    printed = hpexp(command, "--help").stdout
    assert f"Usage: hpexp {command} [OPTIONS] {usage} " in printed
    if "--set" in printed:
        assert "grid.optimizer=[sgd,adam]." in printed


def test_init_writes_a_file_that_plans(hpexp: Command) -> None:
    assert "hpexp run first.yaml" in hpexp("init").stdout
    assert "6 runs" in hpexp("plan", "first.yaml").stdout
    hpexp("init", code=2)
