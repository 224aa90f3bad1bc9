"""Training a stored run once more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from hpexp import config, environment
from hpexp.errors import HpexpError, UsageError
from hpexp.execute import Backend
from hpexp.fixed import rounding
from hpexp.messages import DataWrong, EpochEnd, Finished, Job
from hpexp.model import Experiment, Group, Plan, Result
from hpexp.plan import build_plan
from hpexp.rerun.compare import Comparison, largest, numbers
from hpexp.show.find import stored_run
from hpexp.store import StoredRun


def repeat(wanted: str, logs: Path, backend: Backend) -> Comparison:
    """Train the run again, alone, by the engine that trained it, from the stored experiment file.

    Nothing is stored. Raises UsageError where no such run was trained, HpexpError where the
    data or an own model's code have changed so that it is another run now.
    """
    stored, epochs = _stored(wanted, logs)
    experiment, job = _job(stored)
    result, curve = _train(job, backend)
    return Comparison(
        stored,
        result,
        tuple(numbers(stored, result)),
        largest(epochs, curve),
        (*_data_changes(stored, result), *_changes(stored, Path(experiment.path))),
    )


def _stored(wanted: str, logs: Path) -> tuple[StoredRun, list[EpochEnd]]:
    stored, epochs = stored_run(wanted, logs)
    if stored.made is None or stored.finished is None:
        raise UsageError(f"{stored.experiment}/{stored.name} has not been trained: it is {stored.status}")
    return stored, epochs


def _job(stored: StoredRun) -> tuple[Experiment, Job]:
    made = stored.made
    assert made is not None
    smoke = bool(made.facts.get("smoke"))
    # The path as it was given, from the folder that it was given in.
    path = Path(str(made.facts.get("folder", "")), made.path)
    experiment = config.load_text(made.config, path, made.overrides, smoke=smoke)
    plan = build_plan(experiment, config.data_facts(experiment), engine=stored.engine)
    run = next((run for run in plan.runs if run.id == stored.id), None)
    if run is None:
        raise HpexpError(
            f"{stored.name} cannot be repeated: {_why_not(stored, plan)}",
            hint="hpexp show RUN tells the commit that it was trained at",
        )
    group = Group(0, stored.engine, (replace(run, engine=stored.engine),))
    return experiment, Job(experiment, group, code=plan.code)


def _why_not(stored: StoredRun, plan: Plan) -> str:
    alike = any(run.params == stored.params and run.seed == stored.seed for run in plan.runs)
    if alike:
        return "its data, its own model's code or hpexp's way of training have changed since"
    return "its experiment file does not lead to it any more"


def _train(job: Job, backend: Backend) -> tuple[Result, list[EpochEnd]]:
    backend.resize(1)
    backend.submit(job)
    curve: list[EpochEnd] = []
    for message in backend.messages():
        if isinstance(message, EpochEnd):
            curve.append(message)
        elif isinstance(message, DataWrong):
            raise config.wrong_data(job.experiment, message.message, message.hint)
        elif isinstance(message, Finished):
            return message.result, curve
    raise AssertionError("every run ends in a Finished")


def _data_changes(stored: StoredRun, now: Result) -> Iterator[str]:
    if stored.fingerprint and now.fingerprint and stored.fingerprint != now.fingerprint:
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
