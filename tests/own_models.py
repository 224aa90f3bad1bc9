"""Own models of the kinds that people write, for the proof of the compiled engine.

Every function is one, called as hpexp calls them: `function(input_shape, outputs)`. `COMPILED` are
to be trained by the compiled engine, and `REFUSED` to go through `fit`, for the reason given.
"""

from __future__ import annotations

import random
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

Shape = tuple[int, ...]


def _model(shape: Shape, outputs: int, middle: Any) -> keras.Model:
    """An input, flat; what `middle` makes of it; and logits."""
    inputs = keras.Input(shape)
    x = layers.Flatten()(middle(layers.Flatten()(inputs)))
    return keras.Model(inputs, layers.Dense(outputs)(x))


def _steps(shape: Shape, outputs: int, *middle: Any) -> keras.Model:
    """As `_model`, of a sequence of two steps."""

    def apply(x: Any) -> Any:
        x = layers.Reshape((2, -1))(x)
        for layer in middle:
            x = layer(x)
        return x

    return _model(shape, outputs, apply)


def _picture(shape: Shape, outputs: int, *middle: Any) -> keras.Model:
    """As `_model`, of a picture four by four."""

    def apply(x: Any) -> Any:
        x = layers.Reshape((4, 4, 1))(layers.Dense(16)(x))
        for layer in middle:
            x = layer(x)
        return x

    return _model(shape, outputs, apply)


# Chains of layers with rules, and what looks like one.


def dense(shape: Shape, outputs: int) -> keras.Model:
    return keras.Sequential([keras.Input(shape), layers.Dense(5, activation="relu"), layers.Dense(outputs)])


def without_input(shape: Shape, outputs: int) -> keras.Model:
    return keras.Sequential([layers.Dense(5, activation="tanh"), layers.Dense(outputs)])


def softmax_head(shape: Shape, outputs: int) -> keras.Model:
    return keras.Sequential(
        [keras.Input(shape), layers.Dense(5, "relu"), layers.Dense(outputs, activation="softmax")]
    )


def residual_softmax(shape: Shape, outputs: int) -> keras.Model:
    inputs = keras.Input(shape)
    x = layers.Dense(5, "relu")(inputs)
    x = layers.Add()([x, layers.Dense(5)(x)])
    return keras.Model(inputs, layers.Dense(outputs, activation="softmax")(x))


def softmax_of_ops(shape: Shape, outputs: int) -> keras.Model:
    inputs = keras.Input(shape)
    return keras.Model(inputs, ops.softmax(layers.Dense(outputs)(layers.Dense(5, "relu")(inputs))))


def frozen_first(shape: Shape, outputs: int) -> keras.Model:
    first = layers.Dense(5, "relu")
    model = keras.Sequential([keras.Input(shape), first, layers.Dense(outputs)])
    first.trainable = False
    return model


def frozen_last(shape: Shape, outputs: int) -> keras.Model:
    last = layers.Dense(outputs)
    model = keras.Sequential([keras.Input(shape), layers.Dense(5, "relu"), last])
    last.trainable = False
    return model


def frozen_kernel(shape: Shape, outputs: int) -> keras.Model:
    first = layers.Dense(5, "relu")
    model = keras.Sequential([keras.Input(shape), first, layers.Dense(outputs)])
    first.kernel.trainable = False
    return model


def batch_norms(shape: Shape, outputs: int) -> keras.Model:
    middle = [layers.Dense(5), layers.BatchNormalization(), layers.Activation("relu")]
    more = [layers.Dense(4), layers.BatchNormalization(momentum=0.9, scale=False), layers.Dense(outputs)]
    return keras.Sequential([keras.Input(shape), *middle, *more])


def batch_norm_frozen(shape: Shape, outputs: int) -> keras.Model:
    norm = layers.BatchNormalization()
    norm.trainable = False
    return keras.Sequential([keras.Input(shape), layers.Dense(5, "relu"), norm, layers.Dense(outputs)])


