"""TensorBoard payloads that need the model: its graph, histograms of its weights."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras
import tensorflow as tf
from numpy.typing import NDArray
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.histogram.summary_v2 import histogram_pb


def graph(model: keras.Model, input_shape: tuple[int, ...]) -> bytes:
    """The model's forward pass, as a serialised GraphDef with shapes; `input_shape` is one example's."""
    inputs = tf.TensorSpec((None, *input_shape), keras.config.floatx(), name="inputs")
    forward = tf.function(lambda x: model(x, training=False), autograph=False)
    traced = forward.get_concrete_function(inputs).graph
    return bytes(traced.as_graph_def(add_shapes=True).SerializeToString())


def histograms(weights: Iterable[tuple[str, NDArray[Any]]]) -> bytes:
    """The distribution of each weight, under its name, as a serialised Summary."""
    summary = Summary()
    for name, values in weights:
        summary.MergeFrom(histogram_pb(name, values))
    return bytes(summary.SerializeToString())
