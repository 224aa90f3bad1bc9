"""The story of `hpexp run`: load, plan, skip what is done, execute, record."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from hpexp import config, environment, scratch
from hpexp.anchor import Anchor
from hpexp.checked import needs_loading, with_checked_data
from hpexp.errors import ConfigError
from hpexp.execute import Backend
from hpexp.interrupt import Interrupt
from hpexp.jobs import look_at, make_jobs, side_by_side, worker_count
from hpexp.lock import LogsLock, holder
from hpexp.messages import DataFound, DataWrong, Finished, Job, Message
from hpexp.model import FAILURES, EngineChoice, Experiment, Group, Plan, Result, Status
from hpexp.paths import LogsFolder
from hpexp.plan import build_plan, refuse_idle_grid, with_verdicts
from hpexp.preview import statuses_of, warnings
from hpexp.progress import View
from hpexp.recorder import Recorder
from hpexp.rescue import rescuing
from hpexp.reserve import Reserve
from hpexp.rewrite import rewrite
from hpexp.room import Room
from hpexp.samedata import SameData, changed_files
from hpexp.store import Store
from hpexp.verdicts import known_verdicts

TRAINER = "hpexp.train.worker"
TICK_SECONDS = 0.5
"""What has been recorded is visible to others, TensorBoard among them, at most this late."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What the command line adds to the experiment files."""

    logs: Path
    overrides: tuple[str, ...] = ()
    engine: EngineChoice | None = None
    """`--engine`; without it the file's holds."""
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
    overrides: tuple[str, ...] = ()
    """The `--set` of this command, which its plan follows."""
    wrong: ConfigError | None = None
    """What ended it where its data turned out to be wrong while it trained."""

    @property
    def counts(self) -> Counter[Status]:
        return Counter(result.status for result in self.results.values())

    @property
    def failed(self) -> bool:
        return any(self.counts[status] for status in FAILURES)


def load_plans(configs: Sequence[Path], options: RunOptions) -> list[Plan]:
    """Read and plan every file before anything is trained.

    Raises:
        ConfigError: for the first file with problems, when two files share a name, or when no axis
            of a grid has an effect.
    """
    experiments = [
        _limited(config.load(path, options.overrides, smoke=options.smoke), options) for path in configs
    ]
    _refuse_shared_names(experiments)
    plans = [build_plan(each, config.data_facts(each), engine=options.engine) for each in experiments]
    for plan in plans:
        refuse_idle_grid(plan)
    return plans


@contextmanager
def backend_for(options: RunOptions) -> Iterator[Backend]:
    """Where runs are trained. A worker begins to import TensorFlow at once, while the driver plans."""
    backend: Backend
    if options.on == "inline":
        from hpexp.execute.inline import InlineBackend

        backend = InlineBackend()
    else:
        from hpexp.execute.local import LocalBackend

        backend = LocalBackend(options.trainer)
        backend.warm()
    try:
        yield backend
    finally:
        backend.close()
        # Workers are killed, and leave behind what they wrote of data that do not fit in memory.
        scratch.sweep()


@dataclass(frozen=True, slots=True)
class _Session:
    """What the experiments of one `hpexp run` share."""

    options: RunOptions
    logs: LogsFolder
    store: Store
    backend: Backend
    interrupt: Interrupt
    view: View
    room: Room
    workers: int