def batch_norm_told_to_infer(shape: Shape, outputs: int) -> keras.Model:
    return _model(shape, outputs, lambda x: layers.BatchNormalization()(layers.Dense(5)(x), training=False))


def lora(shape: Shape, outputs: int) -> keras.Model:
    first = layers.Dense(5, "tanh")
    model = keras.Sequential([keras.Input(shape), first, layers.Dense(outputs)])
    first.enable_lora(2)
    return model


def activation_over_the_batch(shape: Shape, outputs: int) -> keras.Model:
    def centred(x: Any) -> Any:
        return x - ops.mean(x, axis=0, keepdims=True)

    return keras.Sequential([keras.Input(shape), layers.Dense(5, activation=centred), layers.Dense(outputs)])


def activation_over_the_first_axis(shape: Shape, outputs: int) -> keras.Model:
    def share(x: Any) -> Any:
        return ops.softmax(x, axis=1)

    return keras.Sequential([keras.Input(shape), layers.Dense(5, activation=share), layers.Dense(outputs)])


# Layers used more than once, branches, models in models.


def twice(shape: Shape, outputs: int) -> keras.Model:
    again = layers.Dense(5, activation="tanh")
    return _model(shape, outputs, lambda x: again(again(layers.Dense(5, "relu")(x))))


def shared_by_branches(shape: Shape, outputs: int) -> keras.Model:
    shared = layers.Dense(4, activation="gelu")

    def branches(x: Any) -> Any:
        return layers.Concatenate()([shared(layers.Dense(3)(x)), shared(layers.Dense(3, "relu")(x))])

    return _model(shape, outputs, branches)


def merged(shape: Shape, outputs: int) -> keras.Model:
    def merge(x: Any) -> Any:
        one, other, third = (layers.Dense(4, name)(x) for name in ("tanh", "relu", "sigmoid"))
        parts = [
            layers.Multiply()([one, other]),
            layers.Maximum()([one, third]),
            layers.Subtract()([one, third]),
        ]
        return layers.Concatenate()(
            [*parts, layers.Dot(axes=1)([one, other]), layers.Average()([one, other])]
        )

    return _model(shape, outputs, merge)


def nested(shape: Shape, outputs: int) -> keras.Model:
    inner = keras.Sequential([keras.Input((5,)), layers.Dense(4, "tanh"), layers.BatchNormalization()])
    return _model(shape, outputs, lambda x: inner(layers.Dense(5)(x)))


def nested_twice(shape: Shape, outputs: int) -> keras.Model:
    inputs = keras.Input((5,))
    inner = keras.Model(inputs, layers.Add()([inputs, layers.Dense(5, "tanh")(inputs)]))
    return _model(shape, outputs, lambda x: inner(inner(layers.Dense(5)(x))))


def with_operations(shape: Shape, outputs: int) -> keras.Model:
    def compute(x: Any) -> Any:
        return ops.relu(layers.Dense(5)(x)) * 2 - ops.sin(layers.Dense(5)(x)) / (
            1 + ops.exp(layers.Dense(1)(x))
        )

    return _model(shape, outputs, compute)


def left_out(shape: Shape, outputs: int) -> keras.Model:
    """A weight without a gradient."""

    class Unused(layers.Layer):
        def build(self, input_shape: Any) -> None:
            self.unused = self.add_weight(shape=(3,), name="unused")
            super().build(input_shape)

        def call(self, x: Any) -> Any:
            return x

    return _model(shape, outputs, lambda x: Unused()(layers.Dense(5, "relu")(x)))


# Subclasses.


class Plain(keras.Model):
    """A functional model by another name."""


def functional_subclass(shape: Shape, outputs: int) -> keras.Model:
    inputs = keras.Input(shape)
    return Plain(inputs, layers.Dense(outputs)(layers.Dense(5, "relu")(inputs)))


