"""A JUnit report of what `hpexp run` did: a suite an experiment, a case a run."""

from __future__ import annotations

import contextlib
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from xml.parsers import expat

from hpexp.model import FAILURES, Status
from hpexp.outfile import OutputFile
from hpexp.results.data import baseline
from hpexp.results.wording import described
from hpexp.run import Outcome
from hpexp.store import StoredRun
from hpexp.summary.facts import Facts, load
from hpexp.summary.findings import beats_baseline
from hpexp.text import printable_lines

# What XML 1.0 has no way to write and is no control character.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_file(path: Path) -> OutputFile:
    """The file for a report, which replaces nothing but another report."""
    return OutputFile("--junit", path, "JUnit report", _is_report)


def write_junit(file: OutputFile, outcomes: Sequence[Outcome], logs: Path) -> None:
    """Write the report, whole or not at all.

    A failed or timed-out run is a failure; one that was interrupted or never began is
    skipped; one that diverged has its answer, so it passes and its output says where.

    Raises:
        UsageError: the file cannot be written.
    """
    suites = ET.Element("testsuites", name="hpexp")
    for facts in load(outcomes, logs):
        suites.append(_suite(facts))
    ET.indent(suites)
    file.write(ET.tostring(suites, encoding="utf-8", xml_declaration=True))


def _is_report(head: bytes) -> bool:
    """Whether a file begins as JUnit reports do, whoever wrote it."""
    roots: list[str] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: roots.append(name)
    with contextlib.suppress(expat.ExpatError):
        parser.Parse(head)
    return roots[:1] in (["testsuites"], ["testsuite"])


def _suite(facts: Facts) -> ET.Element:
    failed = facts.of(*FAILURES)
    skipped = facts.of(Status.INTERRUPTED, Status.PENDING, Status.RUNNING)
    started = min((run.started for run in facts.runs if run.started), default=None)
    suite = ET.Element(
        "testsuite",
        name=_clean(facts.name),
        tests=str(len(facts.runs)),
        failures=str(len(failed)),
        errors="0",
        skipped=str(len(skipped)),
        time=f"{sum(run.seconds for run in facts.runs):.3f}",
    )
    if started is not None:
        suite.set("timestamp", datetime.fromtimestamp(started, UTC).strftime("%Y-%m-%dT%H:%M:%S"))
    properties = ET.SubElement(suite, "properties")
    for name, value in _properties(facts):
        ET.SubElement(properties, "property", name=name, value=_clean(value))
    suite.extend(map(_case, facts.runs))
    return suite


def _properties(facts: Facts) -> Iterator[tuple[str, str]]:
    """What the summary says of the best point, which is none where each lacks a run's value."""
    metric, best = facts.objective.metric, facts.best
    yield "objective", metric
    yield "best", described(best) if best else "none: no point has a value for every seed"
    if best and (found := best.metric(metric)):
        yield "value", repr(found.mean)
    if constant := baseline(facts.data, metric, facts.runs):
        yield "baseline", repr(constant.value)
    if (beaten := beats_baseline(facts)) is not None:
        yield "beats_baseline", str(beaten).lower()


def _case(run: StoredRun) -> ET.Element:
    case = ET.Element(
        "testcase", classname=_clean(run.experiment), name=_clean(run.name), time=f"{run.seconds:.3f}"
    )
    if run.status in FAILURES:
        failure = ET.SubElement(
            case, "failure", type=str(run.status), message=_clean(run.error or run.status)
        )
        failure.text = _clean(run.traceback or run.error or "")
    elif run.status is Status.DIVERGED:
        ET.SubElement(case, "system-out").text = _clean(f"diverged: {run.error or 'NaN or infinity'}")
    elif not run.status.finished:
        ET.SubElement(case, "skipped", message=str(run.status))
    return case


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", printable_lines(text.expandtabs(4)))
