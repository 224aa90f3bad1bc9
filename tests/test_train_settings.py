"""Schedules, optimizers and losses."""

from __future__ import annotations

import inspect
import itertools
import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from hpexp.plan.group import ALONE
from hpexp.train.callbacks import learning_rate_used
from hpexp.train.heads import Head
from hpexp.train.losses import example_losses, example_metrics, make_loss
from hpexp.train.models import OPERATIONS
from hpexp.train.optimizers import base_learning_rate, make_optimizer, optimizer_class
from hpexp.train.schedules import SCHEDULES, Schedule, learning_rate, multiplier
from hpexp.vocabulary import (
    ACTIVATIONS,
    INITIALIZERS,
    KERAS_DATA,
    OF_OPTIMIZERS,
    OPTIMIZER_DEFAULTS,
    OPTIMIZERS,
    OPTIMIZERS_LEFT_OUT,
    PARAMETERS,
)

pytestmark = pytest.mark.tensorflow


def factors(schedule: str, steps: int, decay_epochs: float = 2.0) -> list[float]:
    return [float(multiplier(schedule, step, 4, 5, 0.5, decay_epochs)) for step in range(steps)]


def test_schedules_by_hand() -> None:
    assert set(SCHEDULES) == set(PARAMETERS["schedule"].allowed)
    assert factors("constant", 3) == [1, 1, 1]
    cosine = [(1 + math.cos(math.pi * step / 20)) / 2 for step in range(20)]
    np.testing.assert_allclose(factors("cosine", 20), cosine, atol=1e-12)
    np.testing.assert_allclose(factors("exponential", 17)[::8], [1, 0.5, 0.25])
    np.testing.assert_allclose(factors("exponential", 2)[1], 0.5 ** (1 / 8))
    np.testing.assert_allclose(factors("step", 17), [1] * 8 + [0.5] * 8 + [0.25])


def test_steps_fall_where_they_should_in_spite_of_rounding() -> None:
    """A decay every tenth of an epoch of ten updates is one after every update."""
    values = [float(multiplier("step", step, 10, 5, 0.5, 0.1)) for step in range(8)]
    np.testing.assert_allclose(values, [0.5**step for step in range(8)])


def test_keras_sees_the_schedule() -> None:
    schedule = learning_rate({"schedule": "exponential", "decay_rate": 0.5, "decay_epochs": 1.0}, 0.1, 2, 9)
    assert isinstance(schedule, Schedule)
    optimizer = keras.optimizers.SGD(schedule)
    weight = keras.Variable(np.float32(0))
    rates = (0.1, 0.1 * 0.5**0.5, 0.05, 0.05 * 0.5**0.5)
    for expected, following in itertools.pairwise(rates):
        before = weight.numpy()
        optimizer.apply([tf.constant(1.0)], [weight])
        np.testing.assert_allclose(before - weight.numpy(), expected, rtol=1e-5)
        np.testing.assert_allclose(learning_rate_used(optimizer), expected, rtol=1e-6)
        # What keras.callbacks.TensorBoard logs is the next update's (docs/tensorboard.md).
        np.testing.assert_allclose(float(optimizer.learning_rate), following, rtol=1e-6)
    again = keras.optimizers.schedules.deserialize(keras.optimizers.schedules.serialize(schedule))
    assert vars(again) == vars(schedule)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers_are_keras_with_its_defaults(name: str) -> None:
    params = {"optimizer": name, "learning_rate": None, "weight_decay": None, "beta_1": None}
    ours = make_optimizer(params, base_learning_rate(params)).get_config()
    theirs = optimizer_class(name)().get_config()
    assert {**ours, "name": ""} == {**theirs, "name": ""}


