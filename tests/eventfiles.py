"""Event files read back for tests, with every checksum looked at."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

from hpexp.events.records import frame, read_frames


def event_file(folder: Path) -> Path:
    """The one event file of a folder."""
    (path,) = folder.glob("events.out.tfevents.*")
    return path


def events(folder: Path) -> list[Any]:
    """Its events, without the one that names the file's version."""
    content = event_file(folder).read_bytes()
    records = list(read_frames(content))
    assert b"".join(map(frame, records)) == content
    first, *rest = map(Event.FromString, records)
    assert first.file_version == "brain.Event:2"
    return rest


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Steps and values by tag."""
    found: dict[str, list[tuple[int, float]]] = {}
    for event in events(folder):
        for value in event.summary.value:
            if value.metadata.plugin_data.plugin_name == "scalars":
                (number,) = memoryview(value.tensor.tensor_content).cast("f")
                found.setdefault(value.tag, []).append((event.step, number))
    return found


def hparams(folder: Path) -> Mapping[str, Any]:
    """HParams records by the name of the record's field."""
    found = {}
    for event in events(folder):
        for value in event.summary.value:
            if value.metadata.plugin_data.plugin_name == "hparams":
                data = HParamsPluginData.FromString(value.metadata.plugin_data.content)
                field = data.WhichOneof("data")
                assert value.tag == f"_hparams_/{field}"
                assert field not in found
                found[field] = getattr(data, field)
    return found
