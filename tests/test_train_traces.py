"""What own code leaves behind in a worker is found, and nothing else is."""

from __future__ import annotations

import builtins
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import pytest
import tensorflow as tf

import hpexp.train.optimizers
from hpexp.messages import Finished, Free, Job, LogText, Report
from hpexp.model import Group, ModelSpec, Status
from hpexp.train import traces, worker
from tests.engines import experiment, runs

pytestmark = pytest.mark.tensorflow


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fingerprint of this test's own."""
    for name, value in {"_clean": None, "_code": [], "_state": {}, "_loaded": ""}.items():
        monkeypatch.setattr(traces, name, value)


def restored(change: Callable[[], Any], undo: Callable[[], Any]) -> tuple[str, str]:
    """What is found after a change, and after it has been undone."""
    traces.begin()
    assert traces.left() == ""
    try:
        change()
        found = traces.left()
    finally:
        undo()
    return found, traces.left()


def setter(owner: Any, name: str, value: Any) -> tuple[Callable[[], Any], Callable[[], Any]]:
    before = vars(owner)[name]
    return lambda: setattr(owner, name, value), lambda: setattr(owner, name, before)


def mischief() -> dict[str, tuple[Callable[[], Any], Callable[[], Any]]]:
    folder, umask, limit = Path.cwd(), os.umask(0o022), sys.getrecursionlimit()
    os.umask(umask)
    handler, path = signal.getsignal(signal.SIGUSR1), list(sys.path)
    over = threading.Event()
    thread = threading.Thread(target=over.wait)

    def stop() -> None:
        over.set()
        thread.join()

    return {
        "keras.optimizers.SGD": setter(keras.optimizers, "SGD", None),
        "Dense.call": setter(keras.layers.Dense, "call", lambda self, x: x),
        "tensorflow._api.v2.nn.relu": setter(tf.nn, "relu", abs),
        "builtins.sorted": setter(builtins, "sorted", list),
        "hpexp.train.optimizers.make_optimizer": setter(hpexp.train.optimizers, "make_optimizer", None),
        "the working directory": (lambda: os.chdir("/"), lambda: os.chdir(folder)),
        "the environment variable HPEXP_TEST": (
            lambda: os.environ.update(HPEXP_TEST="1"),
            lambda: os.environ.pop("HPEXP_TEST"),
        ),
        "the umask": (lambda: os.umask(0o077 ^ umask), lambda: os.umask(umask)),
        f"the handler of signal {int(signal.SIGUSR1)}": (
            lambda: signal.signal(signal.SIGUSR1, lambda *_: None),
            lambda: signal.signal(signal.SIGUSR1, handler),
        ),
        "a timer": (
            lambda: signal.setitimer(signal.ITIMER_VIRTUAL, 1000),
            lambda: signal.setitimer(signal.ITIMER_VIRTUAL, 0),
        ),
        "sys.excepthook": setter(sys, "excepthook", None),
        "sys.path": (lambda: sys.path.append("/nowhere"), lambda: sys.path.__setitem__(slice(None), path)),
        "the recursion limit": (
            lambda: sys.setrecursionlimit(limit + 1),
            lambda: sys.setrecursionlimit(limit),
        ),
        "a thread": (thread.start, stop),
    }


@pytest.mark.parametrize("name", list(mischief()))
def test_what_is_changed_is_found_and_named(name: str) -> None:
    found, after = restored(*mischief()[name])
    assert found == name or found.endswith(f".{name}")
    assert after == ""


def test_training_leaves_nothing_behind() -> None:
    """Else every run would cost a worker."""
    traces.begin()
    for engine in ("fit", "compiled"):
        lanes = runs(optimizer=["adam"], epochs=[1], batch=["full"], dropout=[0.1])
        worker.train_job(Job(experiment(data="blobs"), Group(0, engine, lanes)), lambda _: None)  # type: ignore[arg-type]
        traces.accept() if engine == "fit" else None  # what loading the data imported
    assert traces.left() == ""
    began = time.process_time()
    traces.left()
    assert time.process_time() - began < 1, "it is asked after every run"


OWN = """\
import os

import keras

os.environ["HPEXP_AT_IMPORT"] = "1"


def build(input_shape, outputs, wild=0):
    if wild:
        keras.optimizers.SGD = None
    return keras.Sequential([keras.Input(input_shape), keras.layers.Dense(outputs)])
"""


def test_a_job_ends_before_the_next_run_where_own_code_has_changed_something(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "wild_models.py").write_text(OWN)
    monkeypatch.setattr(keras.optimizers, "SGD", keras.optimizers.SGD)
    monkeypatch.setenv("HPEXP_AT_IMPORT", "0")
    spec = replace(
        experiment(data="blobs"), model=ModelSpec("python", "wild_models:build", {}, str(tmp_path))
    )
    lanes = tuple(
        replace(run, params={**run.params, "wild": wild})
        for run, wild in zip(runs(seed=[0, 1, 2], epochs=[1]), [0, 1, 0], strict=True)
    )
    reports: list[Report] = []
    free = worker.train_job(Job(spec, Group(0, "fit", lanes)), reports.append)
    ended = {each.run_id: each.result for each in reports if isinstance(each, Finished)}
    assert [each.status for each in ended.values()] == [Status.DONE, Status.FAILED]
    assert lanes[2].id not in ended
    assert free == Free("keras.optimizers.SGD", spec.name), "loading the module has changed something, too"
    (note,) = [each for each in reports if isinstance(each, LogText) and "changed" in each.text]
    assert note == LogText(
        lanes[1].id, "this run changed keras.optimizers.SGD; the runs after it get a new worker\n"
    )
