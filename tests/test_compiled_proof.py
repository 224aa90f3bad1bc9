"""The proof of the compiled engine on an own model: what it says, what it keeps, what it leaves alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from hpexp.messages import Job, Proved, Report
from hpexp.model import DataSpec, Experiment, Group, ModelSpec, Run, Verdict
from hpexp.train.compiled import proof, verdicts
from hpexp.train.compiled.blueprint import Way
from hpexp.train.compiled.part import Part
from hpexp.train.compiled.proof import Apart, difference
from hpexp.train.compiled.small import MOST_EXAMPLES, After, Small
from hpexp.train.compiled.table import Lane
from hpexp.train.data.load import load
from tests.engines import experiment, group, runs, train

pytestmark = pytest.mark.tensorflow

NET = """
import keras

def build(input_shape, outputs):
    inputs = keras.Input(input_shape)
    again = keras.layers.Dense(4, "tanh")
    return keras.Model(inputs, keras.layers.Dense(outputs)(again(again(inputs))))
"""
NAMES = ("dense/kernel", "norm/mean")


def after(**changes: Any) -> After:
    same = After(
        weights=[np.ones((2, 2))],
        state=[np.zeros(2)],
        slots=[np.ones((2, 2))],
        logs={"loss": 0.5},
        test={"loss": 0.25},
        outputs=np.ones((3, 2)),
    )
    return replace(same, **changes)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, None),
        ({"weights": [np.ones((2, 2)) + 1e-7]}, None),
        ({"weights": [np.array([[1, 1], [1, 1.03]])]}, "after two steps the weights of dense differ by 3e-2"),
        ({"state": [np.array([0, 0.5])]}, "after two steps the state norm/mean differs by 5e-1"),
        ({"slots": [np.full((2, 2), 3.0)]}, "after two steps the optimizer's state differs by 2e0"),
        ({"logs": {"loss": 0.75}}, "after two steps the loss differs by 2e-1"),
        ({"test": {"loss": 0.5}}, "after two steps the test loss differs by 2e-1"),
        ({"outputs": np.zeros((3, 2))}, "after two steps the outputs differ by 1e0"),
        ({"outputs": np.full((3, 2), np.nan)}, "two steps give numbers that are not finite"),
    ],
)
def test_what_differs_is_said(changes: dict[str, Any], says: str | None) -> None:
    assert difference(after(**changes), after(), NAMES) == says


@pytest.mark.parametrize(
    ("batch", "sizes", "epochs"),
    [(32, [32, 26], 1), (20, [20, 10], 1), (45, [45, 45], 1), ("full", [90], 2), ("stochastic", [1, 1], 1)],
)
def test_the_steps_have_the_batches_of_an_epoch(batch: Any, sizes: Sequence[int], epochs: int) -> None:
    """Of iris' 90 training examples: a whole batch and what is left over at the end of an epoch."""
    arrays = load(experiment("iris").data)
    (run,) = runs(batch=[batch])
    small = Small.of(arrays, Lane(run, 1))
    assert [small.batch, *([len(small.arrays.x_train) - small.batch] * (len(sizes) - 1))] == sizes
    assert small.epochs == epochs
    rows = {row.tobytes() for row in arrays.x_train}
    assert all(row.tobytes() in rows for row in small.arrays.x_train)


def test_a_large_batch_is_cut() -> None:
    (run,) = runs(batch=[500])
    small = Small.of(load(experiment("digits").data), Lane(run, 1))
    assert (small.batch, len(small.arrays.x_train)) == (MOST_EXAMPLES, MOST_EXAMPLES + 1079 % 500)


@pytest.fixture
def spec(tmp_path: Path) -> Experiment:
    (tmp_path / "proved_net.py").write_text(NET)
    return replace(experiment("iris"), model=ModelSpec("python", "proved_net:build", {}, str(tmp_path)))


def lanes_of(proof: str) -> tuple[Run, ...]:
    return tuple(replace(run, proof=proof) for run in runs(learning_rate=[0.01, 0.02], epochs=[2]))


