"""Dropout whose mask is a pure function of (seed, update, element), the same in every engine.

Keras's own dropout draws from a stateful generator, so that a program that trains many
runs at once would see other masks than `fit` does. Here the mask comes from a hash of
counters, pcg3d (Jarzynski & Olano, "Hash functions for GPU rendering", Journal of
Computer Graphics Techniques 9(3), 2020): integer multiplies, adds, shifts and exclusive
ors, element by element, which vectorise over runs.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from hpexp.train.streams import Stream, generator


def dropout_seed(seed: int, layer: int) -> int:
    """The `seed` variable of the `layer`-th dropout layer of a run, in 0..2³¹-1."""
    return int(generator(seed, Stream.DROPOUT, layer).integers(2**31, dtype="int64"))


def hash_uniform(element: tf.Tensor, step: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Uniform float32 numbers in [0, 1), one per entry of `element` (int32, any shape).

    `step` and `seed` are int32 scalars. pcg3d's first word; its upper 24 bits become
    the number, because a float32 holds no more.
    """
    x, y, z = (tf.cast(word, tf.uint32) for word in (element, step, seed))
    scale, shift = tf.constant(1664525, tf.uint32), tf.constant(1013904223, tf.uint32)
    x, y, z = x * scale + shift, y * scale + shift, z * scale + shift
    x += y * z
    y += z * x
    z += x * y
    half = tf.constant(16, tf.uint32)
    x, y, z = (tf.bitwise.bitwise_xor(word, tf.bitwise.right_shift(word, half)) for word in (x, y, z))
    x += y * z
    bits = tf.bitwise.right_shift(x, tf.constant(8, tf.uint32))
    return tf.cast(tf.cast(bits, tf.int32), tf.float32) * tf.constant(2.0**-24, tf.float32)


@keras.saving.register_keras_serializable(package="hpexp")
class HashDropout(keras.layers.Layer):
    """Drops each unit with probability `rate` in training and scales the rest by 1/(1 - rate).

    `rate` (float), `seed` and `step` (int32) are non-trainable scalar variables, so that
    an engine may set them per run; `step` counts the updates that the layer has seen. An
    element's number is its place in the batch, row by row, whatever the batch's size.
    """

    def __init__(self, rate: float, seed: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.initial_rate = rate
        self.initial_seed = seed

    def build(self, input_shape: Any) -> None:
        def scalar(name: str, value: float, dtype: str) -> Any:
            constant = keras.initializers.Constant(value)
            return self.add_weight(shape=(), initializer=constant, dtype=dtype, trainable=False, name=name)

        self.rate = scalar("rate", self.initial_rate, keras.config.floatx())
        self.seed = scalar("seed", self.initial_seed, "int32")
        self.step = scalar("step", 0, "int32")

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training:
            return inputs
        # float() and int32 variables pass through stateless scopes as tensors.
        rate = tf.convert_to_tensor(self.rate)
        step = tf.convert_to_tensor(self.step)
        seed = tf.convert_to_tensor(self.seed)
        element = tf.reshape(tf.range(tf.size(inputs)), tf.shape(inputs))
        uniform = hash_uniform(element, step, seed)
        self.step.assign(step + 1)
        keep = uniform >= tf.cast(rate, tf.float32)
        return tf.where(keep, inputs / tf.cast(1 - rate, inputs.dtype), tf.zeros_like(inputs))

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.initial_rate, "seed": self.initial_seed}
