"""What in an own model two steps cannot show to be equal: it goes through `fit` without a proof.

Two equal steps stand for all steps only where each step is the same pure function of weights,
state and batch. So nothing may be overridden of how Keras trains, and the model's call, traced
once, may draw no random numbers, hold no state but the variables that the model lists, and do
nothing else that TensorFlow must not repeat or leave out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf
from tensorflow.python.framework import op_def_registry

from hpexp.train.compiled.lanes import patched
from hpexp.train.compiled.network import called

_MAY_DEFINE = frozenset(
    ("call", "build", "compute_mask", "compute_output_shape", "compute_output_spec", "get_config",
     "from_config", "get_build_config", "build_from_config", "summary")
)  # fmt: skip
"""What a subclass of keras.Model may define without changing how it is trained."""

_PLAIN_STATE = frozenset(
    ("ReadVariableOp", "VarHandleOp", "ResourceGather", "ResourceGatherNd", "PartitionedCall",
     "StatefulPartitionedCall", "While", "StatelessWhile", "If", "StatelessIf", "Case", "Placeholder")
)  # fmt: skip
"""Operations that TensorFlow calls stateful, and that only read or call others."""

_NOT_IN_XLA = ("Gather", "CheckNumerics", "ScatterNd", "TensorScatter", "UnsortedSegment", "Unique", "Where")
"""Beginnings of operations that XLA computes otherwise where an index or a number is out of range,
or cannot compile."""


def refusal(model: keras.Model) -> str | None:
    """Why a model is not even tried, in words; None where it may be."""
    for cls in type(model).__mro__:
        if cls.__module__.partition(".")[0] in ("keras", "tensorflow", "builtins"):
            continue
        for name in vars(cls):
            dunder = name.startswith("__") and name != "__call__"
            if not dunder and name not in _MAY_DEFINE and hasattr(keras.Model, name):
                return f"class {cls.__name__} overrides {name}"
    if patched(model):
        return "a method of the model was replaced"
    for variable in model.variables:
        if getattr(variable, "constraint", None) is not None:
            return "it constrains its weights"
        if getattr(variable, "overwrite_with_gradient", False):
            return "it has weights that are overwritten by their gradients"
    if any(len(getattr(model, name, None) or [None]) != 1 for name in ("inputs", "outputs")):
        return "it has several inputs or outputs"
    for layer in [model, *model._flatten_layers()]:
        if any(str(layer.compute_dtype).startswith(short) for short in ("float16", "bfloat16", "float8")):
            return f"{layer.name} computes in {layer.compute_dtype}"
    return None


@dataclass(frozen=True, slots=True)
class Traced:
    """What a model's call does, read from TensorFlow's graph of it.

    `sparse` are the paths of the weights whose gradients list rows instead of holding all.
    """

    sparse: tuple[str, ...]
    own_losses: bool
    """Whether it adds losses that may depend on the batch."""
    xla: bool
    """Whether XLA computes what TensorFlow's graph computes."""
    refusal: str | None


def trace(model: keras.Model, rank_and_shape: Sequence[int | None]) -> Traced:
    """Trace the call with gradients as training does, then as validation does.

    `rank_and_shape` is the shape of a batch of inputs.
    """
    found: list[str] = []
    sparse: list[str] = []
    own_losses = False
    listed = model.non_trainable_variables

    def both(weights: list[Any], state: list[Any], x: Any) -> Any:
        nonlocal own_losses
        with tf.GradientTape() as tape:
            tape.watch(weights)
            outputs, scope, losses = called(model, weights, state, x, training=True)
            found.extend(_assigned(model, scope, weights))
            if not tf.is_tensor(outputs):
                found.append("it has several outputs")
                return losses
            if getattr(outputs, "_keras_mask", None) is not None:
                found.append("its outputs carry a mask")
            total = tf.reduce_sum(tf.square(outputs)) + sum(tf.cast(each, outputs.dtype) for each in losses)
        own_losses = bool(scope.losses)
        gradients = tape.gradient(total, weights)
        named = zip(model.trainable_variables, gradients, strict=True)
        sparse.extend(v.path for v, gradient in named if isinstance(gradient, tf.IndexedSlices))
        quiet, scope, _ = called(model, weights, state, x, training=False)
        found.extend(_assigned(model, scope, weights))
        if any(scope.get_current_value(v) is not s for v, s in zip(listed, state, strict=True)):
            found.append("its state changes in inference as well")
        return outputs, gradients, quiet, [scope.get_current_value(v) for v in listed]

    def specs(variables: Sequence[Any]) -> list[tf.TensorSpec]:
        return [tf.TensorSpec(v.shape, v.dtype) for v in variables]

    inputs = tf.TensorSpec(list(rank_and_shape), keras.config.floatx())
    traced = tf.function(both, autograph=False).get_concrete_function(
        specs(model.trainable_variables), specs(listed), inputs
    )
    kinds = set(_kinds(traced.graph.as_graph_def()))
    found.extend(_impure(kinds))
    xla = not any(kind.startswith(beginning) for kind in kinds for beginning in _NOT_IN_XLA)
    return Traced(tuple(sparse), own_losses, xla, found[0] if found else None)


def _assigned(model: keras.Model, scope: Any, weights: Sequence[Any]) -> Iterator[str]:
    """What the call assigned that is no state of the model."""
    listed = {id(v) for v in [*model.trainable_variables, *model.non_trainable_variables]}
    if any(key not in listed for key in scope.state_mapping):
        yield "it assigns to a variable that is not among its own"
    pairs = zip(model.trainable_variables, weights, strict=True)
    if any(scope.get_current_value(variable) is not given for variable, given in pairs):
        yield "its call assigns to its own weights"


def _kinds(graph: Any) -> Iterator[str]:
    yield from (node.op for node in graph.node)
    for function in graph.library.function:
        yield from (node.op for node in function.node_def)


def _impure(kinds: set[str]) -> Iterator[str]:
    for kind in sorted(kinds):
        known = op_def_registry.get(kind)
        if "Random" in kind or kind in ("Multinomial", "ParameterizedTruncatedNormal"):
            yield "it draws random numbers, which `fit` would draw in another order"
        elif known is not None and known.is_stateful and kind not in _PLAIN_STATE:
            yield f"its call does more than compute ({kind})"
