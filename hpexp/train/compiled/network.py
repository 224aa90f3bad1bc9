"""A Keras model as a pure function of stacked weights: many runs' outputs at once.

Three ways, fastest first: `lanes.Layered` reads the model layer by layer and computes all
lanes with one batched operation each; `Vectorized` lets TensorFlow rewrite Keras's own
`stateless_call` for many lanes; `OneLane` calls it plainly, for models that TensorFlow
cannot rewrite.
"""

from __future__ import annotations

from typing import Any, Protocol

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
    """`model.stateless_call`, rewritten by tf.vectorized_map to work on all lanes together."""

    def __init__(self, model: keras.Model, rank: int, head: Head) -> None:
        """`rank` is that of a batch of inputs, `head` the model's."""
        self._model = model
        self._rank = rank
        self._head = head

    def __call__(
        self, weights: Tensors, state: Tensors, inputs: tf.Tensor, *, training: bool
    ) -> tuple[tf.Tensor, Tensors, tf.Tensor | None]:
        alike = len(inputs.shape) == self._rank

        def one(lane: tuple[Tensors, Tensors, Tensors]) -> tuple[tf.Tensor, Tensors, tf.Tensor]:
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
    """`model.stateless_call` for a single lane."""

    def __init__(self, model: keras.Model, rank: int, head: Head) -> None:
        """`rank` is that of a batch of inputs, `head` the model's."""
        self._model = model
        self._rank = rank
        self._head = head

    def __call__(
        self, weights: Tensors, state: Tensors, inputs: tf.Tensor, *, training: bool
    ) -> tuple[tf.Tensor, Tensors, tf.Tensor | None]:
        own_inputs = inputs if len(inputs.shape) == self._rank else inputs[0]
        outputs, new_state, penalty = _call(
            self._model,
            self._head,
            [w[0] for w in weights],
            [s[0] for s in state],
            own_inputs,
            training=training,
        )
        return outputs[None], [s[None] for s in new_state], penalty[None]


def _call(
    model: keras.Model, head: Head, weights: Tensors, state: Tensors, inputs: tf.Tensor, *, training: bool
) -> tuple[tf.Tensor, Tensors, tf.Tensor]:
    outputs, new_state, losses = model.stateless_call(
        weights, state, inputs, training=training, return_losses=True
    )
    penalty: Any = tf.add_n(losses) if losses else tf.zeros([], outputs.dtype)
    # Here, because beyond tf.vectorized_map nobody knows any more what went into a softmax.
    outputs = as_logits(head, outputs)
    return outputs, [tf.convert_to_tensor(value) for value in new_state], penalty
