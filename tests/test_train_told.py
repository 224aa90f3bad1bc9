"""What runs tell beside Keras's loss and metric, against NumPy and scikit-learn on the models' outputs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from rich.console import Console
from sklearn.metrics import balanced_accuracy_score, log_loss, mean_squared_error

from hpexp.model import Axis, EarlyStopping, Experiment, ModelSpec, Objective, Run
from hpexp.progress import QuietView
from hpexp.run import RunOptions, backend_for, load_plans
from hpexp.run import run as run_plans
from hpexp.summary.facts import load as load_facts
from hpexp.summary.facts import test_scores as summary_scores
from hpexp.train.data import Arrays, load, prepare
from hpexp.train.models import build_model
from hpexp.train.reading import judges_itself
from tests.engines import Trained, assert_same, experiment, group, runs, train

pytestmark = pytest.mark.tensorflow

OWN = """
import keras

class Pricey(keras.layers.Layer):
    def call(self, x):
        self.add_loss(0.1 * keras.ops.mean(keras.ops.square(x)))
        return x

def build(input_shape, outputs):
    inputs = keras.Input(input_shape)
    x = Pricey()(keras.layers.Dense(6, kernel_regularizer="l2", activation="tanh")(inputs))
    return keras.Model(inputs, keras.layers.Dense(outputs)(x))

class Judge(keras.Model):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return 3 * keras.ops.mean(keras.ops.sparse_categorical_crossentropy(y, y_pred, from_logits=True))

def judge(input_shape, outputs):
    inputs = keras.Input(input_shape)
    return Judge(inputs, keras.layers.Dense(outputs, kernel_regularizer="l2")(inputs))

def plain(input_shape, outputs):
    inputs = keras.Input(input_shape)
    x = keras.layers.Dense(6, activation="gelu")(inputs)
    return keras.Model(inputs, keras.layers.Dense(outputs)(x))
