"""Did a contender really train what it was asked to? Read from its event files alone."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.workloads import Workload


class WrongLogsError(Exception):
    """A contender's logs lack runs, epochs or splits, or its best run learned nothing."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the logs hold; accuracies are on the validation split after the last epoch.

    `warm_epoch` is the time of an epoch of one run, in seconds, from the second epoch on: the time
    in which some run was between its first epoch's end and its last one's, over all those epochs.
    """

    runs: int
    event_files: int
    best_accuracy: float
    mean_accuracy: float
    warm_epoch: float | None


def check(logs: Path, workload: Workload) -> Seen:
    """Read every run's scalars; raises WrongLogsError where they are not those of the workload."""
    accuracies: list[float] = []
    spans: list[tuple[float, float]] = []
    files = 0
    for validation in sorted(logs.rglob("validation")):
        train = validation.with_name("train")
        for folder in (train, validation):
            files += len(list(folder.glob("events.out.tfevents.*")))
            times = [time for time, _ in scalars(folder, "epoch_loss")]
            if len(times) != workload.epochs:
                raise WrongLogsError(f"{folder} has {len(times)} losses, not {workload.epochs}")
        spans.append((times[0], times[-1]))
        accuracies.append(list(scalars(validation, "epoch_accuracy"))[-1][1])
    if len(accuracies) != workload.runs:
        raise WrongLogsError(f"{logs} has {len(accuracies)} runs, not {workload.runs}")
    if max(accuracies) < workload.sane_accuracy:
        raise WrongLogsError(f"{logs}: the best run's validation accuracy is only {max(accuracies)}")
    epochs = len(spans) * (workload.epochs - 1)
    warm = covered(spans) / epochs if epochs else None
    return Seen(len(accuracies), files, max(accuracies), sum(accuracies) / len(accuracies), warm)


def covered(spans: Iterable[tuple[float, float]]) -> float:
    """How much time lies in at least one of the spans."""
    total, until = 0.0, float("-inf")
    for begin, end in sorted(spans):
        total += max(0.0, end - max(begin, until))
        until = max(until, end)
    return total


def scalars(folder: Path, tag: str) -> Iterator[tuple[float, float]]:
    """The values of a tag in a folder's event files, in their order, each after the time it was written.

    Times are in seconds since the epoch.
    """
    from tensorboard.util.tensor_util import make_ndarray

    for file in sorted(folder.glob("events.out.tfevents.*")):
        for event in _events(file):
            for value in event.summary.value:
                if value.tag == tag:
                    is_tensor = value.HasField("tensor")
                    number = make_ndarray(value.tensor) if is_tensor else value.simple_value
                    yield event.wall_time, float(number)


def _events(file: Path) -> Iterator[Any]:
    """The records of an event file (length, checksum, event, checksum)."""
    from tensorboard.compat.proto.event_pb2 import Event

    # TensorBoard's own loader imports TensorFlow.
    content = file.read_bytes()
    at = 0
    while at < len(content):
        (length,) = struct.unpack_from("<Q", content, at)
        yield Event.FromString(content[at + 12 : at + 12 + length])
        at += 12 + length + 4