def judged(
    spec: Experiment, lanes: tuple[Run, ...], known: dict[str, Verdict]
) -> tuple[Verdict, list[Report]]:
    reports: list[Report] = []
    job = Job(spec, Group(0, "compiled", lanes), verdicts=known)
    ((_, verdict),) = verdicts.judge(job, [Lane(run, 2) for run in lanes], load(spec.data), reports.append)
    return verdict, reports


def test_a_verdict_is_told_once_and_holds_for_the_same_model_alone(
    spec: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[object] = []

    def differences(*arguments: Any) -> dict[Way, list[Apart | None]]:
        tried.append(arguments)
        return {Way.LANES: [Apart("after two steps the loss differs by 1e0")], Way.SINGLE: [None]}

    monkeypatch.setattr(verdicts, "differences", differences)
    monkeypatch.setattr(verdicts, "_known", {})
    lanes = lanes_of("p")
    verdict, reports = judged(spec, lanes, {})
    assert (verdict.way, verdict.reason) == ("single", "")
    assert reports == [Proved("r0", "p", verdict)]
    assert judged(spec, lanes, {}) == (verdict, [])
    monkeypatch.setattr(verdicts, "_known", {})
    assert judged(spec, lanes, {"p": verdict}) == (verdict, [])
    assert len(tried) == 1
    # The function reads something that its source does not tell, and builds another model now.
    again, _ = judged(spec, lanes, {"p": replace(verdict, model="another", reason="differs")})
    assert again == verdict
    assert len(tried) == 2


def test_a_proof_changes_nothing_of_the_training_after_it(
    spec: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the verdict known beforehand, the same bits are trained."""
    monkeypatch.setattr(verdicts, "_known", {})
    lanes = lanes_of("q")
    proven = train("compiled", spec, lanes)
    assert verdicts._known["q"].reason == ""
    known = train("compiled", spec, lanes)
    assert {result.engine for result in [*proven.results.values(), *known.results.values()]} == {"compiled"}
    for run in lanes:
        assert proven.epochs[run.id] == known.epochs[run.id]
        assert all(map(np.array_equal, proven.weights[run.id], known.weights[run.id]))


def own(folder: Path, name: str, body: str) -> Experiment:
    (folder / f"{name}.py").write_text("import keras\nimport numpy as np\n" + body)
    return replace(experiment("iris"), model=ModelSpec("python", f"{name}:build", {}, str(folder)))


def reasons(spec: Experiment, lanes: tuple[Run, ...]) -> dict[str, str]:
    job = Job(spec, Group(0, "compiled", lanes))
    found = verdicts.judge(job, [Lane(run, 2) for run in lanes], load(spec.data), lambda message: None)
    return {lane.run.name: verdict.reason for kind, verdict in found for lane in kind}


def test_lanes_of_one_kind_have_options_of_their_own(tmp_path: Path) -> None:
    """Each option that may differ between lanes of one proof, with two values."""
    spec = own(
        tmp_path,
        "plain_net",
        "def build(shape, outputs):\n"
        "    return keras.Sequential([keras.Input(shape), keras.layers.Dense(outputs)])\n",
    )
    lanes = group(
        runs(optimizer=["sgd"], momentum=[0.5, 0.9]),
        runs(optimizer=["sgd"], momentum=[0.5, 0.9], nesterov=[True]),
        runs(optimizer=["sgd"], clipnorm=[0.01, 0.1]),
        runs(optimizer=["sgd"], label_smoothing=[0.1, 0.3]),
        runs(optimizer=["adam"], beta_1=[0.5, 0.9]),
        runs(optimizer=["nadam"], beta_2=[0.9, 0.999]),
        runs(optimizer=["adamw"], weight_decay=[0.1, 0.5]),
        runs(optimizer=["rmsprop"], rho=[0.5, 0.9]),
        runs(optimizer=["adagrad"], epsilon=[1e-7, 1e-2]),
    )
    found = reasons(spec, lanes)
    assert len(found) == len(lanes) == 18
    assert set(found.values()) == {""}, found


def test_the_function_gets_the_parameters_of_its_run(tmp_path: Path) -> None:
    """Not those of the small training that proves it."""
    spec = own(
        tmp_path,
        "choosy_net",
        "def build(shape, outputs, epochs, batch, learning_rate, schedule):\n"
        "    assert (epochs, batch, learning_rate, schedule) == (7, 500, 0.3, 'cosine')\n"
        "    return keras.Sequential([keras.Input(shape), keras.layers.Dense(outputs)])\n",
    )
    lanes = runs(
        epochs=[7], batch=[500], learning_rate=[0.3], schedule=["cosine"], activation=["relu", "elu"]
    )
    assert set(reasons(spec, lanes).values()) == {""}


LATE = """
def build(shape, outputs):
    seed = int(np.random.get_state()[1][0])
    hidden = keras.layers.Dense(4, "tanh" if seed == 7 else "relu")
    x = keras.Input(shape)
    return keras.Model(x, keras.layers.Dense(outputs)(keras.layers.Add()([hidden(x), hidden(x)])))
"""


@pytest.mark.parametrize(("most", "first"), [(2, "fit"), (1, "compiled")])
def test_a_seed_that_builds_another_model_goes_through_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, first: str
) -> None:
    """The two seeds of the proof build the same; `most` lanes train side by side."""
    monkeypatch.setattr(Part, "_most_lanes", lambda self, lanes: most)
    spec = own(tmp_path, f"late_net_{most}", LATE)
    lanes = runs(seed=[0, 7], epochs=[2])
    mine = train("compiled", spec, lanes)
    assert [mine.results[run.id].engine for run in lanes] == [first, "fit"]
    reason = "not compiled: what its function builds for seed 7 differs in more than weights"
    assert mine.results["r1"].engine_reason == reason
    if first == "compiled":
        expected = train("fit", spec, lanes)
        for run in lanes:
            loss = expected.results[run.id].metrics["val_loss"]
            assert mine.results[run.id].metrics["val_loss"] == pytest.approx(loss, rel=1e-4)


@pytest.mark.parametrize(
    ("raised", "when", "way"),
    [
        (tf.errors.ResourceExhaustedError(None, None, "OOM"), {Way.LANES}, None),
        (MemoryError(), {Way.LANES}, None),
        (ValueError("no rule"), {Way.LANES, Way.SINGLE}, None),
        (ValueError("no rule"), {Way.LANES}, "single"),
    ],
)
def test_what_is_raised_is_no_lasting_verdict(
    spec: Experiment, monkeypatch: pytest.MonkeyPatch, raised: Exception, when: set[Way], way: str | None
) -> None:
    """One way that cannot be had is none either; that which trains as `fit` does is told."""
    trained = proof.by_lanes

    def by_lanes(blueprint: Any, *arguments: Any) -> Any:
        if blueprint.way in when:
            raise raised
        return trained(blueprint, *arguments)

    monkeypatch.setattr(proof, "by_lanes", by_lanes)
    monkeypatch.setattr(verdicts, "_known", {})
    verdict, reports = judged(spec, lanes_of("m"), {})
    if way is None:
        assert type(raised).__name__ in verdict.reason
        assert (reports, verdicts._known) == ([], {})
    else:
        assert (verdict.way, verdict.reason) == (way, "")
        assert reports == [Proved("r0", "m", verdict)]


def test_a_verdict_holds_for_what_a_data_function_gave(spec: Experiment) -> None:
    own_data = replace(spec, data=DataSpec("python", "some:data"))
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    one, other = (
        verdicts._tried_with(Job(each, Group(0, "compiled", ()), fingerprint=data), model)
        for each, data in [(own_data, "a"), (own_data, "b")]
    )
    assert one != other
    named = {
        verdicts._tried_with(Job(spec, Group(0, "compiled", ()), fingerprint=data), model) for data in "ab"
    }
    assert len(named) == 1