"""

DIABETES = """
data: diabetes
model: mlp
params: {hidden: [64], normalize: standard, optimizer: adam, learning_rate: 0.01, epochs: 150}
grid: {l2: [0, 0.3, 1, 3]}
seeds: 3
"""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> ModelSpec:
    folder = tmp_path_factory.mktemp("told")
    (folder / "own_told.py").write_text(OWN)
    return ModelSpec("python", "own_told:build", {}, str(folder))


def spec_of(data: str, lanes: tuple[Run, ...], **changes: Any) -> Experiment:
    """An experiment whose grid has the axes of these runs."""
    axes = tuple(Axis((name,), tuple((run.axes[name],) for run in lanes)) for name in lanes[0].axes)
    return replace(experiment(data), grid=(axes,), **changes)


def outputs(spec: Experiment, run: Run, trained: Trained, arrays: Arrays, x: np.ndarray) -> np.ndarray:
    model = build_model(spec.model, run.params, arrays.problem, run.seed)
    model.set_weights(trained.weights[run.id])
    return np.asarray(model.predict(x, verbose=0), np.float64)


def shares(logits: np.ndarray) -> np.ndarray:
    exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponents / exponents.sum(axis=1, keepdims=True)


def smoothed_loss(probabilities: np.ndarray, y: np.ndarray, smoothing: float) -> float:
    classes = probabilities.shape[1]
    target = np.eye(classes)[y] * (1 - smoothing) + smoothing / classes
    return float(-(target * np.log(probabilities)).sum(axis=1).mean())


def test_the_loss_of_the_data_holds_no_penalty_and_no_smoothing() -> None:
    lanes = group(
        *(runs(l2=[l2], label_smoothing=[share], epochs=[2]) for l2, share in ((0.0, 0.0), (0.1, 0.3)))
    )
    spec = spec_of("breast_cancer", lanes)
    lanes = tuple(replace(run, params={**run.params, "normalize": "standard"}) for run in lanes)
    trained = assert_same(spec, lanes, 1e-4)
    for run in lanes:
        arrays = prepare(load(spec.data), spec.model, run.params)
        result = trained.results[run.id]
        kernels = [weights for weights in trained.weights[run.id] if weights.ndim == 2]
        penalty = float(run.params["l2"]) * sum(float(np.square(w).sum()) for w in kernels)
        for told, prefix, x, y in (
            (result.metrics, "val_", arrays.x_validation, arrays.y_validation),
            (result.test, "", arrays.x_test, arrays.y_test),
        ):
            guesses = shares(outputs(spec, run, trained, arrays, x))
            smoothing = float(run.params["label_smoothing"])
            expected = {
                "data_loss": log_loss(y, guesses),
                "loss": smoothed_loss(guesses, y, smoothing) + penalty,
                "balanced_accuracy": balanced_accuracy_score(y, guesses.argmax(axis=1)),
            }
            for name, value in expected.items():
                assert told[prefix + name] == pytest.approx(value, rel=1e-5), (run.name, prefix, name)
    first = trained.epochs[lanes[0].id][-1]
    assert first["data_loss"] == pytest.approx(first["loss"], rel=1e-6)


def test_an_own_models_losses_are_told_apart(own: ModelSpec) -> None:
    lanes = runs(epochs=[2], seed=[0, 1], learning_rate=[1e-4])
    spec = spec_of("diabetes", lanes, model=own)
    lanes = tuple(replace(run, params={**run.params, "normalize": "standard"}) for run in lanes)
    trained = assert_same(spec, lanes, 1e-4)
    for run in lanes:
        arrays = prepare(load(spec.data), spec.model, run.params)
        result = trained.results[run.id]
        guesses = outputs(spec, run, trained, arrays, arrays.x_validation)
        expected = mean_squared_error(arrays.y_validation, guesses[:, 0])
        assert result.metrics["val_data_loss"] == pytest.approx(expected, rel=1e-5)
        assert result.metrics["val_loss"] > expected * (1 + 1e-6)


def test_a_model_that_adds_nothing_has_one_loss(own: ModelSpec) -> None:
    (run,) = lanes = runs(epochs=[1], batch=["full"])
    for model in (ModelSpec("mlp", "mlp"), replace(own, source="own_told:plain")):
        for engine in ("fit", "compiled"):
            result = train(engine, spec_of("iris", lanes, model=model), lanes).results[run.id]
            assert set(result.metrics) == {"loss", "accuracy", "val_loss", "val_accuracy"}
            assert set(result.test) == {"loss", "accuracy"}


def test_losses_rank_and_stop_without_their_penalties() -> None:
    """With this penalty Keras's loss falls to the end, while the data's begins to rise."""
    rule = EarlyStopping("val_loss", patience=2)
    lanes = runs(
        l2=[0.3], optimizer=["adam"], learning_rate=[0.03], epochs=[40], hidden=[(64,)], batch=["full"]
    )
    spec = spec_of("wine", lanes, early_stopping=rule)
    (run,) = lanes = tuple(replace(run, params={**run.params, "normalize": "standard"}) for run in lanes)
    trained = assert_same(spec, lanes, 1e-3)
    curve, result = trained.epochs[run.id], trained.results[run.id]
    data, all_ = ([row[name] for row in curve] for name in ("val_data_loss", "val_loss"))
    assert result.best_epoch == int(np.argmin(data)) != int(np.argmin(all_))
    assert result.epochs == result.best_epoch + 1 + rule.patience < 40


def test_a_model_that_judges_itself_has_its_own_loss_alone(own: ModelSpec) -> None:
    (run,) = lanes = runs(epochs=[2], batch=["full"], label_smoothing=[0.1])
    spec = spec_of("iris", lanes, model=replace(own, source="own_told:judge"))
    trained = train("fit", spec, lanes)
    result = trained.results[run.id]
    assert set(result.metrics) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert result.own_loss
    arrays = load(spec.data)
    guesses = shares(outputs(spec, run, trained, arrays, arrays.x_validation))
    assert result.metrics["val_loss"] == pytest.approx(3 * log_loss(arrays.y_validation, guesses), rel=1e-5)


@pytest.mark.parametrize("name", ["compute_loss", "train_step", "test_step"])
def test_a_method_of_the_class_or_of_the_model_makes_it_judge_itself(name: str) -> None:
    def method(self: keras.Model, *args: Any, **kwargs: Any) -> Any:
        return getattr(keras.Model, name)(self, *args, **kwargs)

    inputs = keras.Input((2,))
    model = keras.Model(inputs, keras.layers.Dense(2)(inputs))
    assert not judges_itself(model)
    assert not judges_itself(keras.Sequential([inputs, keras.layers.Dense(2)]))
    assert judges_itself(type("Own", (keras.Model,), {name: method})(inputs, model.outputs))
    setattr(model, name, method.__get__(model))
    assert judges_itself(model)


@pytest.mark.parametrize("engine", ["fit", "compiled"])
def test_balanced_accuracy_ranks_where_it_is_asked_for(engine: Any) -> None:
    objective = Objective("val_balanced_accuracy", "max")
    (run,) = lanes = runs(epochs=[4], learning_rate=[0.5], batch=["full"])
    trained = train(engine, spec_of("digits", lanes, objective=objective), lanes)
    curve, result = trained.epochs[run.id], trained.results[run.id]
    assert result.best_epoch == int(np.argmax([row["val_balanced_accuracy"] for row in curve]))
    assert {"balanced_accuracy", "val_balanced_accuracy"} <= set(result.metrics)
    assert set(result.test) == {"loss", "accuracy", "balanced_accuracy"}


def test_the_strongest_penalty_ranks_first_where_its_error_is_the_lowest(tmp_path: Path) -> None:
    """Its loss with penalty is the highest. The figures are of scikit-learn's diabetes data."""
    config = tmp_path / "diabetes.yaml"
    config.write_text(DIABETES)
    options = RunOptions(tmp_path / "logs", on="inline")
    plans = load_plans([config], options)
    with backend_for(options) as backend:
        outcomes = run_plans(plans, options, QuietView(Console(quiet=True)), backend)
    (facts,) = load_facts(outcomes, tmp_path / "logs")
    assert facts.objective.metric == "val_data_loss"
    first, *_, last = (place.point for place in facts.places)
    assert [point.runs[0].params["l2"] for point in (first, last)] == [3.0, 0.0]
    means = [point.metric(name) for point in (first, last) for name in ("val_data_loss", "val_loss")]
    assert [round(found.mean, -1) for found in means if found] == [2300, 2890, 2660, 2660]
    assert {run.engine for run in facts.runs} == {"compiled"}
    assert set(summary_scores(first)) == {"data_loss", "mae"}
