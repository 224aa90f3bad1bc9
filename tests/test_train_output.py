"""What own code prints, and whose log it goes to."""

from __future__ import annotations

import logging
import sys

import pytest

from hpexp.messages import Finished, LogText, Report, Started
from hpexp.model import Result, Status
from hpexp.train.output import Logged, belonging_to, captured, held, logged

pytestmark = pytest.mark.tensorflow

DONE = Result(Status.DONE)


class Printed:
    """What was printed, said by a test."""

    def __init__(self) -> None:
        self.text = ""

    def take(self) -> str:
        text, self.text = self.text, ""
        return text

    def close(self) -> None: ...


def texts(reports: list[Report]) -> dict[str, str]:
    told: dict[str, str] = {}
    for report in reports:
        if isinstance(report, LogText):
            told[report.run_id] = told.get(report.run_id, "") + report.text
    return told


def test_a_log_begins_where_its_run_does_and_ends_before_it_does() -> None:
    """The recorder clears a log where a run starts, and takes no text of a run that has ended."""
    reports: list[Report] = []
    printed = Printed()
    log = Logged(["a", "b"], reports.append, printed)
    printed.text = "unclaimed\n"
    with log.claimed("b"):
        printed.text = "of b\n"
    assert reports == []
    log(Started("b", 0.0))
    assert texts(reports) == {"b": "of b\n"}
    log(Started("a", 0.0))
    printed.text = "half a line"
    log(Finished("a", DONE))
    printed.text = "whose is this?\n"
    log(Finished("b", DONE))
    printed.text = "nobody's\n"
    log.tell()
    assert texts(reports) == {"a": "unclaimed\nhalf a line\n", "b": "of b\nwhose is this?\n"}
    ends = [place for place, report in enumerate(reports) if isinstance(report, Finished)]
    after = [report.run_id for report in reports[ends[0] :] if isinstance(report, LogText)]
    assert after == ["b"]


def test_streams_and_loggers_made_before() -> None:
    """A handler that own code makes as it is loaded goes to the run of the day."""
    reports: list[Report] = []
    logger = logging.getLogger("hpexp test of printing")
    with logged(["a", "b"], reports.append) as log:
        for run in ("a", "b"):
            log(Started(run, 0.0))
        with belonging_to("a"):
            logger.addHandler(logging.StreamHandler())
            print("out")
        with belonging_to("b"):
            logger.error("logged")
            print("error", file=sys.stderr)
        with held() as kept:
            print("kept")
    logger.handlers.clear()
    assert "".join(kept) == "kept\n"
    told = texts(reports)
    assert told["a"] == "out\n"
    assert told["b"] == "logged\nerror\n"


def test_what_was_printed_before_an_error_is_told() -> None:
    reports: list[Report] = []
    with logged(["a"], reports.append) as log:
        with pytest.raises(ZeroDivisionError), held():
            exec("print('before'); 1 / 0")
        log(Started("a", 0.0))
    assert texts(reports) == {"a": "before\n"}


def test_a_run_of_no_job_is_logged_and_the_streams_come_back() -> None:
    reports: list[Report] = []
    before = sys.stdout, sys.stderr
    with captured("a", reports.append) as log:
        log(Started("a", 0.0))
        print("said")
    assert texts(reports) == {"a": "said\n"}
    assert (sys.stdout, sys.stderr) == before
