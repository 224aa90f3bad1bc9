"""Keras layers computed for all lanes at once, and a model read as a chain of them.

Every rule computes what the layer's own `call` does, with a leading axis of lanes on its
weights. Before the first layer with weights, all lanes may see the same inputs; then the
inputs have no lane axis, and the first product is one large matrix product.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import tensorflow as tf
from keras.src.models.functional import Functional

from hpexp.train.compiled.network import Tensors
from hpexp.train.compiled.stateless import own_axes
from hpexp.train.heads import Head, as_logits
from hpexp.train.layers import HashDropout, hash_uniform
from hpexp.train.models import OPERATIONS

FEW_EXAMPLES = 64
"""Up to here, giving every lane a copy of a batch is faster than one product over all lanes."""


@dataclass(slots=True)
class _Pass:
    """One forward pass: the values of variables by identity, and whether `x` has lanes yet."""

    lanes: int
    training: bool
    values: dict[int, tf.Tensor]
    segments: Sequence[tuple[int, int, Mapping[str, Any]]]
    wide: bool
    """Whether the first kernel's lanes are its second axis."""
    spread: bool
    native: bool
    """Whether convolutions are TensorFlow's own."""
    written: dict[int, tf.Tensor] = field(default_factory=dict)

    def get(self, variable: Any) -> tf.Tensor:
        return self.values[id(variable)]

    def put(self, variable: Any, value: tf.Tensor) -> None:
        self.written[id(variable)] = value

    def batch(self, x: tf.Tensor) -> list[int]:
        """The leading axes of `x`: lanes and examples, or examples alone."""
        return list(x.shape[:2] if self.spread else x.shape[:1])


def _dense(layer: Any, x: tf.Tensor, run: _Pass) -> tf.Tensor:
    kernel = run.get(layer.kernel)
    if run.spread:
        y = tf.matmul(x, kernel)
    elif run.wide:
        rows, units = layer.kernel.shape
        flat = tf.matmul(x, tf.reshape(kernel, [rows, run.lanes * units]))
        y = tf.transpose(tf.reshape(flat, [-1, run.lanes, units]), [1, 0, 2])
    elif x.shape[0] <= FEW_EXAMPLES:
        y = tf.matmul(tf.broadcast_to(x, [run.lanes, *x.shape]), kernel)
    else:
        y = tf.einsum("bi,kio->kbo", x, kernel)
    run.spread = True
    if layer.use_bias:
        y += run.get(layer.bias)[:, None]
    return y if layer.activation is None else layer.activation(y)


def _activation(layer: Any, x: tf.Tensor, run: _Pass) -> tf.Tensor:
    """Lanes side by side may have activations of their own, in the layer of the same name."""
    own = [(start, stop, layers[layer.name].activation) for start, stop, layers in run.segments]
    merged: list[tuple[int, int, Any]] = []
    for start, stop, function in own:
        if merged and merged[-1][2] is function:
            merged[-1] = (merged[-1][0], stop, function)
        else:
            merged.append((start, stop, function))
    if len(merged) == 1:
        return merged[0][2](x)
    assert run.spread
    return tf.concat([function(x[start:stop]) for start, stop, function in merged], 0)


def _dropout(layer: Any, x: tf.Tensor, run: _Pass) -> tf.Tensor:
    if not run.training:
        return x
    size = tf.reduce_prod(x.shape[1:])
    element = tf.reshape(tf.range(size), [1, *x.shape[1:]])
    column = [run.lanes] + [1] * (len(x.shape) - 1)
    rate, seed, step = (tf.reshape(run.get(v), column) for v in (layer.rate, layer.seed, layer.step))
    keep = hash_uniform(element, step, seed) >= tf.cast(rate, tf.float32)
    run.put(layer.step, run.get(layer.step) + 1)
    return tf.where(keep, x / tf.cast(1 - rate, x.dtype), tf.zeros_like(x))


def _batch_norm(layer: Any, x: tf.Tensor, run: _Pass) -> tf.Tensor:
    axes = list(range(1, len(x.shape) - 1))
    column = [run.lanes] + [1] * len(axes) + [x.shape[-1]]
    moving_mean, moving_variance = run.get(layer.moving_mean), run.get(layer.moving_variance)
    mean, variance = moving_mean, moving_variance
    if run.training:
        mean, variance = tf.nn.moments(x, axes)
        keep, take = layer.momentum, 1.0 - layer.momentum
        run.put(layer.moving_mean, moving_mean * keep + mean * take)
        run.put(layer.moving_variance, moving_variance * keep + variance * take)
    return tf.nn.batch_normalization(
        x,
        tf.reshape(mean, column),
        tf.reshape(variance, column),
        tf.reshape(run.get(layer.beta), column) if layer.center else None,
        tf.reshape(run.get(layer.gamma), column) if layer.scale else None,
        layer.epsilon,
    )


