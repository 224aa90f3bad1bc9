"""Training a stored run once more."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from hpexp import config, environment
from hpexp.errors import HpexpError, UsageError
from hpexp.execute import Backend
from hpexp.fixed import rounding
from hpexp.jobs import job_of
from hpexp.messages import DataWrong, EpochEnd, Finished, Job
from hpexp.model import Experiment, Group, Plan, Program, Result
from hpexp.paths import LogsFolder
from hpexp.plan import build_plan
from hpexp.rerun.compare import Comparison, course, largest, numbers, other_data
from hpexp.show.find import stored_run
from hpexp.store import Store, StoredRun


def repeat(wanted: str, logs: Path, backend: Backend) -> Comparison:
    """Train the run again, by the engine that trained it, from the stored experiment file.

    As a lane among those of its program, where that is known, so that its bits are the same
    again; else alone. Nothing is stored. Raises UsageError where no such run was trained,
    HpexpError where the data or an own model's code have changed so that it is another run now.
    """
    stored, epochs = _stored(wanted, logs)
    experiment, job, program = _job(stored, _program(stored, logs))
    result, curve = _train(job, stored.id, backend)
    return Comparison(
        stored,
        result,
        tuple(numbers(stored, result)),
        largest(epochs, curve),
        (*_data_changes(stored, result), *_changes(stored, Path(experiment.path))),
        course(epochs, curve),
        program,
    )


def _stored(wanted: str, logs: Path) -> tuple[StoredRun, list[EpochEnd]]:
    stored, epochs = stored_run(wanted, logs)
    if stored.made is None or stored.finished is None:
        raise UsageError(f"{stored.experiment}/{stored.name} has not been trained: it is {stored.status}")
    return stored, epochs


def _program(stored: StoredRun, logs: Path) -> Program | None:
    store = Store.read(LogsFolder(logs))
    if store is None:
        return None
    with store:
        return store.program(stored.experiment, stored.id)


def _job(stored: StoredRun, program: Program | None) -> tuple[Experiment, Job, str]:
    """The experiment as it was, what to train, and how that is beside how it was trained then."""
    made = stored.made
    assert made is not None
    smoke = bool(made.facts.get("smoke"))
    # The path as it was given, from the folder that it was given in.
    path = Path(str(made.facts.get("folder", "")), made.path)
    experiment = config.load_text(made.config, path, made.overrides, smoke=smoke)
    plan = build_plan(experiment, config.data_facts(experiment), engine=stored.engine)
    runs = {run.id: replace(run, engine=stored.engine) for run in plan.runs}
    if stored.id not in runs:
        raise HpexpError(
            f"{stored.name} cannot be repeated: {_why_not(stored, plan)}",
            hint="hpexp show RUN tells the commit that it was trained at",
        )
    lanes, how = _lanes(stored, program, runs)
    group = Group(0, stored.engine, tuple(runs[each] for each in lanes))
    if program is None or lanes != program.lanes:
        return experiment, job_of(plan, group), how
    return experiment, replace(job_of(plan, group), program=program, threads=program.threads), how


def _lanes(
    stored: StoredRun, program: Program | None, planned: Collection[str]
) -> tuple[tuple[str, ...], str]:
    """The ids of the runs to train together, and what to say of it."""
    alone = (stored.id,)
    if stored.engine == "fit":
        return alone, ""
    if program is None:
        return alone, "alone; in which program it was trained is not known: equal up to rounding"
    if program.resumed:
        return alone, "alone; it had gone on from a checkpoint: equal up to rounding"
    if any(each not in planned for each in program.lanes):
        return alone, "alone; the file does not lead to its neighbours any more: equal up to rounding"
    number = len(program.lanes)
    return program.lanes, f"as one of {number} lanes, as it was then" if number > 1 else ""


def _why_not(stored: StoredRun, plan: Plan) -> str:
    alike = any(run.params == stored.params and run.seed == stored.seed for run in plan.runs)
    if alike:
        return "its data, its own model's code or hpexp's way of training have changed since"
    return "its experiment file does not lead to it any more"


def _train(job: Job, run_id: str, backend: Backend) -> tuple[Result, list[EpochEnd]]:
    backend.resize(1)
    backend.submit(job)
    curve: list[EpochEnd] = []
    for message in backend.messages():
        if isinstance(message, EpochEnd) and message.run_id == run_id:
            curve.append(message)
        elif isinstance(message, DataWrong):
            raise config.wrong_data(job.experiment, message.message, message.hint)
        elif isinstance(message, Finished) and message.run_id == run_id:
            return message.result, curve
    raise AssertionError("every run ends in a Finished")


def _data_changes(stored: StoredRun, now: Result) -> Iterator[str]:
    if other_data(stored, now):
        yield "the data: they are others than those it was trained on"


def _changes(stored: StoredRun, path: Path) -> Iterator[str]:
    """What differs between the machine that trained the run and this one."""
    assert stored.made is not None
    before, now = stored.made.facts, environment.describe(path.absolute().parent)
    for name in ("hpexp", "python", "platform", "machine", "cpus"):
        if before.get(name) != now[name]:
            yield f"{name}: {before.get(name)} -> {now[name]}"
    was, is_ = before.get("rounding") or {}, rounding()
    for name in sorted({*was, *is_}):
        if was.get(name) != is_.get(name):
            yield f"{name}: {was.get(name)} -> {is_.get(name)}"
    packages: Mapping[str, Any] = before.get("packages") or {}
    for package, version in environment.versions().items():
        if packages.get(package) != version:
            yield f"{package}: {packages.get(package)} -> {version}"
    if before.get("git") != now["git"]:
        yield f"git: {_commit(before.get('git'))} -> {_commit(now['git'])}"


def _commit(git: Any) -> str:
    if not git:
        return "none"
    return f"{git['commit'][:12]}{' with changes' if git['dirty'] else ''}"
