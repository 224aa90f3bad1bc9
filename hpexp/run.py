"""The story of `hpexp run`: load, plan, skip what is done, execute, record."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from hpexp import config, environment
from hpexp.errors import ConfigError
from hpexp.execute import Backend
from hpexp.interrupt import Interrupt
from hpexp.jobs import make_jobs, worker_count
from hpexp.lock import LogsLock
from hpexp.messages import Finished, Job, Message
from hpexp.model import Engine, Experiment, Group, Plan, Result, Status
from hpexp.paths import LogsFolder
from hpexp.plan import build_plan
from hpexp.progress import View
from hpexp.recorder import Recorder
from hpexp.store import Store

TRAINER = "hpexp.train.worker"
FAILURES = (Status.FAILED, Status.TIMEOUT)


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What the command line adds to the experiment files."""

    logs: Path
    overrides: tuple[str, ...] = ()
    engine: Engine | Literal["auto"] = "auto"
    on: Literal["local", "inline"] = "local"
    jobs: int | None = None
    smoke: bool = False
    fresh: bool = False
    max_failures: int | None = None
    timeout: float | None = None
    command: tuple[str, ...] = ()
    trainer: str = field(default_factory=lambda: os.environ.get("HPEXP_TRAINER", TRAINER))
    """The module that workers train with; tests put `hpexp.execute.fake` here."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one experiment ended. `results` holds the runs trained now, by id."""

    plan: Plan
    skipped: int
    results: dict[str, Result]
    interrupted: bool = False
    gave_up: bool = False
    """Whether `--fail-fast` or `max_failures` ended it."""

    @property
    def counts(self) -> Counter[Status]:
        return Counter(result.status for result in self.results.values())

    @property
    def failed(self) -> bool:
        return any(self.counts[status] for status in FAILURES)


def load_plans(configs: Sequence[Path], options: RunOptions) -> list[Plan]:
    """Read and plan every file before anything is trained.

    Raises:
        ConfigError: for the first file with problems, or when two files share a name.
    """
    experiments = [
        _limited(config.load(path, options.overrides, smoke=options.smoke), options) for path in configs
    ]
    _refuse_shared_names(experiments)
    return [build_plan(each, config.data_facts(each), engine=options.engine) for each in experiments]


def run(plans: Sequence[Plan], options: RunOptions, view: View) -> list[Outcome]:
    """Train what is missing in each plan, one experiment after the other, with the same workers.

    Raises:
        LogsBusyError: another hpexp writes to this log folder.
        StoreError: the store cannot be written.
    """
    logs = LogsFolder(options.logs)
    outcomes: list[Outcome] = []
    with LogsLock.hold(logs, " ".join(options.command)), Interrupt() as interrupt, Store.open(logs) as store:
        store.recover()
        missing = [_begin(store, plan, options) for plan in plans]
        todo_plans = [_with_runs(plan, todo) for plan, todo in zip(plans, missing, strict=True)]
        workers = worker_count(_jobs(options, plans), todo_plans)
        with _backend(options, workers, logs) as backend:
            for plan, todo in zip(plans, missing, strict=True):
                jobs = make_jobs(plan, todo, workers, logs)
                recorder = Recorder(plan.experiment, plan.runs, store, logs, view)
                gave_up = False
                if jobs:
                    runs = [run for run in plan.runs if run.id in todo]
                    view.open(
                        plan.experiment.name, runs, plan.experiment.objective, len(plan.runs) - len(runs)
                    )
                    try:
                        gave_up = _execute(backend, jobs, recorder, _max_failures(plan, options), interrupt)
                    finally:
                        recorder.interrupt()
                        view.close()
                outcomes.append(
                    Outcome(
                        plan,
                        len(plan.runs) - len(todo),
                        recorder.results,
                        interrupted=interrupt.requested,
                        gave_up=gave_up,
                    )
                )
                if interrupt.requested:
                    break
    return outcomes


