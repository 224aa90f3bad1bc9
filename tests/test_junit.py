from __future__ import annotations

import os
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from hpexp.errors import UsageError
from hpexp.junit import junit_file, write_junit
from hpexp.model import Plan, Result, Status
from hpexp.paths import LogsFolder
from hpexp.run import Outcome
from hpexp.store import Store
from tests.builders import a_data_summary, a_plan, a_result, a_run, an_experiment, store_results

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
    write_junit(junit_file(file), [outcome], tmp_path)
    root = ET.parse(file).getroot()
    (suite,) = root
    assert (root.tag, suite.tag, suite.get("name")) == ("testsuites", "testsuite", "toy")
    counted = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counted == {"tests": "7", "failures": "2", "errors": "0", "skipped": "2"}
    cases = dict(zip(RESULTS, suite.findall("testcase"), strict=True))
    assert [each.get("classname") for each in cases.values()] == ["toy"] * 7
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


def test_the_best_point_and_the_baseline_are_properties(tmp_path: Path) -> None:
    values: dict[float, list[Result]] = {
        0.1: [a_result(0.5), a_result(0.6)],
        1.0: [a_result(0.99), RESULTS["diverged"] or a_result()],
    }
    pairs = [(a_run(seed, rate=rate), each) for rate in values for seed, each in enumerate(values[rate])]
    store_results(LogsFolder(tmp_path), an_experiment(), pairs)
    with Store.open(LogsFolder(tmp_path)) as store:
        store.found("toy", 0, a_data_summary(0.6))

    def properties(plan: Plan) -> dict[str | None, str | None]:
        write_junit(junit_file(tmp_path / "junit.xml"), [Outcome(plan, 0, {})], tmp_path)
        (suite,) = ET.parse(tmp_path / "junit.xml").getroot()
        assert suite[0].tag == "properties"
        return {each.get("name"): each.get("value") for each in suite[0]}

    assert properties(a_plan(an_experiment(), *(run for run, _ in pairs))) == {
        "objective": "val_accuracy",
        "best": "rate=0.1",
        "value": "0.55",
        "baseline": "0.6",
        "beats_baseline": "false",
    }
    store_results(LogsFolder(tmp_path), an_experiment(), pairs[2:])
    assert properties(a_plan(an_experiment(), *(run for run, _ in pairs[2:]))) == {
        "objective": "val_accuracy",
        "best": "none: no point has a value for every seed",
        "baseline": "0.6",
    }


def test_what_xml_cannot_hold_is_escaped(outcome: Outcome, tmp_path: Path) -> None:
    file = tmp_path / "junit.xml"
    write_junit(junit_file(file), [outcome], tmp_path)
    failure = next(ET.parse(file).getroot().iter("failure"))
    assert failure.get("message") == "bad \\x1b[31m & <odd> \\x00"
    assert failure.text == "Traceback\n  é\\x07\n"


def test_a_file_that_cannot_be_written_is_an_error(outcome: Outcome, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"--junit: .*junit\.xml: "):
        write_junit(junit_file(tmp_path / "file" / "junit.xml"), [outcome], tmp_path)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "is a folder"),
        (".", "is a folder"),
        ("/", "is a folder"),
        ("reports", "is a folder"),
        ("l.yaml", "is no JUnit report; it is not replaced"),
        ("page.xml", "is no JUnit report"),
        ("quoted.yaml", "is no JUnit report"),
        ("/dev/null", "a device or a pipe"),
        ("pipe", "a device or a pipe"),
        ("to-nothing", "a link to nothing"),
        ("to-yaml", "is no JUnit report"),
        ("loop", "symbolic links"),
        ("l.yaml/junit.xml", "Not a directory"),
        ("n" * 300, "File name too long"),
        ("a\0b", "null"),
        ("\x1b[2J", r"x1b\[2J: is a folder"),
    ],
)
def test_nothing_of_another_kind_is_replaced(
    name: str, why: str, outcome: Outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for each in ("reports", "\x1b[2J"):
        (folder / each).mkdir()
    (folder / "l.yaml").write_text("name: l\n")
    (folder / "page.xml").write_text("<?xml version='1.0'?><html><testsuite/></html>")
    (folder / "quoted.yaml").write_text("text: <testsuites>\n")
    os.mkfifo(folder / "pipe")
    for link, target in {"to-nothing": "nowhere", "to-yaml": "l.yaml", "loop": "loop"}.items():
        (folder / link).symlink_to(target)
    before = names(folder)
    for attempt in (
        junit_file(Path(name)).check,
        lambda: write_junit(junit_file(Path(name)), [outcome], tmp_path),
    ):
        with pytest.raises(UsageError, match=why) as raised:
            attempt()
        assert str(raised.value).startswith("--junit: ")
        assert str(raised.value).isprintable()
    assert names(folder) == before
    assert (folder / "l.yaml").read_text() == "name: l\n"


@pytest.mark.parametrize(
    "content", ["", "<testsuite/>", "<?xml version='1.0'?>\n<!-- x -->\n<testsuites>cut"]
)
def test_a_report_replaces_a_report_through_a_link_and_keeps_its_mode(
    content: str, outcome: Outcome, tmp_path: Path
) -> None:
    file, link = tmp_path / "junit.xml", tmp_path / "link.xml"
    file.write_text(content)
    file.chmod(0o640)
    link.symlink_to(file)
    junit_file(link).check()
    write_junit(junit_file(link), [outcome], tmp_path)
    assert ET.parse(file).getroot().tag == "testsuites"
    assert link.is_symlink()
    assert file.stat().st_mode & 0o777 == 0o640
    junit_file(file).check()
