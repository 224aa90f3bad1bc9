"""Parameters of an experiment -> a keras.Model: mlp, cnn, linear, and own Python functions.

The built-in models are built with zero kernels: `hpexp.train.weights` draws their values,
so that a run starts from the same numbers whatever engine trains it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras

from hpexp.errors import HpexpError
from hpexp.model import ModelSpec, Params, Task
from hpexp.train.imports import import_function
from hpexp.train.layers import HashDropout
from hpexp.train.seeds import seed_generators

OPERATIONS: dict[str, Callable[[Any], Any]] = {
    "glu": keras.ops.glu,
    "threshold": lambda x: keras.ops.threshold(x, 0.0, 0.0),
}
"""Activations that keras.layers.Activation cannot hold: glu halves the width, which the layer does
not tell the next one, and threshold has no defaults in Keras; here both of its numbers are 0."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What a model has to fit: the shape of one example, the width of the output, the task.

    `outputs` is the number of classes, or of target columns.
    """

    input_shape: tuple[int, ...]
    outputs: int
    task: Task


def build_model(spec: ModelSpec, params: Params, problem: Problem, seed: int) -> keras.Model:
    """A new, uncompiled model. Only an own model has its starting weights already.

    An own function is called as `function(input_shape, outputs, **options)` with the
    options of the `model` map and, of the run's parameters, those it names; Keras's, NumPy's
    and Python's generators are seeded before.
    """
    if spec.kind == "python":
        return _own_model(spec, params, problem, seed)
    inputs = keras.Input(problem.input_shape, name="inputs")
    x = inputs
    if spec.kind == "cnn":
        x = _convolutions(x, params)
    elif len(problem.input_shape) > 1:
        x = keras.layers.Flatten(name="flatten")(x)
    if spec.kind != "linear":
        for index, width in enumerate(_widths(params, "hidden", (128,))):
            dense = keras.layers.Dense(width, **_kernel(params), name=f"hidden_{index}")
            x = _hidden(dense, x, params, f"hidden_{index}")
    softmax = problem.task == "classification" and params.get("output") == "softmax"
    outputs = keras.layers.Dense(
        problem.outputs, activation="softmax" if softmax else None, **_kernel(params), name="outputs"
    )(x)
    return keras.Model(inputs, outputs, name=spec.kind)


def kernels(model: keras.Model) -> list[Any]:
    """The kernel variables of a built-in model, in layer order: what L2 applies to."""
    return [layer.kernel for layer in model.layers if hasattr(layer, "kernel")]


def dropout_layers(model: keras.Model) -> list[HashDropout]:
    """The dropout layers of a built-in model, in layer order."""
    return [layer for layer in model.layers if isinstance(layer, HashDropout)]


def _convolutions(x: Any, params: Params) -> Any:
    if len(x.shape) != 4:
        raise HpexpError(
            f"a cnn needs images, but the examples have shape {tuple(x.shape[1:])}",
            hint="take `model: mlp`, or image data such as digits or mnist",
        )
    size = params.get("kernel_size", 3)
    for index, filters in enumerate(_widths(params, "filters", (16, 32))):
        name = f"convolution_{index}"
        convolution = keras.layers.Conv2D(filters, size, padding="same", **_kernel(params), name=name)
        x = _hidden(convolution, x, params, name)
        if min(x.shape[1:3]) > 1:
            x = keras.layers.MaxPooling2D(2, name=f"pool_{index}")(x)
    return keras.layers.Flatten(name="flatten")(x)


def _hidden(layer: Any, x: Any, params: Params, name: str) -> Any:
    """A layer, then batch normalization, activation and dropout as asked, in this order."""
    x = layer(x)
    if params.get("batch_norm"):
        x = keras.layers.BatchNormalization(name=f"{name}_norm")(x)
    activation = str(params.get("activation", "relu"))
    if activation in OPERATIONS:
        x = OPERATIONS[activation](x)
    else:
        x = keras.layers.Activation(activation, name=f"{name}_activation")(x)
    rate = params.get("dropout", 0.0)
    assert isinstance(rate, int | float)
    if rate:
        x = HashDropout(float(rate), name=f"{name}_dropout")(x)
    return x


def _kernel(params: Params) -> dict[str, Any]:
    l2 = params.get("l2", 0.0)
    return {
        "kernel_initializer": "zeros",
        "kernel_regularizer": keras.regularizers.L2(l2) if l2 else None,
    }


def _widths(params: Params, name: str, default: tuple[int, ...]) -> tuple[int, ...]:
    widths = params.get(name, default)
    assert isinstance(widths, tuple)
    return widths


def _own_model(spec: ModelSpec, params: Params, problem: Problem, seed: int) -> keras.Model:
    function = import_function(spec.source, spec.folder)
    seed_generators(seed)
    options = {**_named(function, params), **spec.options}
    model = function(problem.input_shape, problem.outputs, **options)
    if not isinstance(model, keras.Model):
        raise HpexpError(f"{spec.source} returned {type(model).__name__}, not a keras.Model")
    inputs = len(getattr(model, "inputs", None) or ())
    if inputs > 1:
        raise HpexpError(f"{spec.source} returned a model with {inputs} inputs, but the data give it one")
    if not model.built:
        # Calling it once builds every layer, also those made in __init__ of a subclass, as Keras's fit does.
        model(keras.KerasTensor((None, *problem.input_shape), keras.config.floatx()))
    if model.count_params() == 0:
        raise HpexpError(f"{spec.source} returned a model without weights")
    return model


def _named(function: Any, params: Params) -> dict[str, Any]:
    """The run's parameters that the function names as its own."""
    names = list(inspect.signature(function).parameters)[2:]
    return {name: params[name] for name in names if name in params}