class Called(keras.Model):
    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.blocks = [layers.Dense(5, "relu"), layers.Dense(5, "tanh")]
        self.norm = layers.BatchNormalization()
        self.head = layers.Dense(outputs)

    def call(self, x: Any, training: bool = False) -> Any:
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x, training=training))


def subclass(shape: Shape, outputs: int) -> keras.Model:
    return Called(outputs)


class WithoutTraining(keras.Model):
    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.norm = layers.BatchNormalization()
        self.head = layers.Dense(outputs)

    def call(self, x: Any) -> Any:
        return self.head(self.norm(x)) * 2


def subclass_without_training(shape: Shape, outputs: int) -> keras.Model:
    return WithoutTraining(outputs)


class Changed(keras.Model):
    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        return 2 * super().call(inputs, training=training, mask=mask)


def overridden_call(shape: Shape, outputs: int) -> keras.Model:
    inputs = keras.Input(shape)
    return Changed(inputs, layers.Dense(outputs)(layers.Dense(5, "relu")(inputs)))


class Lossy(keras.Model):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):  # type: ignore[no-untyped-def]
        return ops.mean(ops.square(y_pred - ops.one_hot(ops.cast(y, "int32"), 3)))


def own_loss(shape: Shape, outputs: int) -> keras.Model:
    inputs = keras.Input(shape)
    return Lossy(inputs, layers.Dense(outputs)(inputs))


class Stepped(keras.Model):
    def train_step(self, data: Any) -> Any:
        return super().train_step(data)


def own_train_step(shape: Shape, outputs: int) -> keras.Model:
    inputs = keras.Input(shape)
    return Stepped(inputs, layers.Dense(outputs)(inputs))


class Tested(keras.Model):
    def test_step(self, data: Any) -> Any:
        x, y = data
        return super().test_step((x * 0.5, y))


def own_test_step(shape: Shape, outputs: int) -> keras.Model:
    inputs = keras.Input(shape)
    return Tested(inputs, layers.Dense(outputs)(inputs))


class Measured(keras.Model):
    def compute_metrics(self, x, y, y_pred, sample_weight=None):  # type: ignore[no-untyped-def]
        return {
            name: 2 * value for name, value in super().compute_metrics(x, y, y_pred, sample_weight).items()
        }


def own_metrics(shape: Shape, outputs: int) -> keras.Model:
    inputs = keras.Input(shape)
    return Measured(inputs, layers.Dense(outputs)(inputs))


class Fitted(keras.Model):
    def fit(self, *arguments: Any, **options: Any) -> Any:
        return super().fit(*arguments, **options)


def own_fit(shape: Shape, outputs: int) -> keras.Model:
    inputs = keras.Input(shape)
    return Fitted(inputs, layers.Dense(outputs)(inputs))


def replaced_train_step(shape: Shape, outputs: int) -> keras.Model:
    model = dense(shape, outputs)
    before = model.train_step
    model.train_step = lambda data: before((data[0] * 0, data[1]))
    return model


def replaced_call_of_a_layer(shape: Shape, outputs: int) -> keras.Model:
    first = layers.Dense(5)
    before = first.call
    first.call = lambda x, training=None: before(x) * 3
    return keras.Sequential([keras.Input(shape), first, layers.Dense(outputs)])


# Layers of Keras, by family.


def layer_norm(shape: Shape, outputs: int) -> keras.Model:
    return _model(shape, outputs, lambda x: layers.LayerNormalization()(layers.Dense(6)(x)))


def other_norms(shape: Shape, outputs: int) -> keras.Model:
    def norms(x: Any) -> Any:
        x = layers.GroupNormalization(2)(layers.Dense(6)(x))
        return layers.UnitNormalization()(layers.RMSNormalization()(layers.Dense(6)(x)))

    return _model(shape, outputs, norms)