def run(plans: Sequence[Plan], options: RunOptions, view: View, backend: Backend) -> list[Outcome]:
    """Train what is missing in each plan, one experiment after the other, with the same workers.

    Raises:
        ConfigError: the data of a file are wrong; nothing has been written then.
        LogsBusyError: another hpexp writes to this log folder.
        StoreError: the store cannot be written.
        LogsGoneError: the log folder or its store was taken from under the run; says what is saved.
        NoSpaceError: results of some runs could not be stored; the others are.
    """
    logs = LogsFolder(options.logs)
    plans = _checked(plans, logs, options, backend)
    outcomes: list[Outcome] = []
    with (
        LogsLock.hold(logs, " ".join(options.command)),
        Interrupt() as interrupt,
        Reserve.hold(logs) as reserve,
        Store.open(logs) as store,
        Anchor.hold(logs) as anchor,
        rescuing(store, logs, anchor),
    ):
        store.recover()
        if options.fresh:
            store.forget_verdicts({plan.experiment.name for plan in plans})
        plans = [with_verdicts(plan, known_verdicts(plan, store)) for plan in plans]
        missing = [_begin(store, plan, options) for plan in plans]
        for plan, todo in zip(plans, missing, strict=True):
            _mend_files(store, logs, plan, todo, view)
        todo_plans = [_with_runs(plan, todo) for plan, todo in zip(plans, missing, strict=True)]
        workers = worker_count(_jobs(options, plans), todo_plans)
        backend.resize(workers)
        room = Room(logs, store, reserve, view, anchor)
        session = _Session(options, logs, store, backend, interrupt, view, room, workers)
        for plan, todo in zip(plans, missing, strict=True):
            outcomes.append(_train(session, plan, todo))
            if interrupt.requested:
                break
        room.close({run.id: run.name for plan in plans for run in plan.runs})
    return outcomes


def _checked(
    plans: Sequence[Plan], logs: LogsFolder, options: RunOptions, backend: Backend
) -> Sequence[Plan]:
    """The plans, with what loading tells of their data where something is to be trained on them."""
    # Of a folder that is held, taking the lock will tell by whom.
    if not any(map(needs_loading, plans)) or holder(logs) is not None:
        return with_checked_data(plans, (), backend)
    todo = [_with_runs(plan, _missing(plan, logs, options)) for plan in plans]
    names = {plan.experiment.name for plan in todo if plan.runs and needs_loading(plan)}
    if names:
        # As training will: a worker keeps the threads of its first job.
        workers = worker_count(_jobs(options, plans), todo)
        backend.resize(workers)
        backend.warm(min(workers, side_by_side(todo)))
    return with_checked_data(plans, names, backend)


def _missing(plan: Plan, logs: LogsFolder, options: RunOptions) -> set[str]:
    known = {} if options.fresh else statuses_of(plan, logs.root)
    return {run.id for run in plan.runs if not _finished(known.get(run.id))}


def _train(session: _Session, plan: Plan, todo: set[str]) -> Outcome:
    """Train one experiment's missing runs; `todo` grows where others turn out to be missing, too."""
    experiment, view = plan.experiment, session.view
    recorder = Recorder(experiment, plan.runs, session.store, session.logs, view, session.room)
    changed = [] if todo else changed_files(session.store, plan)
    known = known_verdicts(plan, session.store)
    jobs = make_jobs(plan, todo, session.workers, session.logs, known) if todo else []
    gave_up, wrong = False, None
    if todo or changed:
        _open_view(view, plan, todo)
        for line in warnings(plan):
            view.note(line)
        if changed:
            view.note(f"{changed[0]} has changed: {experiment.data.source} loads its data again")
            jobs = [look_at(plan)]
        try:
            recorder.begin(plan)
            gave_up = _execute(session, plan, todo, jobs, recorder)
        except ConfigError as error:
            wrong = error
        finally:
            try:
                recorder.close()
            finally:
                # The terminal gets its cursor back even where the logs cannot be written.
                view.close()
    interrupted = session.interrupt.requested
    skipped = len(plan.runs) - len(todo)
    overrides = session.options.overrides
    return Outcome(plan, skipped, recorder.results, interrupted, gave_up, overrides, wrong)


def _open_view(view: View, plan: Plan, todo: set[str]) -> None:
    runs = [run for run in plan.runs if run.id in todo]
    view.open(plan.experiment.name, runs, plan.experiment.objective, len(plan.runs) - len(runs))


