from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hpexp.jobs import MIN_LANES, job_of, look_at, make_jobs, worker_count
from hpexp.model import Group, Plan, TensorBoardOptions, TrainingOptions
from hpexp.paths import LogsFolder
from tests.builders import a_plan, a_run, an_experiment

LOGS = LogsFolder(Path("logs"))


def compiled(lanes: int, *, groups: int = 1) -> Plan:
    runs = tuple(a_run(seed) for seed in range(lanes * groups))
    made = tuple(
        Group(number, "compiled", runs[number * lanes : (number + 1) * lanes]) for number in range(groups)
    )
    return replace(a_plan(an_experiment()), runs=runs, groups=made)


def test_runs_that_are_done_are_left_out() -> None:
    runs = [a_run(seed) for seed in range(3)]
    jobs = make_jobs(a_plan(an_experiment(), *runs), {runs[1].id}, 2, LOGS)
    assert [[run.id for run in job.group.runs] for job in jobs] == [[runs[1].id]]


def test_a_large_group_is_split_so_that_every_worker_has_work() -> None:
    plan = compiled(4 * MIN_LANES)
    jobs = make_jobs(plan, {run.id for run in plan.runs}, 2, LOGS)
    assert [len(job.group.runs) for job in jobs] == [2 * MIN_LANES, 2 * MIN_LANES]
    assert {run.id for job in jobs for run in job.group.runs} == {run.id for run in plan.runs}


def test_a_small_group_is_compiled_once() -> None:
    plan = compiled(MIN_LANES)
    assert len(make_jobs(plan, {run.id for run in plan.runs}, 4, LOGS)) == 1


def test_the_costliest_group_goes_first() -> None:
    plan = compiled(4, groups=2)
    costly = tuple(replace(run, updates_per_epoch=1000) for run in plan.groups[1].runs)
    plan = replace(plan, groups=(plan.groups[0], replace(plan.groups[1], runs=costly)))
    jobs = make_jobs(plan, {run.id for run in plan.runs}, 1, LOGS)
    assert [job.group.id for job in jobs] == [1, 0]


def test_the_graph_is_logged_for_one_run_unless_asked_otherwise() -> None:
    runs = [a_run(seed) for seed in range(3)]
    todo = {run.id for run in runs}
    for graph, expected in {"first": {runs[0].id}, "all": todo, "none": set()}.items():
        experiment = replace(an_experiment(), tensorboard=TensorBoardOptions(graph=graph))  # type: ignore[arg-type]
        (job, *_) = make_jobs(a_plan(experiment, *runs), todo, 1, LOGS)
        assert job.graph_for == expected


def test_models_are_saved_only_where_asked() -> None:
    run = a_run()
    (job,) = make_jobs(a_plan(an_experiment(), run), {run.id}, 1, LOGS)
    assert job.models is None
    experiment = replace(an_experiment(), training=TrainingOptions(save_model=True))
    (job,) = make_jobs(a_plan(experiment, run), {run.id}, 1, LOGS)
    assert job.models == {run.id: str((Path("logs") / "toy" / run.name / "model.keras").absolute())}


def test_there_are_never_more_workers_than_work() -> None:
    plan = a_plan(an_experiment(), a_run())
    assert worker_count(None, [plan]) == 1
    assert worker_count(5, [plan]) == 5


def test_every_job_holds_what_its_plan_knows_of_the_files() -> None:
    """No worker trains on other files than those that the runs' ids are of."""
    run = a_run()
    plan = a_plan(an_experiment(), run)
    plan = replace(plan, facts=replace(plan.facts, content="c0ffee"), code={"own.py": "hash"})
    for job in (*make_jobs(plan, {run.id}, 1, LOGS), job_of(plan, plan.groups[0]), look_at(plan)):
        assert (job.content, job.code) == ("c0ffee", {"own.py": "hash"})
    assert not look_at(plan).group.runs