def parametric_activations(shape: Shape, outputs: int) -> keras.Model:
    def activate(x: Any) -> Any:
        x = layers.PReLU()(layers.Dense(6)(x))
        x = layers.LeakyReLU(negative_slope=0.2)(layers.Dense(6)(x))
        return layers.Softmax()(layers.ELU(alpha=0.5)(layers.ReLU(max_value=2.0)(layers.Dense(6)(x))))

    return _model(shape, outputs, activate)


def scaled_inputs(shape: Shape, outputs: int) -> keras.Model:
    scale = [layers.Rescaling(0.5, offset=0.1), layers.Normalization(mean=1.0, variance=4.0)]
    return keras.Sequential([keras.Input(shape), *scale, layers.Dense(5, "relu"), layers.Dense(outputs)])


def reshaped(shape: Shape, outputs: int) -> keras.Model:
    middle = [
        layers.Permute((2, 1)),
        layers.UpSampling1D(2),
        layers.ZeroPadding1D(1),
        layers.Cropping1D((1, 2)),
    ]
    return _steps(shape, outputs, *middle, layers.Dense(3))


def repeated(shape: Shape, outputs: int) -> keras.Model:
    def repeat(x: Any) -> Any:
        return layers.EinsumDense("bsf,fg->bsg", output_shape=(3, 3))(layers.RepeatVector(3)(x))

    return _model(shape, outputs, repeat)


def convolution_1d(shape: Shape, outputs: int) -> keras.Model:
    return _steps(shape, outputs, layers.Conv1D(3, 2, padding="same"), layers.GlobalAveragePooling1D())


def convolution_strided(shape: Shape, outputs: int) -> keras.Model:
    middle = [layers.Conv2D(3, 3, strides=2, padding="same", activation="relu"), layers.AveragePooling2D(2)]
    return _picture(shape, outputs, *middle)


def convolution_by_rules(shape: Shape, outputs: int) -> keras.Model:
    return _picture(shape, outputs, layers.Conv2D(3, 2, activation="relu"), layers.MaxPooling2D(2))


def convolutions_apart(shape: Shape, outputs: int) -> keras.Model:
    middle = [layers.DepthwiseConv2D(2), layers.SeparableConv2D(3, 2), layers.Conv2DTranspose(2, 2)]
    return _picture(shape, outputs, *middle, layers.GlobalMaxPooling2D())


def convolution_3d(shape: Shape, outputs: int) -> keras.Model:
    return _picture(shape, outputs, layers.Reshape((2, 2, 4, 1)), layers.Conv3D(2, 2), layers.Flatten())


def lstm(shape: Shape, outputs: int) -> keras.Model:
    return _steps(shape, outputs, layers.LSTM(3))


def gru(shape: Shape, outputs: int) -> keras.Model:
    return _steps(shape, outputs, layers.GRU(3, reset_after=False))


def simple_rnn(shape: Shape, outputs: int) -> keras.Model:
    return _steps(shape, outputs, layers.SimpleRNN(3, return_sequences=True, unroll=True))


def bidirectional(shape: Shape, outputs: int) -> keras.Model:
    return _steps(shape, outputs, layers.Bidirectional(layers.SimpleRNN(3)))


def stacked_cells(shape: Shape, outputs: int) -> keras.Model:
    return _steps(shape, outputs, layers.RNN([layers.GRUCell(3), layers.LSTMCell(2)]))


def convolutional_lstm(shape: Shape, outputs: int) -> keras.Model:
    return _steps(shape, outputs, layers.Reshape((2, -1, 1)), layers.ConvLSTM1D(2, 2))


def time_distributed(shape: Shape, outputs: int) -> keras.Model:
    return _steps(shape, outputs, layers.TimeDistributed(layers.Dense(3, "tanh")))


def multi_head_attention(shape: Shape, outputs: int) -> keras.Model:
    def attend(x: Any) -> Any:
        x = layers.Reshape((2, 4))(layers.Dense(8)(x))
        return layers.LayerNormalization()(layers.Add()([x, layers.MultiHeadAttention(2, 2)(x, x)]))

    return _model(shape, outputs, attend)


