from __future__ import annotations

from hpexp.execute.clock import JobClock
from hpexp.messages import EpochEnd, Finished, Started
from hpexp.model import Limits, Result, Status
from tests.builders import a_job, a_run, an_experiment


class Time:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_nothing_expires_before_a_run_starts() -> None:
    time = Time()
    clock = JobClock(a_job(an_experiment(limits=Limits(timeout=1)), a_run()), time)
    time.seconds = 100
    assert clock.expired() is None


def test_the_wall_limit_counts_from_the_start() -> None:
    time = Time()
    run = a_run()
    clock = JobClock(a_job(an_experiment(limits=Limits(timeout=5)), run), time)
    time.seconds = 10
    clock.see(Started(run.id, 0))
    time.seconds = 14.9
    assert clock.expired() is None
    time.seconds = 15.1
    assert clock.expired() == "took longer than the limit of 5 s"
    clock.see(Finished(run.id, Result(Status.DONE)))
    assert clock.expired() is None


def test_lanes_of_a_group_share_their_limits() -> None:
    time = Time()
    runs = [a_run(seed) for seed in range(3)]
    clock = JobClock(a_job(an_experiment(limits=Limits(timeout=5)), *runs, engine="compiled"), time)
    for run in runs:
        clock.see(Started(run.id, 0))
    time.seconds = 14
    assert clock.expired() is None
    clock.see(Finished(runs[0].id, Result(Status.DONE)))
    assert clock.expired() is not None
    assert clock.active == [runs[1].id, runs[2].id] == clock.unfinished


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
    assert clock.expired() == "no epoch ended for 5 s"