def _convolution(layer: Any, x: tf.Tensor, run: _Pass) -> tf.Tensor:
    y = _lane_by_lane(layer, x, run) if run.native else _windows(layer, x, run)
    run.spread = True
    if layer.use_bias:
        y += run.get(layer.bias)[:, None, None, None]
    return y if layer.activation is None else layer.activation(y)


def _lane_by_lane(layer: Any, x: tf.Tensor, run: _Pass) -> tf.Tensor:
    """TensorFlow's convolution for each lane: fast as it is, and slow in an XLA program."""
    inputs = tf.unstack(x) if run.spread else [x] * run.lanes
    padding = layer.padding.upper()
    kernels = tf.unstack(run.get(layer.kernel))
    return tf.stack(
        [tf.nn.conv2d(one, kernel, 1, padding) for one, kernel in zip(inputs, kernels, strict=True)]
    )


def _windows(layer: Any, x: tf.Tensor, run: _Pass) -> tf.Tensor:
    """As a matrix product: each output place's window, flat, times the flat kernel."""
    kernel = run.get(layer.kernel)
    rows, columns, channels, filters = kernel.shape[1:]
    lead = run.batch(x)
    if layer.padding == "same":
        around = [[(n - 1) // 2, n // 2] for n in (rows, columns)]
        x = tf.pad(x, [[0, 0]] * len(lead) + around + [[0, 0]])
    high, wide = x.shape[-3] - rows + 1, x.shape[-2] - columns + 1
    windows = tf.concat(
        [x[..., i : i + high, j : j + wide, :] for i in range(rows) for j in range(columns)], -1
    )
    flat = rows * columns * channels
    kernel = tf.reshape(kernel, [run.lanes, flat, filters])
    windows = tf.reshape(windows, [*lead[:-1], lead[-1] * high * wide, flat])
    y = tf.matmul(windows, kernel) if run.spread else tf.einsum("bi,kio->kbo", windows, kernel)
    return tf.reshape(y, [run.lanes, lead[-1], high, wide, filters])


def _max_pooling(layer: Any, x: tf.Tensor, run: _Pass) -> tf.Tensor:
    """Of equal values the first in row-major order is taken, which decides who gets the gradient."""
    rows, columns = layer.pool_size
    if run.native:
        flat = tf.reshape(x, [-1, *x.shape[-3:]])
        pooled = tf.nn.max_pool2d(flat, (rows, columns), (rows, columns), "VALID")
        return tf.reshape(pooled, [*run.batch(x), *pooled.shape[1:]])
    high, wide = x.shape[-3] // rows, x.shape[-2] // columns
    best = None
    for i in range(rows):
        for j in range(columns):
            value = x[..., i : high * rows : rows, j : wide * columns : columns, :]
            best = value if best is None else tf.where(best >= value, best, value)
    return best


def _flatten(layer: Any, x: tf.Tensor, run: _Pass) -> tf.Tensor:
    lead = run.batch(x)
    return tf.reshape(x, [*lead, -1])


def _same(layer: Any, x: tf.Tensor, run: _Pass) -> tf.Tensor:
    return x


def _operation(operation: Any, x: tf.Tensor, run: _Pass) -> tf.Tensor:
    """An activation that is no layer; it works along the last axis, if along any."""
    return operation.call(x)


def _class_of(function: Callable[[Any], Any]) -> type[Any]:
    """The class that Keras makes of an operation in a model."""
    return type(function(keras.KerasTensor((None, 2)))._keras_history.operation)


Rule = Callable[[Any, tf.Tensor, _Pass], tf.Tensor]
RULES: dict[type[Any], Rule] = {
    keras.layers.InputLayer: _same,
    keras.layers.Dense: _dense,
    keras.layers.Activation: _activation,
    keras.layers.BatchNormalization: _batch_norm,
    keras.layers.Conv2D: _convolution,
    keras.layers.MaxPooling2D: _max_pooling,
    keras.layers.Flatten: _flatten,
    HashDropout: _dropout,
    **{_class_of(function): _operation for function in OPERATIONS.values()},
}


_ACTIVATIONS = frozenset(
    id(function) for function in vars(keras.activations).values() if inspect.isfunction(function)
)
"""Keras's own, which work number by number or along the last axis; a person's may do otherwise."""


def _plain(layer: Any) -> bool:
    """Whether the layer is configured in a way that its rule knows."""
    if not isinstance(layer, keras.Layer):
        return getattr(layer, "axis", -1) == -1
    penalties = ("kernel_regularizer", "bias_regularizer", "activity_regularizer", "beta_regularizer",
                 "gamma_regularizer")  # fmt: skip
    if any(getattr(layer, name, None) is not None for name in penalties) or patched(layer):
        return False
    if any(v.regularizer is not None or v.constraint is not None for v in layer.variables):
        return False
    policy = layer.dtype_policy
    if policy.name != keras.config.floatx() or policy.quantization_mode is not None:
        return False
    if getattr(layer, "activation", None) is not None and id(layer.activation) not in _ACTIVATIONS:
        return False
    if isinstance(layer, keras.layers.InputLayer):
        return layer.dtype == keras.config.floatx() and not layer.sparse and layer.batch_shape[0] is None
    if isinstance(layer, keras.layers.Dense):
        return len(layer.input.shape) == 2 and not getattr(layer, "lora_enabled", False)
    if isinstance(layer, keras.layers.BatchNormalization):
        last = layer.axis in (-1, len(layer.input.shape) - 1)
        return last and not layer.renorm and not layer.synchronized and layer.trainable
    if isinstance(layer, keras.layers.Conv2D):
        return (
            layer.strides == (1, 1)
            and layer.dilation_rate == (1, 1)
            and layer.groups == 1
            and layer.data_format == "channels_last"
            and layer.padding in ("valid", "same")
            and not getattr(layer, "lora_enabled", False)
        )
    if isinstance(layer, keras.layers.MaxPooling2D):
        return (
            layer.strides == layer.pool_size
            and layer.padding == "valid"
            and layer.data_format == "channels_last"
        )
    if isinstance(layer, keras.layers.Flatten):
        return layer.data_format == "channels_last"
    return True


def chain(model: keras.Model) -> list[Any] | None:
    """The model's layers, first to last, where it is Keras's own class and each layer has a rule, is
    called once, with nothing but what the layer before it gives; else None.
    """
    if type(model) is keras.Sequential:
        functional = model._functional
    else:
        functional = model if type(model) is Functional else None
    if functional is None or patched(model) or patched(functional):
        return None
    by_depth = functional._nodes_by_depth
    if any(len(nodes) != 1 for nodes in by_depth.values()):
        return None
    nodes = [by_depth[depth][0] for depth in sorted(by_depth, reverse=True)]
    layers = [node.operation for node in nodes]
    alone = all(len(node.arguments.args) <= 1 and not _given(node.arguments.kwargs) for node in nodes)
    once = len({id(layer) for layer in layers}) == len(layers)
    known = all(type(layer) in RULES and _plain(layer) for layer in layers)
    return layers if alone and once and known else None


def _given(arguments: Mapping[str, Any]) -> bool:
    """Whether a call was given more than its input; the model's `training` wins over a layer's."""
    return any(value is not None for name, value in arguments.items() if name != "training")


def patched(layer: Any) -> bool:
    """Whether something that Keras's class defines was replaced on this very object."""
    usual = ("build", "quantize", "loss")
    return any(hasattr(type(layer), name) for name in vars(layer) if name not in usual)


class Layered:
    """A chain of layers with rules, all lanes in one batched operation per layer.

    `segments` says which lanes (from, to) have which model; the models differ only in
    the functions of their Activation layers, and the first one's variables are the ones
    that weights and state are given for. With `penalized`, the penalty is each lane's sum
    of squared kernels.
    """

    def __init__(
        self, segments: Sequence[tuple[int, int, keras.Model]], head: Head, *, penalized: bool = False
    ) -> None:
        self._head = head
        self._model = segments[0][2]
        layers = chain(self._model)
        assert layers is not None
        self._layers = layers
        self._segments = [
            (start, stop, {layer.name: layer for layer in model.layers}) for start, stop, model in segments
        ]
        self._lanes = segments[-1][1]
        self._rank = len(self._model.inputs[0].shape)
        self._penalized = penalized
        weighted = next((layer for layer in layers if getattr(layer, "variables", ())), None)
        first = next(iter(self._model.trainable_variables), None)
        wide = isinstance(weighted, keras.layers.Dense) and weighted.kernel is first
        self.widest = 0 if wide else None
        """The weight that may have its lanes as second axis, so that inputs which all lanes
        share meet one large matrix."""
        self.wide = False
        """Whether it has."""
        self.native = False
        """Whether to compute convolutions lane by lane, with TensorFlow's own: for programs without XLA."""

    def __call__(
        self, weights: Tensors, state: Tensors, inputs: tf.Tensor, *, training: bool
    ) -> tuple[tf.Tensor, Tensors, tf.Tensor | None]:
        variables = [*self._model.trainable_variables, *self._model.non_trainable_variables]
        values = {id(v): value for v, value in zip(variables, [*weights, *state], strict=True)}
        spread = len(inputs.shape) > self._rank
        run = _Pass(self._lanes, training, values, self._segments, self.wide, spread, self.native)
        x = inputs
        for layer in self._layers:
            x = RULES[type(layer)](layer, x, run)
        x = as_logits(self._head, x)
        if not run.spread:
            x = tf.broadcast_to(x, [self._lanes, *x.shape])
        new_state = [run.written.get(id(v), values[id(v)]) for v in self._model.non_trainable_variables]
        return x, new_state, self._penalty(run)

    def _penalty(self, run: _Pass) -> tf.Tensor | None:
        if not self._penalized:
            return None
        kernels = [layer.kernel for layer in self._layers if hasattr(layer, "kernel")]
        first = kernels[0] if self.wide else None
        squares = [
            tf.reduce_sum(tf.square(run.get(k)), own_axes(run.get(k), 1 if k is first else 0))
            for k in kernels
        ]
        return tf.add_n(squares)