def other_attention(shape: Shape, outputs: int) -> keras.Model:
    def attend(x: Any) -> Any:
        x = layers.Reshape((2, 4))(layers.Dense(8)(x))
        query = layers.Dense(4)(x)
        x = layers.Attention(use_scale=True)([query, x])
        x = layers.AdditiveAttention()([query, x])
        return layers.GroupQueryAttention(2, 2, 1)(query, x)

    return _model(shape, outputs, attend)


def spectral_norm(shape: Shape, outputs: int) -> keras.Model:
    return _model(shape, outputs, layers.SpectralNormalization(layers.Dense(5, "relu")))


def dropout(shape: Shape, outputs: int) -> keras.Model:
    return keras.Sequential([keras.Input(shape), layers.Dropout(0.2), layers.Dense(outputs)])


def noise(shape: Shape, outputs: int) -> keras.Model:
    return keras.Sequential([keras.Input(shape), layers.GaussianNoise(0.2), layers.Dense(outputs)])


def dropout_of_nothing(shape: Shape, outputs: int) -> keras.Model:
    return keras.Sequential([keras.Input(shape), layers.Dropout(0.0), layers.Dense(outputs)])


# Embeddings and masks.


def _embedded(shape: Shape, outputs: int, *middle: Any, mask_zero: bool = False) -> keras.Model:
    inputs = keras.Input(shape)
    x = layers.Embedding(9, 3, mask_zero=mask_zero)(ops.cast(inputs, "int32"))
    for layer in middle:
        x = layer(x)
    return keras.Model(inputs, layers.Dense(outputs)(x))


def embedding(shape: Shape, outputs: int) -> keras.Model:
    return _embedded(shape, outputs, layers.Flatten())


def embedding_of_whole_numbers(shape: Shape, outputs: int) -> keras.Model:
    inputs = keras.Input(shape, dtype="int32")
    return keras.Model(inputs, layers.Dense(outputs)(layers.Flatten()(layers.Embedding(9, 3)(inputs))))


def masked_embedding(shape: Shape, outputs: int) -> keras.Model:
    return _embedded(shape, outputs, layers.GlobalAveragePooling1D(), mask_zero=True)


def masked_outputs(shape: Shape, outputs: int) -> keras.Model:
    inputs = keras.Input(shape)
    x = layers.Masking()(layers.Reshape((1, -1))(inputs))
    return keras.Model(inputs, layers.LSTM(outputs, return_sequences=True)(x)[:, 0])


def masked_steps(shape: Shape, outputs: int) -> keras.Model:
    return _steps(shape, outputs, layers.Masking(0.2), layers.GRU(3))


# Penalties, constraints, precision.


def regularized(shape: Shape, outputs: int) -> keras.Model:
    first = layers.Dense(5, "relu", kernel_regularizer="l2", bias_regularizer=keras.regularizers.L1(0.1))
    norm = layers.BatchNormalization(gamma_regularizer="l2", beta_regularizer="l1")
    last = layers.Dense(outputs, kernel_regularizer=keras.regularizers.OrthogonalRegularizer(0.1))
    return keras.Sequential([keras.Input(shape), first, norm, last])


def regularized_activity(shape: Shape, outputs: int) -> keras.Model:
    first = layers.Dense(5, "relu", activity_regularizer="l2")
    return keras.Sequential(
        [keras.Input(shape), first, layers.ActivityRegularization(l1=0.1), layers.Dense(outputs)]
    )


def regularized_variable(shape: Shape, outputs: int) -> keras.Model:
    model = dense(shape, outputs)
    model.layers[0].kernel.regularizer = keras.regularizers.L2(0.3)
    return model


def constrained(shape: Shape, outputs: int) -> keras.Model:
    first = layers.Dense(5, "relu", kernel_constraint=keras.constraints.MaxNorm(1.0))
    return keras.Sequential([keras.Input(shape), first, layers.Dense(outputs)])