def _begin(store: Store, plan: Plan, options: RunOptions) -> set[str]:
    """Make the experiment known to the store; returns the ids of the runs still to train."""
    experiment = plan.experiment
    facts = environment.describe(Path(experiment.path).absolute().parent, list(options.command))
    store.begin(experiment, str(facts["command"]), facts)
    known = store.statuses(experiment.name)
    todo = {run.id for run in plan.runs if options.fresh or not _finished(known.get(run.id))}
    if todo or set(known) != {run.id for run in plan.runs}:
        store.add(plan.runs)
    if options.fresh:
        store.reset(experiment.name, todo)
    store.commit()
    return todo


def _finished(status: Status | None) -> bool:
    return status is not None and status.finished


def _execute(
    backend: Backend, jobs: list[Job], recorder: Recorder, max_failures: int | None, interrupt: Interrupt
) -> bool:
    """Train `jobs` to the end, to a Ctrl-C, or to one failure too many (returns True)."""
    retries = Retries(jobs, backend.submit)
    for job in jobs:
        backend.submit(job)
    failures = 0
    for message in backend.messages():
        if interrupt.requested:
            backend.close()
            return False
        if message is None:
            recorder.tick()
            continue
        if retries.takes(message):
            continue
        recorder.record(message)
        if isinstance(message, Finished) and message.result.status in FAILURES:
            failures += 1
            if max_failures is not None and failures >= max_failures:
                backend.close()
                return True
    return False


class Retries:
    """Submits failed runs again, alone and through `fit`, while they have retries left."""

    def __init__(self, jobs: Sequence[Job], submit: Callable[[Job], None]) -> None:
        self._submit = submit
        self._jobs = {run.id: job for job in jobs for run in job.group.runs}
        self._used: Counter[str] = Counter()

    def takes(self, message: Message) -> bool:
        """Whether the message is a failure that will be tried again."""
        if not isinstance(message, Finished) or message.result.status is not Status.FAILED:
            return False
        job = self._jobs[message.run_id]
        if self._used[message.run_id] >= job.experiment.limits.retries:
            return False
        self._used[message.run_id] += 1
        run = next(run for run in job.group.runs if run.id == message.run_id)
        self._submit(replace(job, group=Group(job.group.id, "fit", (run,))))
        return True


@contextmanager
def _backend(options: RunOptions, workers: int, logs: LogsFolder) -> Iterator[Backend]:
    backend: Backend
    if options.on == "inline":
        from hpexp.execute.inline import InlineBackend

        backend = InlineBackend()
    else:
        from hpexp.execute.local import LocalBackend

        backend = LocalBackend(workers, logs.workers, options.trainer)
    try:
        yield backend
    finally:
        backend.close()


def _limited(experiment: Experiment, options: RunOptions) -> Experiment:
    if options.timeout is None:
        return experiment
    return replace(experiment, limits=replace(experiment.limits, timeout=options.timeout))


def _jobs(options: RunOptions, plans: Sequence[Plan]) -> int | None:
    asked = [plan.experiment.resources.jobs for plan in plans if plan.experiment.resources.jobs]
    return options.jobs or (max(asked) if asked else None)


def _max_failures(plan: Plan, options: RunOptions) -> int | None:
    return options.max_failures if options.max_failures is not None else plan.experiment.limits.max_failures


def _with_runs(plan: Plan, todo: set[str]) -> Plan:
    groups = tuple(group for group in plan.groups if any(run.id in todo for run in group.runs))
    return replace(plan, groups=groups, runs=tuple(run for run in plan.runs if run.id in todo))


def _refuse_shared_names(experiments: Sequence[Experiment]) -> None:
    from hpexp.errors import Problem

    seen: dict[str, str] = {}
    for experiment in experiments:
        if experiment.name in seen:
            message = (
                f"the name {experiment.name!r} is also that of {seen[experiment.name]}; names must differ"
            )
            raise ConfigError(experiment.path, [Problem(0, 0, "name", message)])
        seen[experiment.name] = experiment.path
