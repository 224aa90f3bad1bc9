from __future__ import annotations

import pytest

from hpexp.execute.clock import LINGER_SECONDS, JobClock
from hpexp.messages import EpochEnd, Finished, Phase, Started
from hpexp.model import Limits, Result, Run, Status
from tests.builders import a_job, a_run, an_experiment


class Time:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def clock_of(limits: Limits, *runs: Run) -> tuple[JobClock, Time]:
    time = Time()
    return JobClock(a_job(an_experiment(limits=limits), *runs, engine="compiled"), time), time


def test_without_limits_nothing_expires() -> None:
    clock, time = clock_of(Limits(), a_run())
    time.seconds = 1e9
    assert clock.expired() is None


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        (Limits(timeout=5), "it took longer than the limit of 5 s"),
        (Limits(idle_timeout=5), "no sign of life for 5 s"),
    ],
)
def test_each_phase_is_under_the_limits_from_the_moment_a_worker_takes_the_job(
    limits: Limits, why: str
) -> None:
    clock, time = clock_of(limits, a_run(0), a_run(1))
    time.seconds = 4
    clock.see(Phase("loading data", shared=True))
    time.seconds = 8
    assert clock.expired() is None
    time.seconds = 9.5
    assert clock.expired() == f"timed out while loading data: {why}"
    clock.see(Phase("building the model"))
    assert clock.expired() is None
    time.seconds = 15
    assert clock.expired() == f"timed out while building the model: {why}"


def test_a_job_that_says_nothing_at_all_expires() -> None:
    clock, time = clock_of(Limits(timeout=5), a_run())
    time.seconds = 5.5
    assert clock.expired() == "timed out while starting: it took longer than the limit of 5 s"


def test_who_is_guilty() -> None:
    runs = [a_run(seed) for seed in range(3)]
    ids = [run.id for run in runs]
    clock, _ = clock_of(Limits(timeout=5), *runs)
    clock.see(Phase("loading data", shared=True))
    assert clock.guilty() == ids, "the data are the same for all"
    clock.see(Phase("building the model"))
    assert clock.guilty() == [], "it may be any of them"
    for run_id in ids[:2]:
        clock.see(Started(run_id, 0))
    assert clock.guilty() == [], "they train side by side"
    clock.see(Finished(ids[0], Result(Status.DONE)))
    assert clock.guilty() == [ids[1]], "the one in progress"
    clock.see(Finished(ids[1], Result(Status.DONE)))
    assert clock.guilty() == [ids[2]], "the last one, started or not"


def test_a_worker_that_does_not_end_its_job_is_stopped_without_limits() -> None:
    run = a_run()
    clock, time = clock_of(Limits(), run)
    clock.see(Started(run.id, 0))
    clock.see(Finished(run.id, Result(Status.DONE)))
    time.seconds = LINGER_SECONDS + 1
    assert clock.expired() == "it did not come to an end"
    assert clock.guilty() == []


def test_the_wall_limit_counts_from_the_start() -> None:
    time = Time()
    run = a_run()
    clock = JobClock(a_job(an_experiment(limits=Limits(timeout=5)), run), time)
    time.seconds = 10
    clock.see(Started(run.id, 0))
    time.seconds = 14.9
    assert clock.expired() is None
    time.seconds = 15.1
    assert clock.expired() == "timed out while training: it took longer than the limit of 5 s"
    clock.see(Finished(run.id, Result(Status.DONE)))
    assert clock.expired() is None


def test_lanes_of_a_group_share_their_limits() -> None:
    time = Time()
    runs = [a_run(seed) for seed in range(3)]
    clock = JobClock(a_job(an_experiment(limits=Limits(timeout=5)), *runs, engine="compiled"), time)
    for run in runs:
        clock.see(Started(run.id, 0))
    time.seconds = 14
    clock.see(Finished(runs[0].id, Result(Status.DONE)))
    assert clock.expired() is None, "a neighbour that has ended gave its share"
    assert clock.active == [runs[1].id, runs[2].id] == clock.unfinished
    time.seconds = 15.5
    assert clock.expired() is not None


def test_runs_one_after_the_other_share_nothing() -> None:
    runs = [a_run(seed) for seed in range(2)]
    clock, time = clock_of(Limits(timeout=5), *runs)
    clock.see(Started(runs[0].id, 0))
    time.seconds = 4
    clock.see(Finished(runs[0].id, Result(Status.DONE)))
    time.seconds = 4.5
    clock.see(Started(runs[1].id, 0))
    time.seconds = 9.4
    assert clock.expired() is None
    time.seconds = 9.6
    assert clock.expired() == "timed out while training: it took longer than the limit of 5 s"


def test_the_idle_limit_counts_from_the_last_epoch() -> None:
    time = Time()
    run = a_run()
    clock = JobClock(a_job(an_experiment(limits=Limits(idle_timeout=5)), run), time)
    clock.see(Started(run.id, 0))
    time.seconds = 4
    clock.see(EpochEnd(run.id, 0, {}, 0))
    time.seconds = 8
    assert clock.expired() is None
    time.seconds = 9.5
    assert clock.expired() == "timed out while training: no epoch ended for 5 s"


def test_a_job_without_runs_has_the_limits_of_loading_alone() -> None:
    clock, time = clock_of(Limits())
    time.seconds = 1000
    assert clock.expired() is None, "it is not free, because it loads"
    clock, time = clock_of(Limits(timeout=5))
    clock.see(Phase("loading data", shared=True))
    time.seconds = 5.5
    assert clock.expired() == "timed out while loading data: it took longer than the limit of 5 s"
    assert clock.guilty() == []
