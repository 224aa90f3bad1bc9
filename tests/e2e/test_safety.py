"""What a run may not do to the person's files and terminal, through the command."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.conftest import FAKE, Command

CONFIG = "name: l\ndata: iris\nmodel: mlp\nparams: {epochs: 1}\ngrid: {momentum: [0, 0.9]}\nseeds: 2\n"


def test_a_report_replaces_no_experiment_file_and_nothing_is_trained(hpexp: Command) -> None:
    hpexp.write("l.yaml", CONFIG)
    done = hpexp("run", "l.yaml", "--junit", "l.yaml", code=2, **FAKE)
    assert (
        done.stderr == "error: --junit: l.yaml: is there already and is no JUnit report; it is not replaced\n"
    )
    assert Path(hpexp.folder, "l.yaml").read_text() == CONFIG
    assert not Path(hpexp.folder, "logs").exists()


def test_results_are_told_in_ascii_where_standard_output_has_no_more(hpexp: Command) -> None:
    hpexp.write("l.yaml", CONFIG)
    ascii_only = {**FAKE, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    done = hpexp("run", "l.yaml", "--junit", "j.xml", **ascii_only)
    assert done.stdout.isascii()
    assert "+-" in done.stdout
    for arguments in (
        ["plan", "l.yaml"],
        ["results", "l"],
        ["results", "l", "--group-by", "momentum"],
        ["-h"],
    ):
        assert hpexp(*arguments, **ascii_only).stdout.isascii()
    run = hpexp("results", "l", "--format", "csv", **ascii_only).stdout.splitlines()[1].partition(",")[0]
    assert hpexp("show", run, **ascii_only).stdout.isascii()