def _begin(store: Store, plan: Plan, options: RunOptions) -> set[str]:
    """Make the experiment known to the store; returns the ids of the runs still to train."""
    experiment = plan.experiment
    facts = environment.describe(Path(experiment.path).absolute().parent, list(options.command))
    facts |= {
        "overrides": list(options.overrides),
        "engine": options.engine or experiment.engine,
        "smoke": options.smoke,
    }
    facts["folder"] = str(Path.cwd())
    store.begin(experiment, str(facts["command"]), facts)
    known = store.statuses(experiment.name)
    todo = {run.id for run in plan.runs if options.fresh or not _finished(known.get(run.id))}
    if options.fresh:
        store.reset(experiment.name, todo)
    store.add(plan.runs)
    store.commit()
    return todo


def _mend_files(store: Store, logs: LogsFolder, plan: Plan, todo: set[str], view: View) -> None:
    try:
        said = rewrite(store, logs, plan, {run.id for run in plan.runs} - todo)
    except OSError as error:
        said = f"event files are missing and cannot be written again: {error.filename}: {error.strerror}"
    if said:
        view.note(said)


def _finished(status: Status | None) -> bool:
    return status is not None and status.finished


def _execute(session: _Session, plan: Plan, todo: set[str], jobs: Sequence[Job], recorder: Recorder) -> bool:
    """Train `jobs` to the end, to a Ctrl-C, or to one failure too many (returns True).

    Raises ConfigError where the data turn out to be wrong.
    """
    backend, interrupt = session.backend, session.interrupt
    max_failures = _max_failures(plan, session.options)
    retries, same = Retries(backend.submit), SameData(plan, todo, session.store)
    failures = 0

    def submit(jobs: Sequence[Job]) -> None:
        retries.watch(jobs)
        for job in jobs:
            backend.submit(job)

    def recorded(message: Message) -> bool:
        """Whether it was not one failure too many."""
        nonlocal failures
        sealed = recorder.sealed(message)
        # Other data stay others: a refused run is not tried again.
        if not same.is_refused(message) and retries.takes(sealed):
            return True
        recorder.record(sealed)
        failures += isinstance(sealed, Finished) and sealed.result.status in FAILURES
        return max_failures is None or failures < max_failures

    submit(jobs)
    ticked = time.monotonic()
    for message in backend.messages():
        if interrupt.requested:
            backend.close()
            return False
        if message is None or time.monotonic() - ticked > TICK_SECONDS:
            recorder.tick()
            ticked = time.monotonic()
        if message is None or same.is_refused(message):
            continue
        if isinstance(message, DataWrong):
            backend.close()
            raise config.wrong_data(plan.experiment, message.message, message.hint)
        told: list[Message] = [message]
        if isinstance(message, DataFound):
            seen = same.see(message)
            if seen.anew:
                session.view.note(seen.why)
                submit(_anew(session, plan, todo, seen.anew))
            if seen.refused:
                told = same.refuse({message.run_id, *backend.cancel(message.run_id)}, seen.refused)
            elif not message.run_id:
                told = []
        if not all(map(recorded, told)):
            backend.close()
            return True
    if not todo and not same.loaded:
        session.view.note("the data could not be loaded: what is done is kept, from the data as they were")
    return False


def _anew(session: _Session, plan: Plan, todo: set[str], ids: frozenset[str]) -> list[Job]:
    """The jobs of runs that were done, and are to be trained again."""
    session.store.anew(run for run in plan.runs if run.id in ids)
    session.store.commit()
    todo |= ids
    session.view.close()
    _open_view(session.view, plan, todo)
    return make_jobs(plan, ids, session.workers, session.logs)


class Retries:
    """Submits failed runs again, alone and through `fit`, while they have retries left."""

    def __init__(self, submit: Callable[[Job], None]) -> None:
        self._submit = submit
        self._jobs: dict[str, Job] = {}
        self._used: Counter[str] = Counter()

    def watch(self, jobs: Sequence[Job]) -> None:
        """Jobs that are submitted."""
        self._jobs |= {run.id: job for job in jobs for run in job.group.runs}

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
