"""Events put together by hand, read by tensorboard's protos."""

from __future__ import annotations

import math

import pytest
from tensorboard.compat.proto import graph_pb2, summary_pb2, types_pb2
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.util.tensor_util import make_ndarray

from hpexp.events import encode


def parsed(data: bytes) -> Event:
    """The event, after a check that nothing in it is unknown to the proto."""
    event = Event.FromString(data)
    event.DiscardUnknownFields()
    assert event.ByteSize() == len(data)
    return event


@pytest.mark.parametrize("writer", ["hpexp", "hpexp lr/" + "x" * 300, "Ä" * 70])
def test_the_file_version_names_the_writer(writer: str) -> None:
    event = parsed(encode.file_version(12.5, writer))
    assert (event.wall_time, event.step, event.file_version) == (12.5, 0, "brain.Event:2")
    assert event.source_metadata.writer == writer
    assert encode.writer_of(event.SerializeToString()) == writer


def test_who_wrote_a_file() -> None:
    """TensorFlow's and TensorBoard's first events, and what is none."""
    named = Event(wall_time=1.0, file_version="brain.Event:2")
    assert encode.writer_of(named.SerializeToString()) == ""
    named.source_metadata.writer = "tensorboard.summary.writer.event_file_writer"
    assert encode.writer_of(named.SerializeToString()) == named.source_metadata.writer
    for other in (b"", b"text", encode.scalars(1.0, 0, {"a": 1.0}), named.SerializeToString() + b"x"):
        assert encode.writer_of(other) is None


@pytest.mark.parametrize("step", [0, 1, 127, 128, 300, 2**31, 2**40])
def test_scalars_carry_time_step_and_tags(step: int) -> None:
    event = parsed(encode.scalars(1e9 + 0.25, step, {"epoch_loss": 0.5, "epoch_accuracy": -2.0}))
    assert (event.wall_time, event.step) == (1e9 + 0.25, step)
    assert [value.tag for value in event.summary.value] == ["epoch_loss", "epoch_accuracy"]
    assert [make_ndarray(value.tensor).item() for value in event.summary.value] == [0.5, -2.0]


def test_a_scalar_is_marked_as_tensorflow_marks_it() -> None:
    (value,) = parsed(encode.scalars(1.0, 0, {"epoch_loss": 0.5})).summary.value
    assert value.metadata.plugin_data.plugin_name == "scalars"
    assert value.tensor.dtype == types_pb2.DT_FLOAT
    assert not value.tensor.tensor_shape.dim


def test_long_and_foreign_tags() -> None:
    tag = "epoch_" + "ä" * 200
    (value,) = parsed(encode.scalars(1.0, 0, {tag: 1.0})).summary.value
    assert value.tag == tag
    assert make_ndarray(value.tensor).item() == 1.0


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1e300, math.inf),
        (-1e300, -math.inf),
        (math.inf, math.inf),
        (3.4028234e38, 3.4028234e38),
        (1e-60, 0.0),
    ],
)
def test_numbers_beyond_float32(value: float, expected: float) -> None:
    (scalar,) = parsed(encode.scalars(1.0, 0, {"epoch_loss": value})).summary.value
    assert make_ndarray(scalar.tensor).item() == pytest.approx(expected)


def test_nan_stays_nan() -> None:
    (scalar,) = parsed(encode.scalars(1.0, 0, {"epoch_loss": math.nan})).summary.value
    assert math.isnan(make_ndarray(scalar.tensor).item())


def test_a_graph_and_a_summary_pass_through() -> None:
    graph = graph_pb2.GraphDef(node=[{"name": "inputs", "op": "Placeholder"}]).SerializeToString()
    assert parsed(encode.graph(1.0, 0, graph)).graph_def == graph
    summary = summary_pb2.Summary(value=[{"tag": "dense/kernel", "simple_value": 1.0}])
    assert parsed(encode.summary(1.0, 3, summary.SerializeToString())).summary == summary
