"""What an own model ends with: by its graph, else by its outputs for real examples."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import keras
import numpy as np
from numpy.typing import NDArray

Kind: TypeAlias = Literal["softmax", "sigmoid", "tanh", "relu", "other"]

BOUNDS: dict[Kind, tuple[float, float]] = {
    "softmax": (0.0, 1.0), "sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0), "relu": (0.0, np.inf),
}  # fmt: skip

_ACTIVATIONS: dict[Any, Kind] = {
    keras.activations.softmax: "softmax",
    keras.activations.sigmoid: "sigmoid",
    keras.activations.hard_sigmoid: "sigmoid",
    keras.activations.tanh: "tanh",
    keras.activations.relu: "relu",
    keras.activations.linear: "other",
    keras.activations.log_softmax: "other",
}
_ACTIVATED = (keras.layers.Dense, keras.layers.EinsumDense, keras.layers.Activation)
"""Layers whose `activation` is the last thing they do."""

_OPERATIONS: dict[str, Kind] = {"Softmax": "softmax", "Sigmoid": "sigmoid", "Tanh": "tanh", "Relu": "relu",
                                "ReLU": "relu"}  # fmt: skip
"""Names of keras.ops' operations, and of the layers that are only that."""

_DRAWS = 3
_SPREAD = 10.0
_CLOSE = 1e-3


@dataclass(frozen=True, slots=True)
class Ending:
    """`last_axis` tells that a softmax goes over the outputs of one example. `by_graph`: read from
    the model's last operation `name`, not concluded from its outputs."""

    kind: Kind
    last_axis: bool = True
    by_graph: bool = False
    name: str = ""


def ending_of(model: keras.Model, x: NDArray[Any], outputs: NDArray[Any]) -> Ending:
    """How the model ends; `outputs` `[n, …]` are those for the examples `x`."""
    found = _by_graph(model)
    return found if found is not None else _by_outputs(model, x, outputs)


def outputs_for(model: keras.Model, x: NDArray[Any], weights: list[Any] | None = None) -> Any:
    """The model's outputs in inference mode, with other trainable weights where given; changes nothing."""
    inputs = keras.ops.convert_to_tensor(x, dtype=keras.config.floatx())
    trainable = [v.value for v in model.trainable_variables] if weights is None else weights
    state = [variable.value for variable in model.non_trainable_variables]
    # stateless_call hands `training` on to `call`, which may take none; inference is the default.
    mode = {"training": False} if "training" in inspect.signature(model.call).parameters else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.stateless_call(trainable, state, inputs, **mode)[0]


def _by_graph(model: keras.Model) -> Ending | None:
    operation, place, rank = model, 0, 0
    while isinstance(operation, keras.Model):
        # A subclass that calls its layers by itself may differ from the graph it was made with.
        call: Any = type(operation).call
        if not (call.__module__.startswith("keras.") and getattr(operation, "outputs", None)):
            return None
        output = operation.outputs[place]
        rank, history = len(output.shape), output._keras_history
        operation, place = history.operation, history.tensor_index
    return _of_operation(operation, rank)


def _of_operation(operation: Any, rank: int) -> Ending | None:
    name = str(getattr(operation, "name", ""))
    if type(operation) in _ACTIVATED:
        # Own callables need not be hashable.
        kind = next((kind for each, kind in _ACTIVATIONS.items() if each is operation.activation), None)
        return None if kind is None else Ending(kind, by_graph=True, name=name)
    if not type(operation).__module__.startswith("keras."):
        return None
    known = _OPERATIONS.get(type(operation).__name__)
    if known is None:
        return None
    if getattr(operation, "negative_slope", 0):
        return None
    axis = getattr(operation, "axis", -1)
    return Ending(known, axis in (-1, rank - 1, [-1], (-1,)), by_graph=True, name=name)


def _by_outputs(model: keras.Model, x: NDArray[Any], outputs: NDArray[Any]) -> Ending:
    """What holds for the present weights and for a few drawn at random, large ones."""
    seen = [outputs, *_drawn(model, x)]
    kind: Kind
    if all(_sum_to_one(each, -1) for each in seen) and outputs.shape[-1] > 1:
        return Ending("softmax")
    if all(_sum_to_one(each, 0) for each in seen) and len(outputs) > 1:
        return Ending("softmax", last_axis=False)
    for kind in ("sigmoid", "tanh", "relu"):
        low, high = BOUNDS[kind]
        if len(seen) > 1 and all(low <= each.min() and each.max() <= high for each in seen):
            return Ending(kind)
    return Ending("other")


def _sum_to_one(outputs: NDArray[Any], axis: int) -> bool:
    return bool(outputs.min() >= 0 and np.allclose(outputs.sum(axis), 1, rtol=0, atol=_CLOSE))


def _drawn(model: keras.Model, x: NDArray[Any]) -> Iterator[NDArray[np.float64]]:
    """Outputs under drawn weights and their opposites; those that are not finite are left out."""
    random = np.random.Generator(np.random.Philox(0))
    for _ in range(_DRAWS):
        weights = [random.normal(0, _SPREAD, variable.shape) for variable in model.trainable_variables]
        for sign in (1, -1):
            values = [
                keras.ops.convert_to_tensor(sign * weight, dtype=variable.dtype)
                for weight, variable in zip(weights, model.trainable_variables, strict=True)
            ]
            outputs = np.asarray(outputs_for(model, x, values), np.float64)
            if np.isfinite(outputs).all():
                yield outputs
