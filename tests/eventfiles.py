"""Event files read back for tests, with every checksum looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

from hpexp.events import RunEvents, text_columns, write_experiment
from hpexp.events.records import frame, read_frames
from hpexp.messages import EpochEnd, SummaryData
from hpexp.model import Result, Run, Status
from hpexp.paths import LogsFolder
from tests.builders import a_plan, an_experiment

EPOCHS = 4
GRAPH = GraphDef(
    node=[{"name": "inputs", "op": "Placeholder"}, {"name": "loss", "op": "Sum", "input": ["inputs"]}]
).SerializeToString()


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


def write_logs(logs: LogsFolder, experiment: str, runs: Sequence[Run], *ends: Status | None) -> None:
    """Logs of runs that end so (all others are done), as the driver writes them; `None` has not ended.

    The first run has a graph, and a histogram under `dense/kernel`.
    """
    write_experiment(logs, a_plan(an_experiment(experiment), *runs))
    text = text_columns(runs)
    for number, run in enumerate(runs):
        end = ends[number] if number < len(ends) else Status.DONE
        writer = RunEvents(logs.run(experiment, run.name), text)
        writer.start(run)
        rows = [] if end is Status.FAILED else [_numbers(number, epoch) for epoch in range(EPOCHS)]
        for epoch, row in enumerate(rows):
            writer.epoch(EpochEnd(run.id, epoch, {**row, "learning_rate": 0.01}, 1.7e9 + epoch))
        if number == 0:
            writer.summary(SummaryData(run.id, 0, "graph", GRAPH))
            writer.summary(SummaryData(run.id, EPOCHS - 1, "summary", _histogram()))
        if end is None:
            writer.flush()
        elif end is Status.DONE:
            writer.finish(Result(end, EPOCHS, EPOCHS - 2, rows[EPOCHS - 2]))
        else:
            writer.finish(Result(end))


def _numbers(run: int, epoch: int) -> dict[str, float]:
    loss = 1 / (1 + epoch + run)
    return {"loss": loss, "accuracy": 1 - loss, "val_loss": 2 * loss, "val_accuracy": 1 - loss / 2}


def _histogram() -> bytes:
    from tensorboard.plugins.histogram.summary_v2 import histogram_pb

    return bytes(histogram_pb("dense/kernel", [0.0, 0.5, 0.5, 1.0]).SerializeToString())
