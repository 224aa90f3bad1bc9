"""Single runs through keras.Model.fit."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.summary_pb2 import Summary

from hpexp.messages import EpochEnd, Finished, Job, LogText, Message, Report, Started, SummaryData, Together
from hpexp.model import (
    DataSpec,
    EarlyStopping,
    Experiment,
    Group,
    ModelSpec,
    Objective,
    Run,
    Split,
    Status,
    TensorBoardOptions,
)
from hpexp.train import fit
from hpexp.train.data import load, prepare
from hpexp.train.models import build_model
from hpexp.train.order import epoch_order
from hpexp.train.watch import describe
from hpexp.train.weights import assign, starting_values
from hpexp.train.worker import train_job
from tests.builders import of_runs
from tests.engines import experiment, group, runs

pytestmark = [
    pytest.mark.tensorflow,
    # Keras's saving still calls NumPy 1's `__array__`.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

BLOBS = DataSpec("builtin", "blobs", {"examples": 60})


def small(**changes: Any) -> Experiment:
    return experiment(**{"data": "blobs", **changes})


def messages_of(spec: Experiment, lanes: tuple[Run, ...], **job: Any) -> list[Message]:
    messages: list[Report] = []
    train_job(Job(spec, Group(0, "fit", lanes), **job), messages.append)
    return of_runs(messages)


def results_of(spec: Experiment, lanes: tuple[Run, ...], **job: Any) -> dict[str, Any]:
    return {m.run_id: m.result for m in messages_of(spec, lanes, **job) if isinstance(m, Finished)}


def logs_of(spec: Experiment, run: Run) -> list[Mapping[str, float]]:
    return [m.logs for m in messages_of(spec, (run,)) if isinstance(m, EpochEnd)]


def own(tmp_path: Path, name: str, body: str, **options: Any) -> Experiment:
    """An experiment with a model of one's own."""
    text = f"import keras\nfrom keras import ops\ndef build(shape, outputs, width=4):\n{body}"
    (tmp_path / f"{name}.py").write_text(text)
    return replace(small(), model=ModelSpec("python", f"{name}:build", options, str(tmp_path)))


def test_messages_come_in_order() -> None:
    lanes = runs(seed=[0, 1], epochs=[2])
    kinds = [(type(m), m.run_id) for m in messages_of(small(), lanes)]
    expected = [
        [(Started, r), (Together, r), (EpochEnd, r), (EpochEnd, r), (Finished, r)] for r in ("r0", "r1")
    ]
    assert kinds == [*expected[0], *expected[1]]