def test_optimizer_options_arrive() -> None:
    sgd = make_optimizer({"optimizer": "sgd", "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}, 0.5)
    assert (sgd.momentum, sgd.nesterov, sgd.weight_decay) == (0.9, True, 0.1)
    adam = make_optimizer({"optimizer": "adam", "beta_1": 0.5, "clipnorm": 2.0, "epsilon": 0.1}, 0.5)
    assert (adam.beta_1, adam.clipnorm, adam.epsilon) == (0.5, 2.0, 0.1)
    with pytest.raises(ValueError, match="no optimizer named adamm"):
        optimizer_class("adamm")


OUTPUTS = np.array([[2.0, -1.0, 0.5], [0.0, 0.0, 4.0]], np.float32)
TARGETS = np.array([0, 1], np.int32)


def log_softmax(x: np.ndarray) -> np.ndarray:
    x = x.astype(np.float64)
    shifted = x - x.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


@pytest.mark.parametrize("smoothing", [None, 0.0, 0.3])
def test_cross_entropy_by_hand(smoothing: float | None) -> None:
    share = smoothing or 0.0
    logs = log_softmax(OUTPUTS)
    expected = -(1 - share) * logs[[0, 1], TARGETS] - share * logs.mean(axis=-1)
    losses = example_losses(Head.LOGITS, OUTPUTS, TARGETS, smoothing=smoothing)
    np.testing.assert_allclose(losses, expected, rtol=1e-5)
    probabilities = keras.ops.softmax(OUTPUTS)
    losses = example_losses(Head.PROBABILITIES, probabilities, TARGETS, smoothing=smoothing)
    np.testing.assert_allclose(losses, expected, rtol=1e-4)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("softmax", [False, True])
def test_large_logits_neither_overflow_nor_stop_learning(smoothing: float, softmax: bool) -> None:
    loss = make_loss(Head.PROBABILITIES if softmax else Head.LOGITS, smoothing=smoothing)

    @tf.function
    def value_and_gradient(logits: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(logits)
            outputs = tf.nn.softmax(logits) if softmax else logits
            value = loss(tf.constant([1]), outputs)
        return value, tape.gradient(value, logits)

    value, gradient = value_and_gradient(tf.constant([[1e4, -1e4, 0.0]]))
    np.testing.assert_allclose(value, (1 - smoothing) * 2e4 + smoothing * 1e4, rtol=1e-5)
    expected = [[1 - smoothing / 3, -(1 - smoothing) - smoothing / 3, -smoothing / 3]]
    np.testing.assert_allclose(gradient, expected, atol=1e-5)


def test_regression_by_hand() -> None:
    outputs, targets = np.array([[1.0], [3.0]], np.float32), np.array([2.0, 7.0], np.float32)
    np.testing.assert_allclose(example_losses(Head.VALUES, outputs, targets), [1, 16])
    np.testing.assert_allclose(example_metrics(Head.VALUES, outputs, targets), [1, 4])


@pytest.mark.parametrize("smoothing", [None, 0.2])
def test_binary_cross_entropy_by_hand(smoothing: float | None) -> None:
    logits, labels = np.array([[-1.0], [2.0], [0.5]], np.float32), np.array([1, 1, 0], np.int32)
    share = smoothing or 0.0
    second = 1 / (1 + np.exp(-logits[:, 0].astype(np.float64)))
    wanted = labels * (1 - share) + share / 2
    expected = -(wanted * np.log(second) + (1 - wanted) * np.log(1 - second))
    given = {Head.LOGIT: logits, Head.PROBABILITY: second[:, None].astype(np.float32)}
    for head, outputs in given.items():
        losses = example_losses(head, outputs, labels, smoothing=smoothing)
        np.testing.assert_allclose(losses, expected, rtol=1e-5)
        np.testing.assert_array_equal(example_metrics(head, outputs, labels), [0, 1, 0])


def test_accuracy_by_hand() -> None:
    np.testing.assert_array_equal(example_metrics(Head.LOGITS, OUTPUTS, TARGETS), [1, 0])


def names(module: Any, wanted: Callable[[Any], bool]) -> set[str]:
    return {name for name, value in vars(module).items() if wanted(value) and not name.startswith("_")}


def test_the_vocabulary_is_that_of_the_installed_keras() -> None:
    functions = names(keras.activations, inspect.isfunction)
    assert set(ACTIVATIONS) == functions - {"get", "serialize", "deserialize"}
    classes = names(keras.optimizers, inspect.isclass)
    wrappers = {"optimizer", "optimizermap", "lossscaleoptimizer", "multioptimizer"}
    assert set(OPTIMIZERS) == {name.lower() for name in classes} - wrappers - OPTIMIZERS_LEFT_OUT.keys()
    aliases = {name for name in names(keras.initializers, inspect.isclass) if name.islower()}
    # `constant` needs a number, `stft` makes a Fourier transform of one shape.
    assert set(INITIALIZERS) == aliases - {"constant", "stft"}
    assert all(callable(getattr(keras.datasets, name).load_data) for name in KERAS_DATA)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_option_has_an_effect_exactly_where_keras_takes_it(name: str) -> None:
    """What the constructor takes of hpexp's parameters, and with which defaults."""
    point = {"optimizer": name, "momentum": 0.9, "model": "mlp", "hidden": (4,), "schedule": "constant"}
    constructor = inspect.signature(optimizer_class(name).__init__).parameters
    taken = {option: constructor[option].default for option in PARAMETERS if option in constructor}
    assert taken.keys() <= OF_OPTIMIZERS
    taken["weight_decay"] = taken["weight_decay"] or 0.0
    assert taken == OPTIMIZER_DEFAULTS[name]
    for option in OF_OPTIMIZERS:
        assert (PARAMETERS[option].dead(point) is None) == (option in taken), option


def test_keras_s_schedule_free_adamw_is_not_that_of_its_paper() -> None:
    """The reason why it is left out (docs/decisions); where this fails, Keras has mended it.

    Two steps on one weight y with the gradient y, by the formulas of Defazio et al. 2024 (z, x and y
    start equal; y = (1 - beta_1) z + beta_1 x; z moves; x averages z) and by Keras's fit.
    """
    rate, beta_1, beta_2, epsilon = 0.1, 0.9, 0.999, 1e-8
    x = y = z = 2.0
    v = 0.0
    for step in (1, 2):
        v = beta_2 * v + (1 - beta_2) * y * y
        z -= rate * y / (math.sqrt(v / (1 - beta_2**step)) + epsilon)
        x += (z - x) / step
        y = (1 - beta_1) * z + beta_1 * x
    inputs = keras.Input((1,))
    outputs = keras.layers.Dense(1, use_bias=False, kernel_initializer=keras.initializers.Constant(2))(inputs)
    model = keras.Model(inputs, outputs)
    model.compile(keras.optimizers.ScheduleFreeAdamW(rate), lambda _, out: out**2 / 2, jit_compile=False)
    model.fit(np.ones((2, 1)), np.zeros((2, 1)), batch_size=1, verbose=0)
    (weight,) = model.get_weights()
    assert abs(float(weight[0, 0]) - y) > 0.01


def test_the_plan_knows_which_activations_need_a_program_of_their_own() -> None:
    assert set(OPERATIONS) == ALONE