def mixed_precision(shape: Shape, outputs: int) -> keras.Model:
    first = layers.Dense(5, "relu", dtype="mixed_float16")
    return keras.Sequential([keras.Input(shape), first, layers.Dense(outputs, dtype="float32")])


def in_float32(shape: Shape, outputs: int) -> keras.Model:
    first = layers.Dense(5, "tanh", dtype="float32")
    return keras.Sequential([keras.Input(shape), first, layers.Dense(outputs, dtype="float32")])


# Layers of one's own.


class Counting(layers.Layer):
    """State that a step changes, and that later steps depend on."""

    def __init__(self, stop: bool = False) -> None:
        super().__init__()
        self.stop = stop

    def build(self, input_shape: Any) -> None:
        self.steps = self.add_weight(shape=(), initializer="zeros", trainable=False, name="steps")
        self.mean = self.add_weight(
            shape=(input_shape[-1],), initializer="zeros", trainable=False, name="mean"
        )
        super().build(input_shape)

    def call(self, x: Any, training: bool = False) -> Any:
        if training:
            self.steps.assign(self.steps + 1)
            mean = ops.mean(ops.stop_gradient(x) if self.stop else x, axis=0)
            self.mean.assign(0.9 * self.mean + 0.1 * mean)
        return (x - self.mean) / (1 + 0.1 * self.steps)


def own_state(shape: Shape, outputs: int) -> keras.Model:
    """Under Keras no gradient goes through a variable; as a tensor the new mean would let it pass."""
    return _model(shape, outputs, lambda x: Counting()(layers.Dense(5)(x)))


def own_state_without_gradient(shape: Shape, outputs: int) -> keras.Model:
    return _model(shape, outputs, lambda x: Counting(stop=True)(layers.Dense(5)(x)))


class AlwaysCounting(layers.Layer):
    def build(self, input_shape: Any) -> None:
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False, name="calls")
        super().build(input_shape)

    def call(self, x: Any) -> Any:
        self.calls.assign(self.calls + 1)
        return x / (1 + 0.01 * self.calls)


def state_in_inference(shape: Shape, outputs: int) -> keras.Model:
    return _model(shape, outputs, lambda x: AlwaysCounting()(layers.Dense(5)(x)))


class Hidden(layers.Layer):
    """A tf.Variable, of which Keras knows nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = tf.Variable(0.0, trainable=False)

    def call(self, x: Any) -> Any:
        self.calls.assign_add(1.0)
        return x * tf.cast(tf.where(self.calls > 1000, 2.0, 1.0), x.dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape


def hidden_state(shape: Shape, outputs: int) -> keras.Model:
    return _model(shape, outputs, lambda x: Hidden()(layers.Dense(5)(x)))


class Unlisted(layers.Layer):
    """A Keras variable that no model lists, and that acts only after many steps."""

    def __init__(self) -> None:
        super().__init__()
        calls = keras.Variable(0.0, trainable=False)
        self.kept = lambda: calls

    def call(self, x: Any) -> Any:
        calls = self.kept()
        calls.assign(calls + 1)
        return x * ops.where(calls > 1000, 2.0, 1.0)


def unlisted_state(shape: Shape, outputs: int) -> keras.Model:
    return _model(shape, outputs, lambda x: Unlisted()(layers.Dense(5)(x)))


class Scheduled(layers.Layer):
    """Acts only after many steps, by state that the model lists."""

    def build(self, input_shape: Any) -> None:
        self.steps = self.add_weight(shape=(), initializer="zeros", trainable=False, name="steps")
        super().build(input_shape)

    def call(self, x: Any, training: bool = False) -> Any:
        if training:
            self.steps.assign(self.steps + 1)
        return ops.where(self.steps > 4, 3 * x, x)


def late_state(shape: Shape, outputs: int) -> keras.Model:
    return _model(shape, outputs, lambda x: Scheduled()(layers.Dense(5)(x)))


class Penalized(layers.Layer):
    def call(self, x: Any) -> Any:
        self.add_loss(0.1 * ops.mean(ops.square(x)))
        return x


def added_loss(shape: Shape, outputs: int) -> keras.Model:
    return _model(shape, outputs, lambda x: Penalized()(layers.Dense(5, "relu")(x)))


class Gated(layers.Layer):
    """A branch that starts at zero, behind which nothing shows at first."""

    def build(self, input_shape: Any) -> None:
        self.gate = self.add_weight(shape=(), initializer="zeros", name="gate")
        self.inner = layers.Dense(input_shape[-1], "tanh")
        self.inner.build(input_shape)
        super().build(input_shape)

    def call(self, x: Any) -> Any:
        return x + self.gate * self.inner(x)


def gated(shape: Shape, outputs: int) -> keras.Model:
    return _model(shape, outputs, lambda x: Gated()(layers.Dense(5)(x)))


class Rounded(layers.Layer):
    """A gradient of one's own: straight through."""

    def call(self, x: Any) -> Any:
        @ops.custom_gradient
        def rounded(x: Any) -> Any:
            return ops.round(4 * x) / 4, lambda upstream: 3 * upstream

        return rounded(x)


