"""What an own model ends with is used rightly by either engine, or is an error; plain Keras says which."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from hpexp.errors import HpexpError
from hpexp.messages import LogText
from hpexp.model import DataSpec, Engine, Experiment, ModelSpec, Objective, Run, Split
from hpexp.train.data import load, prepare
from hpexp.train.heads import Head
from hpexp.train.models import build_model
from hpexp.train.order import epoch_order
from hpexp.train.reading import read_head
from tests.engines import experiment, runs, train

pytestmark = pytest.mark.tensorflow

MODELS = """
import keras
from keras import layers, ops

def ending(*last):
    def build(input_shape, outputs):
        x = inputs = keras.Input(input_shape)
        x = layers.Dense(32, activation="relu")(layers.Flatten()(x))
        for layer in last:
            x = layer(outputs)(x)
        return keras.Model(inputs, x)
    return build

def dense(activation):
    return lambda outputs: layers.Dense(outputs, activation=activation)

def one(activation):
    return lambda outputs: layers.Dense(1, activation=activation)

soft_dense = ending(dense("softmax"))
soft_layer = ending(dense(None), lambda outputs: layers.Softmax())
soft_activation = ending(dense(None), lambda outputs: layers.Activation("softmax"))
soft_operation = ending(dense(None), lambda outputs: ops.softmax)
soft_nested = ending(lambda outputs: keras.Sequential([keras.Input((32,)), layers.Dense(outputs, "softmax")]))
shares = lambda x: ops.exp(x) / ops.sum(ops.exp(x), -1, keepdims=True)
soft_lambda = ending(dense(None), lambda outputs: layers.Lambda(shares))
logits = ending(dense(None))
log_soft = ending(dense("log_softmax"))
one_sigmoid = ending(one("sigmoid"))
one_logit = ending(one(None))
one_soft = ending(one("softmax"))
many_sigmoids = ending(dense("sigmoid"))
hidden_sigmoids = ending(dense(None), lambda outputs: layers.Lambda(ops.sigmoid))
too_wide = ending(lambda outputs: layers.Dense(outputs + 2))
too_deep = ending(lambda outputs: layers.Reshape((16, 2)))
wrong_axis = ending(dense(None), lambda outputs: layers.Softmax(axis=0))
hidden_axis = ending(dense(None), lambda outputs: layers.Lambda(lambda x: ops.softmax(x, axis=0)))
relu = ending(dense("relu"))
named_head = lambda shape, outputs: keras.Model(i := keras.Input(shape), {"o": layers.Dense(outputs)(i)})

def two_inputs(input_shape, outputs):
    both = [keras.Input(input_shape), keras.Input(input_shape)]
    return keras.Model(both, layers.Dense(outputs)(layers.Add()(both)))

two_heads = lambda shape, outputs: keras.Model(i := keras.Input(shape), [layers.Dense(outputs)(i), i])

def soft_residual(input_shape, outputs):
    inputs = keras.Input(input_shape)
    x = layers.Dense(32, activation="relu")(layers.Flatten()(inputs))
    y = layers.Dense(32, activation="relu")(x)
    return keras.Model(inputs, layers.Softmax()(layers.Dense(outputs)(layers.Add()([x, y]))))

class Judge(keras.Model):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return ops.mean(ops.square(y_pred - x))

def autoencoder(input_shape, outputs):
    inputs = keras.Input(input_shape)
    return Judge(inputs, layers.Dense(input_shape[0])(layers.Dense(2)(inputs)))

class Subclass(keras.Model):
    def __init__(self, outputs, last):
        super().__init__()
        self.flat, self.hidden, self.out = layers.Flatten(), layers.Dense(8, "tanh"), layers.Dense(outputs)
        self.last = last

    def call(self, x):
        return self.last(self.out(self.hidden(self.flat(x))))

def soft_subclass(input_shape, outputs):
    return Subclass(outputs, ops.softmax)

def one_sigmoid_subclass(input_shape, outputs):
    return Subclass(1, ops.sigmoid)

def one_logit_subclass(input_shape, outputs):
    return Subclass(1, lambda x: x)
