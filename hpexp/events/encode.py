"""TensorBoard's Event messages as bytes.

Scalars make up nearly all events, so theirs are put together by hand from parts that are
serialised once per tag; everything else goes through tensorboard's protos. All numbers
below `_TAG` are protobuf keys: field number * 8 + wire type.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

_WALL_TIME = b"\x09"
_STEP = b"\x10"
_FILE_VERSION = b"\x1a"
_GRAPH_DEF = b"\x22"
_SUMMARY = b"\x2a"
_SOURCE_METADATA = b"\x52"
_WRITER = b"\x0a"
_SUMMARY_VALUE = b"\x0a"
_FLOAT_TENSOR = b"\x42\x0a\x08\x01\x12\x00\x22\x04"
"""Field `tensor` of a Summary.Value: DT_FLOAT, no dimensions, 4 bytes of content to follow."""

_LARGEST = struct.unpack("<f", b"\xff\xff\x7f\x7f")[0]


_VERSION = b"brain.Event:2"


def file_version(wall_time: float, writer: str) -> bytes:
    """The event that every event file begins with; it names who wrote the file."""
    name = writer.encode("utf-8", "replace")
    source = _WRITER + _varint(len(name)) + name
    metadata = _SOURCE_METADATA + _varint(len(source)) + source
    return _event(wall_time, 0, _FILE_VERSION, _VERSION) + metadata


def writer_of(event: bytes) -> str | None:
    """The writer that a file's first event names, '' where it names none; None for any other event."""
    start = len(_WALL_TIME) + 8
    version = _FILE_VERSION + _varint(len(_VERSION)) + _VERSION
    if not (event.startswith(_WALL_TIME) and event.startswith(version, start)):
        return None
    name = event[start + len(version) :]
    for key in (_SOURCE_METADATA, _WRITER) if name else ():
        # The content fills the rest, so that its length says nothing new.
        head = key + _varint_before(name, len(key))
        if not name.startswith(head):
            return None
        name = name[len(head) :]
    return name.decode("utf-8", "replace")


def scalars(wall_time: float, step: int, values: Mapping[str, float]) -> bytes:
    """One event of scalars by tag, each as tf.summary.scalar writes it: a float32 tensor."""
    parts = [_scalar_prefix(tag) + struct.pack("<f", _float32(value)) for tag, value in values.items()]
    return _event(wall_time, step, _SUMMARY, b"".join(parts))


def graph(wall_time: float, step: int, graph_def: bytes) -> bytes:
    """An event holding a serialised GraphDef."""
    return _event(wall_time, step, _GRAPH_DEF, graph_def)


def summary(wall_time: float, step: int, data: bytes) -> bytes:
    """An event holding a serialised Summary."""
    return _event(wall_time, step, _SUMMARY, data)


def hparams(wall_time: float, tag: str, data: HParamsPluginData) -> bytes:
    """An event for the HParams plugin, as tensorboard.plugins.hparams.summary_v2 writes it."""
    from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
    from tensorboard.compat.proto.tensor_pb2 import TensorProto
    from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
    from tensorboard.compat.proto.types_pb2 import DT_FLOAT

    about = SummaryMetadata.PluginData(plugin_name="hparams", content=data.SerializeToString())
    nothing = TensorProto(dtype=DT_FLOAT, tensor_shape=TensorShapeProto(dim=[TensorShapeProto.Dim(size=0)]))
    value = Summary.Value(tag=tag, metadata=SummaryMetadata(plugin_data=about), tensor=nothing)
    return summary(wall_time, 0, Summary(value=[value]).SerializeToString())


@lru_cache(maxsize=1024)
def _scalar_prefix(tag: str) -> bytes:
    """A Summary's `value` field up to the number's 4 bytes."""
    from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata

    about = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="scalars"))
    start = Summary.Value(tag=tag, metadata=about).SerializeToString() + _FLOAT_TENSOR
    return _SUMMARY_VALUE + _varint(len(start) + 4) + bytes(start)


def _event(wall_time: float, step: int, field: bytes, content: bytes) -> bytes:
    when = _WALL_TIME + struct.pack("<d", wall_time)
    at = _STEP + _varint(step) if step else b""
    return when + at + field + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _varint_before(data: bytes, at: int) -> bytes:
    """The varint that a length at `data[at:]` must be, to reach from its end to that of `data`."""
    return next(
        (size for width in (1, 2, 3) if len(size := _varint(len(data) - at - width)) == width), b"\xff"
    )


def _float32(value: float) -> float:
    """What a float32 makes of it: infinity beyond the largest, where `struct` would raise."""
    return value if -_LARGEST <= value <= _LARGEST or value != value else float("inf") * value