def custom_gradient(shape: Shape, outputs: int) -> keras.Model:
    return _model(shape, outputs, lambda x: Rounded()(layers.Dense(5)(x)))


class Tied(layers.Layer):
    """The transposed kernel of another layer."""

    def __init__(self, other: Any) -> None:
        super().__init__()
        self.other = other

    def call(self, x: Any) -> Any:
        return ops.matmul(x, ops.transpose(self.other.kernel))


def tied(shape: Shape, outputs: int) -> keras.Model:
    first = layers.Dense(3, "tanh")
    return _model(shape, outputs, lambda x: Tied(first)(first(x)))


def lambda_layer(shape: Shape, outputs: int) -> keras.Model:
    return _model(shape, outputs, lambda x: layers.Lambda(lambda y: y * y)(layers.Dense(5)(x)))


class OverBatch(layers.Layer):
    def call(self, x: Any) -> Any:
        return x - ops.mean(x, axis=0, keepdims=True)


def over_the_batch(shape: Shape, outputs: int) -> keras.Model:
    return _model(shape, outputs, lambda x: OverBatch()(layers.Dense(5)(x)))


class Printing(layers.Layer):
    def call(self, x: Any) -> Any:
        tf.print("called", summarize=1, output_stream="file:///dev/null")
        return x


def printing(shape: Shape, outputs: int) -> keras.Model:
    return _model(shape, outputs, lambda x: Printing()(layers.Dense(5)(x)))


class Random(layers.Layer):
    def call(self, x: Any) -> Any:
        return x + tf.random.normal([5], dtype=x.dtype)


def unseeded(shape: Shape, outputs: int) -> keras.Model:
    return _model(shape, outputs, lambda x: Random()(layers.Dense(5)(x)))


# What a function draws and keeps where no variable is.


def random_features(shape: Shape, outputs: int) -> keras.Model:
    projection = np.random.normal(size=(5, 6)).astype("float32")

    def features(x: Any) -> Any:
        return ops.cos(ops.matmul(x, ops.cast(projection, x.dtype)))

    return _model(shape, outputs, lambda x: layers.Lambda(features)(layers.Dense(5)(x)))


def random_mask(shape: Shape, outputs: int) -> keras.Model:
    mask = np.random.random(5) < 0.5
    return _model(shape, outputs, lambda x: layers.Dense(5)(x) * mask.astype("float32"))


def random_activation(shape: Shape, outputs: int) -> keras.Model:
    activation = random.choice(["relu", "tanh", "sigmoid", "gelu"])
    return _model(shape, outputs, layers.Dense(5, activation))


def random_width(shape: Shape, outputs: int) -> keras.Model:
    return _model(shape, outputs, layers.Dense(random.randint(2, 9)))


