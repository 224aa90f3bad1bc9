"""`hpexp rerun`, with workers that only pretend to train."""

from __future__ import annotations

import json

import pytest

from tests.e2e.conftest import FAKE, Command

MODEL = "def build(input_shape, outputs):\n    ...\n"


@pytest.fixture
def trained(hpexp: Command) -> Command:
    hpexp.write("toy.py", MODEL)
    hpexp.write("toy.yaml", "data: iris\nmodel: {python: 'toy:build'}\nseeds: 2\n")
    hpexp("run", "toy.yaml", "--set", "epochs=3", "--quiet", **FAKE)
    return hpexp


def first_id(hpexp: Command) -> str:
    return str(json.loads(hpexp("results", "toy", "--format", "json").stdout)[0]["id"])


def test_a_run_is_repeated_from_what_is_stored(trained: Command) -> None:
    run_id = first_id(trained)
    trained.write("toy.yaml", "this file is another now")
    found = json.loads(trained("rerun", run_id, "--json", **FAKE).stdout)
    assert found["verdict"] == "identical"
    assert found["epochs"] == {"before": 3, "now": 3}
    assert found["changes"] == []
    assert "to the last bit" in trained("rerun", run_id, **FAKE).stdout


def test_a_run_is_repeated_from_any_folder(trained: Command) -> None:
    run_id = first_id(trained)
    (trained.folder / "elsewhere" / "tmp").mkdir(parents=True)
    elsewhere = Command(trained.folder / "elsewhere")
    found = json.loads(elsewhere("rerun", run_id, "--json", "--logs", "../logs", **FAKE).stdout)
    assert found["verdict"] == "identical"


def test_a_run_whose_code_has_changed_is_another_run(trained: Command) -> None:
    run_id = first_id(trained)
    trained.write("toy.py", MODEL + "# another model\n")
    done = trained("rerun", run_id, code=1, **FAKE)
    assert "code" in done.stderr


def test_what_was_never_trained_cannot_be_repeated(trained: Command) -> None:
    trained("rerun", "nothing", code=2, **FAKE)
