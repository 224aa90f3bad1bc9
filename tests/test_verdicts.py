"""Verdicts on own models, from a worker's message to the next command's plan and to the run's page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hpexp import environment
from hpexp.anchor import Anchor
from hpexp.execute.fake import train_job
from hpexp.execute.inline import InlineBackend
from hpexp.messages import Finished, Proved, Started
from hpexp.model import DataSpec, ModelSpec, Objective, Plan, Verdict
from hpexp.paths import LogsFolder
from hpexp.progress import QuietView
from hpexp.reads import read_file
from hpexp.recorder import Recorder
from hpexp.reserve import Reserve
from hpexp.room import Room
from hpexp.run import RunOptions, run
from hpexp.store import Store
from hpexp.verdicts import judged, known_verdicts
from tests.builders import a_result
from tests.plans import plan_of
from tests.test_recorder import console

REASON = "after two steps the weights of embedding differ by 3e-2"


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    (tmp_path / "net.py").write_text("def build(input_shape, outputs): ...\n")
    spec = ModelSpec("python", "net:build", {}, str(tmp_path))
    return plan_of(model=spec, grid={"optimizer": ["sgd", "adam"]})


@pytest.fixture
def logs(tmp_path: Path, plan: Plan) -> LogsFolder:
    """A log folder in which adam was found to differ and sgd was not."""
    logs = LogsFolder(tmp_path / "logs")
    view = QuietView(console())
    sgd, adam = plan.runs
    with Store.open(logs) as store:
        store.begin(plan.experiment, "hpexp run toy.yaml", {})
        store.add(plan.runs)
        view.open(plan.experiment.name, plan.runs, Objective("val_loss", "min"), 0)
        room = Room(logs, store, Reserve(logs), view, Anchor(logs))
        recorder = Recorder(plan.experiment, plan.runs, store, logs, view, room)
        recorder.record(Proved(sgd.id, sgd.proof, Verdict("m", "lanes", True, "")))
        recorder.record(Proved(adam.id, adam.proof, Verdict("m", "", False, REASON)))
        recorder.record(Started(adam.id, 1.0))
        result = a_result(engine="fit", engine_reason=f"not compiled: {REASON}")
        recorder.record(Finished(adam.id, result))
        recorder.close()
    return logs


def test_the_next_plan_knows_what_differs(plan: Plan, logs: LogsFolder) -> None:
    told = {
        str(run.params["optimizer"]): (run.engine, run.engine_reason) for run in judged(plan, logs.root).runs
    }
    assert told == {"sgd": ("compiled", ""), "adam": ("fit", f"not compiled: {REASON}")}


def test_the_next_job_knows_what_is_equal(plan: Plan, logs: LogsFolder) -> None:
    with Store.open(logs) as store:
        assert known_verdicts(plan, store)[plan.runs[0].proof] == Verdict("m", "lanes", True, "")


def test_other_versions_know_nothing(plan: Plan, logs: LogsFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "versions", lambda: {"keras": "99"})
    assert judged(plan, logs.root) == plan


def test_a_stored_run_tells_why_it_was_not_compiled(plan: Plan, logs: LogsFolder) -> None:
    store = Store.read(logs)
    assert store
    with store:
        reasons = {run.id: run.engine_reason for run in store.runs(plan.experiment.name)}
    assert reasons == {plan.runs[0].id: "", plan.runs[1].id: f"not compiled: {REASON}"}


def test_verdicts_go_with_the_last_run_of_their_experiment(plan: Plan, logs: LogsFolder) -> None:
    with Store.open(logs) as store:
        store.delete(plan.experiment.name, None)
        assert known_verdicts(plan, store) == {}


def test_fresh_forgets_what_was_found_of_the_experiment(plan: Plan, logs: LogsFolder) -> None:
    def found() -> set[str]:
        view, options = QuietView(console()), RunOptions(logs=logs.root, fresh=fresh)
        (outcome,) = run([plan], options, view, InlineBackend(train_job))
        with Store.open(logs) as store:
            kept = known_verdicts(plan, store)
        return {each.engine for each in outcome.plan.runs} | set(kept)

    fresh = False
    assert found() == {"compiled", "fit", *(each.proof for each in plan.runs)}
    fresh = True
    assert found() == {"compiled"}


def test_what_was_found_with_other_files_is_not_known(plan: Plan, logs: LogsFolder, tmp_path: Path) -> None:
    """A data function's, which the key of a verdict cannot hold."""
    path = tmp_path / "numbers.txt"
    path.write_text("1")
    file = read_file(str(path))
    assert file
    own = replace(plan, experiment=replace(plan.experiment, data=DataSpec("python", "own:data")))
    adam = plan.runs[1].id
    with Store.open(logs) as store:
        name = plan.experiment.name
        store.begin(plan.experiment, "hpexp run toy.yaml", {})
        store.started(name, adam, 1.0, "data")
        store.finished(name, adam, a_result(fingerprint="data"))
        store.has_read(name, "data", [file])
        store.commit()
        assert set(known_verdicts(own, store)) == {each.proof for each in plan.runs}
        path.write_text("other")
        assert known_verdicts(own, store) == {}
        assert known_verdicts(plan, store)