COMPILED = (
    dense, without_input, softmax_head, residual_softmax, softmax_of_ops, frozen_first, frozen_last,
    frozen_kernel, batch_norms, batch_norm_frozen, batch_norm_told_to_infer, lora,
    activation_over_the_batch, activation_over_the_first_axis, twice, shared_by_branches, merged, nested,
    nested_twice, with_operations, left_out, functional_subclass, subclass, subclass_without_training,
    overridden_call, replaced_call_of_a_layer, layer_norm, other_norms, parametric_activations,
    scaled_inputs, reshaped, repeated, convolution_1d, convolution_strided, convolution_by_rules,
    convolutions_apart, convolution_3d, lstm, gru, simple_rnn, bidirectional, stacked_cells,
    convolutional_lstm, time_distributed, multi_head_attention, other_attention, dropout_of_nothing,
    masked_steps, regularized, regularized_activity, regularized_variable, in_float32,
    own_state_without_gradient, late_state, added_loss, gated, custom_gradient, tied, lambda_layer,
    over_the_batch,
)  # fmt: skip

REFUSED = {
    own_loss: "class Lossy overrides compute_loss",
    own_train_step: "class Stepped overrides train_step",
    own_test_step: "class Tested overrides test_step",
    own_metrics: "class Measured overrides compute_metrics",
    own_fit: "class Fitted overrides fit",
    replaced_train_step: "a method of the model was replaced",
    spectral_norm: "its call assigns to its own weights",
    dropout: "it draws random numbers",
    noise: "it draws random numbers",
    unseeded: "it draws random numbers",
    embedding: "are sparse, and Keras's adam treats repeated rows one by one",
    embedding_of_whole_numbers: "are sparse, and Keras's adam treats repeated rows one by one",
    masked_embedding: "are sparse, and Keras's adam treats repeated rows one by one",
    constrained: "it constrains its weights",
    mixed_precision: "computes in float16",
    state_in_inference: "its state changes in inference as well",
    hidden_state: "its call does more than compute",
    unlisted_state: "it assigns to a variable that is not among its own",
    printing: "its call does more than compute",
    own_state: "after two steps the weights of",
    random_features: "what its function builds for seed 1 differs in more than weights",
    random_mask: "what its function builds for seed 1 differs in more than weights",
    random_activation: "what its function builds for seed 1 differs in more than weights",
    random_width: "what its function builds for seed 1 differs in more than weights",
}
"""Under adam; `fit` trains them."""

QUICK = (residual_softmax, frozen_first, twice)
"""One of each way to be compiled: what every run of the tests trains."""


def drawn(shape: Shape, outputs: int, plan: str) -> keras.Model:
    """A graph from a text such as `dense 0 0;add 1 0;norm 2 1`: what each node is, and of which two nodes.

    `shared` is one layer, and `inner` one model, wherever they stand. All nodes have five numbers.
    """
    inputs = keras.Input(shape)
    shared = layers.Dense(5, "tanh")
    inner = keras.Sequential([keras.Input((5,)), layers.Dense(5, "gelu"), layers.LayerNormalization()])
    makers = {
        "dense": lambda a, b: layers.Dense(5, "relu", kernel_regularizer="l2")(a),
        "shared": lambda a, b: shared(a),
        "norm": lambda a, b: layers.BatchNormalization()(a),
        "add": lambda a, b: layers.Add()([a, b]),
        "multiply": lambda a, b: layers.Multiply()([a, b]),
        "join": lambda a, b: layers.Dense(5)(layers.Concatenate()([a, b])),
        "inner": lambda a, b: inner(a),
        "sine": lambda a, b: ops.sin(a) + b,
    }
    nodes = [layers.Dense(5)(inputs)]
    for step in filter(None, plan.split(";")):
        kind, one, other = step.split()
        nodes.append(makers[kind](nodes[int(one) % len(nodes)], nodes[int(other) % len(nodes)]))
    return keras.Model(inputs, layers.Dense(outputs)(nodes[-1]))
