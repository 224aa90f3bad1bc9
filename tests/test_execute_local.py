"""Worker processes, with a trainer that needs no TensorFlow."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from hpexp.errors import HpexpError
from hpexp.execute.local import LocalBackend
from hpexp.messages import DataWrong, EpochEnd, Finished, Job, LogText, Message, Started
from hpexp.model import Limits, Status
from tests.builders import a_job, a_run, an_experiment


@pytest.fixture
def backend() -> Iterator[LocalBackend]:
    made = LocalBackend("hpexp.execute.fake")
    made.resize(2)
    yield made
    made.close()


def train(backend: LocalBackend, *jobs: Job) -> list[Message]:
    for job in jobs:
        backend.submit(job)
    return [message for message in backend.messages() if message is not None]


def results(messages: list[Message]) -> dict[str, Status]:
    ended = [message for message in messages if isinstance(message, Finished)]
    assert len({message.run_id for message in ended}) == len(ended), "a run ended twice"
    return {message.run_id: message.result.status for message in ended}


def errors(messages: list[Message]) -> list[str]:
    return [m.result.error or "" for m in messages if isinstance(m, Finished) and m.result.error]


def test_runs_are_trained_and_their_messages_arrive_in_order(backend: LocalBackend) -> None:
    runs = [a_run(seed) for seed in range(4)]
    messages = train(backend, *(a_job(an_experiment(), run) for run in runs))
    assert results(messages) == {run.id: Status.DONE for run in runs}
    mine = [message for message in messages if message.run_id == runs[0].id]
    assert isinstance(mine[0], Started)
    assert [m.epoch for m in mine if isinstance(m, EpochEnd)] == [0, 1, 2]
    assert isinstance(mine[-1], Finished)


@pytest.mark.parametrize(
    ("behave", "expected"),
    [
        ("raise", "RuntimeError: the model is unwell"),
        ("exit", "the worker died: exit code 3"),
        ("quit", "SystemExit: the model wants to end"),
        ("close", "the worker died: exit code 1"),
        ("crash", "the worker died: signal 11 (SIGSEGV), a crash in native code"),
    ],
)
def test_a_run_fails_alone(backend: LocalBackend, behave: str, expected: str) -> None:
    experiment = an_experiment(behave=behave, unlucky="1")
    runs = [a_run(seed) for seed in range(4)]
    messages = train(backend, *(a_job(experiment, run) for run in runs))
    ended = results(messages)
    assert [ended[run.id] for run in runs] == [Status.DONE, Status.FAILED, Status.DONE, Status.DONE]
    assert errors(messages) == [expected]


def test_what_a_crashed_worker_printed_is_kept(backend: LocalBackend) -> None:
    messages = train(backend, a_job(an_experiment(behave="crash"), a_run()))
    assert any("about to crash" in message.text for message in messages if isinstance(message, LogText))


def test_a_group_whose_worker_dies_is_trained_run_by_run(backend: LocalBackend) -> None:
    experiment = an_experiment(behave="crash", unlucky="2")
    runs = [a_run(seed) for seed in range(4)]
    messages = train(backend, a_job(experiment, *runs, engine="compiled"))
    ended = results(messages)
    assert [ended[run.id] for run in runs] == [Status.DONE, Status.DONE, Status.FAILED, Status.DONE]
    notes = [place for place, each in enumerate(messages) if "trained alone" in getattr(each, "text", "")]
    assert notes
    # A log is cleared where its run starts; the note comes after that.
    for place in notes:
        before = messages[place - 1]
        assert isinstance(before, Started)
        assert before.run_id == messages[place].run_id


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (Limits(timeout=3), "timed out while training: it took longer than the limit of 3 s"),
        (Limits(idle_timeout=3), "timed out while training: no epoch ended for 3 s"),
    ],
)
def test_a_hanging_run_is_stopped(backend: LocalBackend, limits: Limits, expected: str) -> None:
    experiment = an_experiment(limits=limits, behave="hang", unlucky="0")
    runs = [a_run(seed) for seed in range(3)]
    messages = train(backend, *(a_job(experiment, run) for run in runs))
    ended = results(messages)
    assert [ended[run.id] for run in runs] == [Status.TIMEOUT, Status.DONE, Status.DONE]
    assert errors(messages) == [expected]


def test_only_the_guilty_runs_of_a_group_time_out(backend: LocalBackend) -> None:
    """Before any has started, in ways that no signal reaches."""
    experiment = an_experiment(limits=Limits(timeout=3), unlucky="1=build 2=spin 4=stop")
    runs = [a_run(seed) for seed in range(5)]
    messages = train(backend, a_job(experiment, *runs, engine="compiled"))
    ended = results(messages)
    assert [run.seed for run in runs if ended[run.id] is Status.TIMEOUT] == [1, 2, 4]
    assert [run.seed for run in runs if ended[run.id] is Status.DONE] == [0, 3]
    why = "timed out while building the model: it took longer than the limit of 3 s"
    assert errors(messages) == [why] * 3


def test_data_that_hang_do_so_for_every_run(backend: LocalBackend) -> None:
    experiment = an_experiment(limits=Limits(idle_timeout=2), behave="hang loading", unlucky="1")
    runs = [a_run(seed) for seed in range(3)]
    messages = train(backend, a_job(experiment, *runs, engine="compiled"), a_job(an_experiment(), a_run(9)))
    assert errors(messages) == ["timed out while loading data: no sign of life for 2 s"] * 3
    assert results(messages)[a_run(9).id] is Status.DONE


def test_data_that_hang_where_they_are_looked_at_are_wrong(backend: LocalBackend) -> None:
    """A job without runs has no run to tell of."""
    experiment = an_experiment(limits=Limits(timeout=1), behave="hang loading")
    (wrong,) = train(backend, a_job(experiment))
    assert isinstance(wrong, DataWrong)
    assert wrong.message == "timed out while loading data: it took longer than the limit of 1 s"


def test_a_run_that_forked_is_stopped_with_its_children(backend: LocalBackend) -> None:
    experiment = an_experiment(limits=Limits(timeout=2), behave="fork")
    backend.submit(a_job(experiment, a_run()))
    children: set[psutil.Process] = set()
    messages = []
    for message in backend.messages():
        for worker in backend._workers:
            children |= set(psutil.Process(worker.pid).children())
        messages.append(message)
    assert errors([m for m in messages if m]) == [
        "timed out while training: it took longer than the limit of 2 s"
    ]
    assert children
    psutil.wait_procs(children, timeout=10)
    assert not [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]


def test_a_worker_that_dies_is_missed_though_its_child_lives(backend: LocalBackend) -> None:
    """A child in a session of its own goes on after its parent was killed."""
    backend.submit(a_job(an_experiment(behave="fork"), a_run()))
    messages, child = [], None
    for message in backend.messages():
        if isinstance(message, EpochEnd) and child is None:
            (worker,) = backend._workers
            (child,) = psutil.Process(worker.pid).children()
            os.kill(worker.pid, signal.SIGKILL)
        messages.append(message)
    assert child is not None
    child.kill()
    assert errors([m for m in messages if m]) == [
        "the worker died: signal 9 (SIGKILL), often a lack of memory"
    ]


def test_a_killed_worker_fails_its_run_and_no_other(backend: LocalBackend) -> None:
    experiment = an_experiment(behave="slow", unlucky="0")
    runs = [a_run(seed, epochs=20 if seed == 0 else 3) for seed in range(3)]
    for run in runs:
        backend.submit(a_job(experiment, run))
    messages: list[Message] = []
    for message in backend.messages():
        if message is None:
            continue
        messages.append(message)
        if isinstance(message, EpochEnd) and message.run_id == runs[0].id and message.epoch == 1:
            (worker,) = [w for w in backend._workers if w.job and runs[0] in w.job.group.runs]
            os.kill(worker.pid, signal.SIGKILL)
    ended = results(messages)
    assert [ended[run.id] for run in runs] == [Status.FAILED, Status.DONE, Status.DONE]
    assert errors(messages) == ["the worker died: signal 9 (SIGKILL), often a lack of memory"]


def test_a_broken_installation_is_an_error_not_a_loop() -> None:
    backend = LocalBackend("hpexp.no_such_trainer")
    with pytest.raises(HpexpError, match="workers cannot start"):
        train(backend, a_job(an_experiment(), a_run()))
    backend.close()


def test_workers_end_with_their_driver() -> None:
    backend = LocalBackend("hpexp.execute.fake")
    backend.submit(a_job(an_experiment(behave="hang"), a_run()))
    for message in backend.messages():
        if isinstance(message, EpochEnd):
            break
    (worker,) = backend._workers
    worker._jobs.close()  # what the operating system does when the driver is killed
    ended = threading.Thread(target=worker._process.wait)
    ended.start()
    ended.join(timeout=10)
    assert not ended.is_alive()
    backend.close()


def test_a_cancelled_job_is_abandoned_and_the_others_go_on(backend: LocalBackend) -> None:
    experiment = an_experiment(behave="hang", unlucky="0")
    runs = [a_run(seed) for seed in range(3)]
    for run in runs:
        backend.submit(a_job(experiment, run))
    messages: list[Message] = []
    for message in backend.messages():
        if message is None:
            continue
        messages.append(message)
        if isinstance(message, EpochEnd) and message.run_id == runs[0].id:
            backend.cancel(message.run_id)
    assert results(messages) == {run.id: Status.DONE for run in runs[1:]}


def test_closing_stops_at_once() -> None:
    backend = LocalBackend("hpexp.execute.fake")
    backend.submit(a_job(an_experiment(behave="hang"), a_run()))
    for message in backend.messages():
        if isinstance(message, EpochEnd):
            break
    before = time.monotonic()
    backend.close()
    backend.close()
    assert time.monotonic() - before < 60, "it waited for a run that takes an hour"
    assert not backend._workers


def test_files_of_the_current_folder_shadow_no_module(
    backend: LocalBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "queue.py").write_text("raise RuntimeError('not the module that was meant')")
    monkeypatch.chdir(tmp_path)
    run = a_run()
    assert results(train(backend, a_job(an_experiment(), run))) == {run.id: Status.DONE}


def test_a_warm_worker_is_the_one_that_trains(backend: LocalBackend) -> None:
    backend.warm()
    (worker,) = backend._workers
    run = a_run()
    assert results(train(backend, a_job(an_experiment(), run))) == {run.id: Status.DONE}
    assert backend._workers == [worker]


def test_a_worker_that_own_code_has_changed_is_replaced_and_the_rest_trained_alone(
    backend: LocalBackend,
) -> None:
    backend.resize(1)
    backend.warm()
    (first,) = backend._workers
    runs = [a_run(seed) for seed in range(4)]
    messages = train(backend, a_job(an_experiment(unlucky="1=soil"), *runs))
    assert results(messages) == {run.id: Status.DONE for run in runs}
    assert first not in backend._workers
    notes = {each.run_id: each.text for each in messages if isinstance(each, LogText)}
    why = "own code had changed keras.optimizers.SGD; this run is trained alone\n"
    assert notes == {run.id: why for run in runs[2:]}


def test_a_worker_that_loading_has_changed_trains_one_experiment_alone(backend: LocalBackend) -> None:
    backend.resize(1)
    backend.warm()
    (first,) = backend._workers
    marked = an_experiment("one", behave="mark")
    train(backend, a_job(marked, a_run(0)), a_job(marked, a_run(1)))
    assert backend._workers == [first]
    train(backend, a_job(an_experiment("other"), a_run(2)))
    assert first not in backend._workers


def test_more_jobs_may_come_while_messages_are_read(backend: LocalBackend) -> None:
    first, second = a_run(0), a_run(1)
    backend.submit(a_job(an_experiment(), first))
    messages: list[Message] = []
    for message in backend.messages():
        if message is None:
            continue
        messages.append(message)
        if isinstance(message, Finished) and message.run_id == first.id:
            backend.submit(a_job(an_experiment(), second))
    assert results(messages) == {first.id: Status.DONE, second.id: Status.DONE}
