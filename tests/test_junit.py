from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from hpexp.errors import UsageError
from hpexp.junit import refuse_folder, write_junit
from hpexp.model import Result, Status
from hpexp.paths import LogsFolder
from hpexp.run import Outcome
from tests.builders import a_plan, a_result, a_run, an_experiment, store_results

RESULTS = {
    "done": a_result(seconds=1.25),
    "stopped": a_result(status=Status.STOPPED),
    "diverged": Result(Status.DIVERGED, error="NaN in the loss in epoch 1"),
    "failed": Result(Status.FAILED, error="bad \x1b[31m & <odd> \x00", traceback="Traceback\n  é\x07\n"),
    "timeout": Result(Status.TIMEOUT, error="took longer than the limit of 3 s", seconds=3.0),
    "interrupted": Result(Status.INTERRUPTED),
    "pending": None,
}


@pytest.fixture
def outcome(tmp_path: Path) -> Outcome:
    pairs = [(a_run(0, how=how), result) for how, result in RESULTS.items()]
    store_results(LogsFolder(tmp_path), an_experiment(), pairs)
    plan = a_plan(an_experiment(), *(run for run, _ in pairs))
    return Outcome(plan, 0, {run.id: result for run, result in pairs if result})


def test_a_suite_an_experiment_and_a_case_a_run(outcome: Outcome, tmp_path: Path) -> None:
    file = tmp_path / "reports" / "junit.xml"
    write_junit(file, [outcome], tmp_path)
    root = ET.parse(file).getroot()
    (suite,) = root
    assert (root.tag, suite.tag, suite.get("name")) == ("testsuites", "testsuite", "toy")
    counted = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counted == {"tests": "7", "failures": "2", "errors": "0", "skipped": "2"}
    cases = dict(zip(RESULTS, suite, strict=True))
    assert [each.get("classname") for each in suite] == ["toy"] * 7
    assert cases["done"].get("name") == a_run(0, how="done").name
    assert cases["done"].get("time") == "1.250"
    assert {how: [child.tag for child in case] for how, case in cases.items()} == {
        "done": [],
        "stopped": [],
        "diverged": ["system-out"],
        "failed": ["failure"],
        "timeout": ["failure"],
        "interrupted": ["skipped"],
        "pending": ["skipped"],
    }
    assert cases["diverged"][0].text == "diverged: NaN in the loss in epoch 1"
    assert (
        cases["timeout"][0].get("message") == cases["timeout"][0].text == "took longer than the limit of 3 s"
    )
    assert [path.name for path in file.parent.iterdir()] == ["junit.xml"]


def test_what_xml_cannot_hold_is_escaped(outcome: Outcome, tmp_path: Path) -> None:
    file = tmp_path / "junit.xml"
    write_junit(file, [outcome], tmp_path)
    failure = next(ET.parse(file).getroot().iter("failure"))
    assert failure.get("message") == "bad \\x1b[31m & <odd> \\x00"
    assert failure.text == "Traceback\n  é\\x07\n"


def test_a_file_that_cannot_be_written_is_an_error(outcome: Outcome, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"--junit: .*junit\.xml: "):
        write_junit(tmp_path / "file" / "junit.xml", [outcome], tmp_path)


@pytest.mark.parametrize("name", ["", ".", "/", "reports"])
def test_a_folder_is_refused_before_anything_is_trained(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "reports").mkdir()
    with pytest.raises(UsageError, match="is a folder"):
        refuse_folder(Path(name))
    refuse_folder(Path("junit.xml"))