"""

SPARSE = {False: keras.losses.SparseCategoricalCrossentropy, True: keras.losses.BinaryCrossentropy}


def own(folder: Path, function: str, data: str | DataSpec = "digits", **changes: Any) -> Experiment:
    (folder / "heads_of.py").write_text(MODELS)
    spec = data if isinstance(data, DataSpec) else DataSpec("builtin", data)
    model = ModelSpec("python", f"heads_of:{function}", {}, str(folder))
    return replace(experiment(), data=spec, model=model, objective=Objective("val_loss", "min"), **changes)


def adam(**axes: Any) -> tuple[Run, ...]:
    return runs(
        **{"optimizer": ["adam"], "learning_rate": [0.01], "epochs": [3], "normalize": ["standard"], **axes}
    )


def plain_keras(spec: Experiment, run: Run, *, binary: bool, logits: bool) -> tuple[list[float], list[float]]:
    """Validation losses, epoch by epoch, and the test loss and accuracy of the best one."""
    arrays = prepare(load(spec.data), spec.model, run.params)
    model = build_model(spec.model, run.params, arrays.problem, run.seed)
    model.compile(
        optimizer=keras.optimizers.Adam(run.params["learning_rate"]),
        loss=SPARSE[binary](from_logits=logits),
        metrics=[keras.metrics.BinaryAccuracy(threshold=0.0 if logits else 0.5) if binary else "accuracy"],
        jit_compile=False,
    )
    losses, tests = [], []
    for epoch in range(int(run.params["epochs"])):  # type: ignore[arg-type]
        order = epoch_order(run.seed, epoch, len(arrays.x_train), 32)
        for start in range(0, len(order), 32):
            chosen = order[start : start + 32]
            model.train_on_batch(arrays.x_train[chosen], arrays.y_train[chosen].astype(np.float32))
        y = [arrays.y_validation.astype(np.float32), arrays.y_test.astype(np.float32)]
        losses.append(model.evaluate(arrays.x_validation, y[0], verbose=0)[0])
        tests.append(model.evaluate(arrays.x_test, y[1], verbose=0))
    return losses, tests[int(np.argmin(losses))]


@pytest.mark.parametrize(
    ("function", "data", "binary", "logits"),
    [
        ("soft_dense", "digits", False, False),
        ("soft_residual", "digits", False, False),
        ("soft_subclass", "iris", False, False),
        ("one_sigmoid", "breast_cancer", True, False),
        ("one_logit_subclass", "breast_cancer", True, True),
    ],
)
def test_a_head_trains_as_in_plain_keras(
    function: str, data: str, binary: bool, logits: bool, tmp_path: Path
) -> None:
    """Whatever `output` says, which is logits here; training, validation and test, by either engine."""
    spec, (run,) = own(tmp_path, function, data), adam()
    losses, test = plain_keras(spec, run, binary=binary, logits=logits)
    training = []
    for engine in ("fit", "compiled"):
        trained = train(engine, spec, (run,))
        training.append([row["loss"] for row in trained.epochs["r0"]])
        assert trained.results["r0"].error is None, trained.results["r0"].traceback
        told = [row["val_loss"] for row in trained.epochs["r0"]]
        np.testing.assert_allclose(told, losses, rtol=1e-4, err_msg=engine)
        result = trained.results["r0"]
        np.testing.assert_allclose([result.test["loss"], result.test["accuracy"]], test, rtol=1e-4)
    np.testing.assert_allclose(training[0], training[1], rtol=1e-4)


def head(folder: Path, function: str, data: str | DataSpec = "iris", **params: Any) -> Any:
    """What is read of a model: head and notes."""
    spec, (run,) = own(folder, function, data), adam(**{name: [value] for name, value in params.items()})
    arrays = prepare(load(spec.data), spec.model, run.params)
    model = build_model(spec.model, run.params, arrays.problem, run.seed)
    return read_head(model, spec.model, run.params, arrays.problem, arrays.x_train, arrays.y_train)


@pytest.mark.parametrize("output", ["logits", "softmax"])
@pytest.mark.parametrize(
    "function",
    ["soft_dense", "soft_layer", "soft_activation", "soft_operation", "soft_nested", "soft_lambda",
     "soft_residual", "soft_subclass"],
)  # fmt: skip
def test_a_softmax_is_recognised(function: str, output: str, tmp_path: Path) -> None:
    found = head(tmp_path, function, output=output)
    assert found.head is Head.PROBABILITIES
    assert len(found.notes) == (output == "logits")


@pytest.mark.parametrize("function", ["logits", "log_soft"])
def test_logits_are_what_is_expected(function: str, tmp_path: Path) -> None:
    found = head(tmp_path, function)
    assert (found.head, found.notes) == (Head.LOGITS, ())


@pytest.mark.parametrize(
    ("function", "expected"),
    [("one_sigmoid", Head.PROBABILITY), ("one_sigmoid_subclass", Head.PROBABILITY), ("one_logit", Head.LOGIT),
     ("one_logit_subclass", Head.LOGIT)],
)  # fmt: skip
def test_two_classes_may_share_one_output(function: str, expected: Head, tmp_path: Path) -> None:
    found = head(tmp_path, function, "breast_cancer")
    assert found.head is expected
    assert "binary cross-entropy" in found.notes[0]


def test_logits_that_are_bounded_are_told(tmp_path: Path) -> None:
    found = head(tmp_path, "relu")
    assert found.head is Head.LOGITS
    assert "relu" in found.notes[0]


@pytest.mark.parametrize(
    ("function", "data", "params", "message"),
    [
        ("too_wide", "iris", {}, r"outputs have shape \(n, 5\), but 3 classes need \(n, 3\)"),
        ("too_wide", "diabetes", {}, r"shape \(n, 3\), but targets of 1 number an example need \(n, 1\)"),
        ("too_deep", "iris", {}, r"shape \(n, 16, 2\), but 3 classes need \(n, 3\)"),
        ("one_logit", "iris", {}, r"shape \(n, 1\), but 3 classes need \(n, 3\)"),
        ("too_wide", "breast_cancer", {}, r"\(n, 4\), but 2 classes need \(n, 2\) or \(n, 1\)"),
        ("two_heads", "iris", {}, "gives a list of 2 outputs, but one tensor is needed"),
        ("named_head", "iris", {}, "gives a dict of 1 output, but one tensor is needed"),
        ("two_inputs", "iris", {}, "a model with 2 inputs, but the data give it one"),
        ("one_soft", "breast_cancer", {}, "softmax, which over one output is always 1"),
        ("soft_dense", "diabetes", {}, "softmax, which over one output is always 1"),
        ("wrong_axis", "iris", {}, "softmax, which goes over another axis than the last"),
        ("hidden_axis", "iris", {}, "softmax, which goes over another axis than the last"),
        ("many_sigmoids", "iris", {}, "sigmoid, but one of 3 classes is to be chosen"),
        ("hidden_sigmoids", "iris", {}, "look like those of a sigmoid, but one of 3 classes"),
        ("logits", "iris", {"output": "softmax"}, "output is softmax, but the model's outputs are no prob"),
        ("one_logit", "breast_cancer", {"output": "softmax"}, "outputs are no probabilities"),
    ],
)
def test_what_cannot_be_right_is_an_error(
    function: str, data: str, params: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(HpexpError, match=message):
        head(tmp_path, function, data, **params)


@pytest.mark.parametrize(
    ("function", "scale", "told"),
    [("many_sigmoids", 1, ""), ("many_sigmoids", 30, "from 0 to 1, but the targets go from 0 to 30"),
     ("relu", 1, ""), ("relu", -1, "from 0 up, but the targets go from -1 to"),
     ("one_logit_subclass", 30, "")],
)  # fmt: skip
def test_targets_out_of_reach_are_told(function: str, scale: float, told: str, tmp_path: Path) -> None:
    x = np.linspace(-1, 1, 100, dtype=np.float32)[:, None]
    np.savez(tmp_path / "r.npz", x=x, y=scale * (x[:, 0] + 1) / 2)
    data = DataSpec("npz", str(tmp_path / "r.npz"), {"task": "regression"}, Split(0, 0))
    found = head(tmp_path, function, data)
    assert found.head is Head.VALUES
    assert told in "".join(found.notes)
    assert bool(told) == bool(found.notes)


def test_a_model_with_a_loss_of_its_own_may_give_anything(tmp_path: Path) -> None:
    found = head(tmp_path, "autoencoder", "wine")
    assert found.notes == ()


@pytest.mark.parametrize("engine", ["fit", "compiled"])
def test_a_run_that_cannot_be_right_fails_before_training(engine: Engine, tmp_path: Path) -> None:
    trained = train(engine, own(tmp_path, "too_wide", "iris"), adam())
    error = trained.results["r0"].error
    assert error is not None
    assert error.startswith(
        "heads_of:too_wide: the model's outputs have shape (n, 5), but 3 classes need (n, 3) ("
    )
    assert not any("compiled engine failed" in m.text for m in trained.messages if isinstance(m, LogText))


def test_what_was_assumed_is_told_in_each_log(tmp_path: Path) -> None:
    for engine in ("fit", "compiled"):
        trained = train(engine, own(tmp_path, "soft_dense", "iris"), adam(epochs=[1], seed=[0, 1]))
        told = [m for m in trained.messages if isinstance(m, LogText)]
        assert [m.run_id for m in told] == ["r0", "r1"]
        assert all(m.notice and "taken as probabilities" in m.text for m in told)