@pytest.mark.parametrize(("batch", "updates"), [("full", 1), ("stochastic", 300), ("mini", 10), (299, 2)])
def test_batch_modes_make_their_updates(
    batch: str | int, updates: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts: list[int] = []
    monkeypatch.setattr(fit, "save_model", lambda model, _: counts.append(int(model.optimizer.iterations)))
    results_of(small(), runs(batch=[batch], epochs=[2]), models={"r0": "captured"})
    assert counts == [2 * updates]


def reference(spec: Experiment, run: Run, epochs: int) -> list[tuple[list[float], list[Any]]]:
    """Validation loss and accuracy, and weights, after each epoch of a plain Keras loop."""
    arrays = prepare(load(spec.data), spec.model, run.params)
    model = build_model(spec.model, run.params, arrays.problem, run.seed)
    assign(model, starting_values(model, spec.model, run.params, arrays.problem)(run.seed))
    rate, momentum = run.params["learning_rate"], run.params.get("momentum", 0.0)
    model.compile(
        optimizer=keras.optimizers.SGD(rate, momentum=momentum),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,
    )
    story = []
    for epoch in range(epochs):
        order = epoch_order(run.seed, epoch, len(arrays.x_train), 32)
        for start in range(0, len(order), 32):
            chosen = order[start : start + 32]
            model.train_on_batch(arrays.x_train[chosen], arrays.y_train[chosen])
        scores = model.evaluate(arrays.x_validation, arrays.y_validation, verbose=0)
        story.append((scores, model.get_weights()))
    return story


def test_the_numbers_are_those_of_a_plain_keras_loop() -> None:
    spec = experiment(data="iris")
    (run,) = runs(normalize=["standard"], learning_rate=[0.1], momentum=[0.9], epochs=[3])
    logs = logs_of(spec, run)
    for row, (scores, _) in zip(logs, reference(spec, run, 3), strict=True):
        np.testing.assert_allclose([row["val_loss"], row["val_accuracy"]], scores, rtol=1e-5)


@pytest.mark.parametrize("restore", [True, False])
def test_early_stopping_is_that_of_keras(restore: bool, tmp_path: Path) -> None:
    objective = Objective("val_accuracy", "max", "best" if restore else "last")
    spec = experiment(data="iris", early_stopping=EarlyStopping("val_loss", 2, 0.01), objective=objective)
    (run,) = runs(learning_rate=[0.6], epochs=[20])
    story = reference(spec, run, 20)
    losses = [scores[0] for scores, _ in story]
    best, wait, last = 0, 0, 0
    for last, loss in enumerate(losses):
        wait += 1
        if last == 0 or loss < losses[best] - 0.01:
            best, wait = last, 0
        elif wait >= 2:
            break
    assert last < 19, "the test needs a run that stops"
    path = tmp_path / "model.keras"
    result = results_of(spec, (run,), models={"r0": str(path)})["r0"]
    assert result.status is Status.STOPPED
    assert result.epochs == last + 1
    assert result.best_epoch == (best if restore else last)
    np.testing.assert_allclose(result.metrics["val_loss"], losses[result.best_epoch], rtol=1e-4)
    saved = keras.saving.load_model(path, compile=False).get_weights()
    for mine, expected in zip(saved, story[best if restore else last][1], strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-3, atol=1e-5)


def test_a_run_repeats_itself() -> None:
    """Weights, order and dropout come from the seed."""
    spec = experiment(data="iris")
    first, again, other = (
        runs(dropout=[0.3], optimizer=["adam"], seed=[seed], epochs=[2])[0] for seed in (3, 3, 4)
    )
    expected = logs_of(spec, first)
    assert logs_of(spec, again) == expected
    assert logs_of(spec, other) != expected


def test_an_own_model_repeats_itself(tmp_path: Path) -> None:
    body = (
        "    return keras.Sequential([keras.Input(shape), keras.layers.Dense(width, 'relu'),\n"
        "        keras.layers.Dropout(0.4), keras.layers.Dense(outputs)])\n"
    )
    spec = own(tmp_path, "own_repeat", body, width=7)
    first, other = runs(seed=[3, 4], epochs=[2])
    expected = logs_of(spec, first)
    assert logs_of(spec, first) == expected
    assert logs_of(spec, other) != expected


def test_regression_and_no_validation() -> None:
    spec = experiment(data="diabetes", objective=Objective("val_mae", "min"))
    (run,) = runs(normalize=["standard"], learning_rate=[0.001], epochs=[2])
    result = results_of(spec, (run,))["r0"]
    assert set(result.metrics) == {"loss", "mae", "val_loss", "val_mae"}
    assert set(result.test) == {"loss", "mae"}
    bare = replace(small(early_stopping=EarlyStopping()), data=replace(BLOBS, split=Split(0.0, 0.0)))
    result = results_of(bare, (run,))["r0"]
    assert set(result.metrics) == {"loss", "accuracy"}
    assert result.test == {}
    assert result.status is Status.DONE


def test_the_learning_rate_is_the_last_updates() -> None:
    (run,) = runs(schedule=["exponential"], decay_rate=[0.5], decay_epochs=[1.0], learning_rate=[0.1])
    rates = [row["learning_rate"] for row in logs_of(small(), run)]
    expected = [0.1 * 0.5 ** (update / 10) for update in (9, 19, 29)]
    np.testing.assert_allclose(rates, expected, rtol=1e-6)


class TestDivergence:
    def test_weight(self) -> None:
        (run,) = runs(learning_rate=[1e38], momentum=[0.9], activation=["relu"], epochs=[5])
        result = results_of(experiment(data="diabetes"), (run,))["r0"]
        assert result.status is Status.DIVERGED
        assert (result.divergence.epoch, result.divergence.step) == (0, 0)
        assert result.divergence.what == "weight"
        assert result.epochs == 0
        assert result.metrics == result.test == {}
        assert result.error == describe(result.divergence)
        assert result.error == "a weight became NaN or infinite in epoch 1, step 1"

    def test_loss(self) -> None:
        spec = experiment(data="diabetes")
        (run,) = runs(learning_rate=[1e3], activation=["relu"], epochs=[5])
        messages = messages_of(spec, (run,))
        result = messages[-1].result  # type: ignore[union-attr]
        assert result.status is Status.DIVERGED
        assert result.divergence.what == "loss"
        assert result.divergence.step > 0
        told = [m for m in messages if isinstance(m, EpochEnd)]
        assert len(told) == result.epochs == result.divergence.epoch
        assert all(np.isfinite(list(m.logs.values())).all() for m in told)

    def test_gradient(self, tmp_path: Path) -> None:
        """The square root of 0 is fine; its slope is not."""
        body = (
            "    x = inputs = keras.Input(shape)\n"
            "    x = keras.layers.Dense(outputs)(x)\n"
            "    x = keras.layers.Lambda(lambda t: t + ops.sqrt(t - t))(x)\n"
            "    return keras.Model(inputs, x)\n"
        )
        result = results_of(own(tmp_path, "own_root", body), runs(epochs=[2]))["r0"]
        assert result.divergence.what == "gradient"
        assert (result.divergence.epoch, result.divergence.step) == (0, 0)


class TestOwnModels:
    def test_gets_options_and_parameters_and_prints_to_the_log(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        body = (
            "    print('width', width)\n"
            "    return keras.Sequential([keras.Input(shape), keras.layers.Dense(width),\n"
            "        keras.layers.Dense(outputs)])\n"
        )
        spec = own(tmp_path, "own_prints", body)
        lanes = group(runs(epochs=[1]), runs(epochs=[1], width=[9]))
        messages = messages_of(spec, lanes)
        texts = {m.run_id: m.text for m in messages if isinstance(m, LogText)}
        assert texts == {"r0": "width 4\n", "r1": "width 9\n"}
        assert capsys.readouterr().out == ""

    @pytest.mark.parametrize(
        ("body", "error"),
        [
            ("    raise RuntimeError('two\\nlines')\n", "RuntimeError: two lines"),
            ("    return 3\n", "own_broken_1:build returned int, not a keras.Model"),
            (
                "    return keras.Sequential([keras.Input(shape), keras.layers.Flatten()])\n",
                "without weights",
            ),
        ],
    )
    def test_a_failing_run_leaves_the_next_alone(self, tmp_path: Path, body: str, error: str) -> None:
        name = "own_broken_1" if "int" in error else f"own_broken_{abs(hash(body)) % 10**6}"
        body = (
            "    if width == 4:\n"
            + "".join(f"    {line}\n" for line in body.splitlines())
            + "    return keras.Sequential([keras.Input(shape), keras.layers.Dense(outputs)])\n"
        )
        spec = own(tmp_path, name, body)
        results = results_of(spec, group(runs(epochs=[1]), runs(epochs=[1], width=[5])))
        assert results["r0"].status is Status.FAILED
        assert error in results["r0"].error
        assert "\n" not in results["r0"].error
        assert "Traceback" in results["r0"].traceback
        assert results["r1"].status is Status.DONE


def test_graph_and_histograms() -> None:
    spec = small(tensorboard=TensorBoardOptions(histograms=2))
    messages = messages_of(spec, runs(seed=[0, 1], epochs=[5]), graph_for=frozenset({"r1"}))
    payloads = [m for m in messages if isinstance(m, SummaryData)]
    (graph,) = [m for m in payloads if m.kind == "graph"]
    assert graph.run_id == "r1"
    nodes = [node.name for node in GraphDef.FromString(graph.data).node]
    assert any("hidden_0" in name and "MatMul" in name for name in nodes)
    histograms = [m for m in payloads if m.kind == "summary"]
    assert [(m.run_id, m.step) for m in histograms] == [("r0", 1), ("r0", 3), ("r1", 1), ("r1", 3)]
    values = Summary.FromString(histograms[0].data).value
    assert [value.tag for value in values] == [
        "hidden_0/kernel", "hidden_0/bias", "outputs/kernel", "outputs/bias",
    ]  # fmt: skip
    assert values[0].metadata.plugin_data.plugin_name == "histograms"


def test_a_saved_model_needs_no_hpexp(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "model.keras"
    (run,) = runs(dropout=[0.3], batch_norm=[True], epochs=[2])
    result = results_of(small(), (run,), models={"r0": str(path)})["r0"]
    with zipfile.ZipFile(path) as archive:
        config = archive.read("config.json").decode()
    assert "hpexp" not in config
    assert [layer["class_name"] for layer in json.loads(config)["config"]["layers"]] == [
        "InputLayer", "Dense", "BatchNormalization", "Activation", "Dropout", "Dense",
    ]  # fmt: skip
    model = keras.saving.load_model(path)
    arrays = prepare(load(small().data), small().model, run.params)
    hits = model.predict(arrays.x_test, verbose=0).argmax(axis=1) == arrays.y_test
    np.testing.assert_allclose(hits.mean(), result.test["accuracy"], rtol=1e-6)


def test_smoke_trains_one_epoch_on_a_slice(monkeypatch: pytest.MonkeyPatch) -> None:
    counts: list[int] = []
    monkeypatch.setattr(fit, "save_model", lambda model, _: counts.append(int(model.optimizer.iterations)))
    result = results_of(small(smoke=True), runs(epochs=[50]), models={"r0": "captured"})["r0"]
    assert result.epochs == 1
    assert counts == [2]
