"""A Keras model as a pure function of stacked weights: many runs' outputs at once.

Three ways, fastest first: `lanes.Layered` reads the model layer by layer and computes all
lanes with one batched operation each; `Vectorized` lets TensorFlow rewrite the model's own
call for many lanes; `OneLane` calls it plainly, for models that TensorFlow cannot rewrite.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias

import keras
import tensorflow as tf

from hpexp.train.heads import Head, as_logits

Tensors = list[tf.Tensor]


class Network(Protocol):
    """Outputs `[lanes, batch, …]`, the new state, and each lane's penalty `[lanes]`, or None.

    Outputs are as the loss takes them: those of a softmax or a sigmoid are its logits.

    `weights` and `state` are the values of the model's trainable and other variables,
    each with a leading axis of lanes; `inputs` are `[batch, …]`, the same for every
    lane, or `[lanes, batch, …]`.
    """

    def __call__(
        self, weights: Tensors, state: Tensors, inputs: tf.Tensor, *, training: bool
    ) -> tuple[tf.Tensor, Tensors, tf.Tensor | None]: ...


class Vectorized:
    """The model's own call, rewritten by tf.vectorized_map to work on all lanes together."""

    def __init__(self, model: keras.Model, rank: int, head: Head) -> None:
        """`rank` is that of a batch of inputs, `head` the model's."""
        self._model = model
        self._rank = rank
        self._head = head
        self._traced = tf.function(self._together, autograph=False)

    def __call__(
        self, weights: Tensors, state: Tensors, inputs: tf.Tensor, *, training: bool
    ) -> tuple[tf.Tensor, Tensors, tf.Tensor | None]:
        together = self._traced if tf.executing_eagerly() else self._together
        return _plain(*together(_tensors(weights), _tensors(state), inputs, training=training))

    def _together(self, weights: Tensors, state: Tensors, inputs: tf.Tensor, *, training: bool) -> Called:
        alike = len(inputs.shape) == self._rank

        def one(lane: tuple[Tensors, Tensors, Tensors]) -> Called:
            own_weights, own_state, own_inputs = lane
            return _call(
                self._model,
                self._head,
                own_weights,
                own_state,
                inputs if alike else own_inputs[0],
                training=training,
            )

        arguments = (weights, state, [] if alike else [inputs])
        return tf.vectorized_map(one, arguments, fallback_to_while_loop=False)


class OneLane:
    """The model's own call, for a single lane."""

    def __init__(self, model: keras.Model, rank: int, head: Head) -> None:
        """`rank` is that of a batch of inputs, `head` the model's."""
        self._model = model
        self._rank = rank
        self._head = head
        self._traced = tf.function(self._alone, autograph=False)

    def __call__(
        self, weights: Tensors, state: Tensors, inputs: tf.Tensor, *, training: bool
    ) -> tuple[tf.Tensor, Tensors, tf.Tensor | None]:
        # What went into a softmax is known in a graph alone.
        alone = self._traced if tf.executing_eagerly() else self._alone
        return _plain(*alone(_tensors(weights), _tensors(state), inputs, training=training))

    def _alone(self, weights: Tensors, state: Tensors, inputs: tf.Tensor, *, training: bool) -> Called:
        own_inputs = inputs if len(inputs.shape) == self._rank else inputs[0]
        called = _call(
            self._model,
            self._head,
            [w[0] for w in weights],
            [s[0] for s in state],
            own_inputs,
            training=training,
        )
        return tf.nest.map_structure(lambda value: value[None], called)


def _tensors(values: Tensors) -> Tensors:
    """Values that may be variables: a function would be traced anew for each of these."""
    return [tf.convert_to_tensor(value) for value in values]


def _plain(outputs: tf.Tensor, state: Tensors, penalty: tf.Tensor) -> Called:
    """The operation that computed the outputs does not show: rewritten, it may be another one than the
    model's own, and Keras's losses recognise a softmax by it.
    """
    return tf.identity(outputs), state, penalty


Called: TypeAlias = tuple[tf.Tensor, Tensors, tf.Tensor]
"""Outputs, as logits where they are probabilities, new state, and penalty."""


def _call(
    model: keras.Model, head: Head, weights: Tensors, state: Tensors, inputs: tf.Tensor, *, training: bool
) -> Called:
    outputs, scope, losses = called(model, weights, state, inputs, training=training)
    penalty: Any = tf.add_n(losses) if losses else tf.zeros([], outputs.dtype)
    new_state = [tf.convert_to_tensor(scope.get_current_value(v)) for v in model.non_trainable_variables]
    # Here, because beyond tf.vectorized_map nobody knows any more what went into a softmax.
    return as_logits(head, outputs), new_state, penalty


def called(
    model: keras.Model, weights: Tensors, state: Tensors, inputs: tf.Tensor, *, training: bool
) -> tuple[tf.Tensor, keras.StatelessScope, Tensors]:
    """The model called as `fit` calls it, but with these values in place of its variables.

    Its outputs, the scope that holds what it assigned, and its losses beside that of the data,
    each added up.
    """
    variables = [*model.trainable_variables, *model.non_trainable_variables]
    given = zip(variables, [*weights, *state], strict=True)
    model._clear_losses()
    with keras.StatelessScope(state_mapping=list(given), collect_losses=True) as scope:
        outputs = model(inputs, training=training) if model._call_has_training_arg else model(inputs)
        losses = [tf.cast(tf.reduce_sum(loss), keras.config.floatx()) for loss in model.losses]
    return outputs, scope, losses
