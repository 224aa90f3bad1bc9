"""What a run needs to go on from its last epoch with the numbers it would have had."""

from __future__ import annotations

import base64
import json
import os
import shutil
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from hpexp.messages import EpochEnd, SummaryData


@dataclass(slots=True)
class Progress:
    """A run so far: its messages (told again when it resumes), its time, early stopping's memory.

    The example order needs nothing: it is a function of the seed and the epoch.
    """

    epochs: list[EpochEnd] = field(default_factory=list)
    summaries: list[SummaryData] = field(default_factory=list)
    seconds: float = 0.0
    stopping: dict[str, Any] = field(default_factory=dict)
    """`wait`, `best`, `best_epoch`, `stopped_epoch`: the attributes of keras.callbacks.EarlyStopping."""
    best_weights: list[Any] | None = None


class Checkpoint:
    """One file, replaced as a whole: variables of model and optimizer, and the Progress."""

    def __init__(self, folder: str, run_id: str) -> None:
        self._folder = Path(folder) / run_id
        self._file = self._folder / "state.npz"

    def save(self, model: keras.Model, progress: Progress) -> None:
        story = {
            "epochs": [[message.epoch, dict(message.logs), message.time] for message in progress.epochs],
            "summaries": [
                [message.step, message.kind, base64.b64encode(message.data).decode()]
                for message in progress.summaries
            ],
            "seconds": progress.seconds,
            "stopping": progress.stopping,
        }
        arrays = {f"variable_{i}": v.numpy() for i, v in enumerate(_variables(model))}
        for index, value in enumerate(progress.best_weights or []):
            arrays[f"best_{index}"] = value
        self._folder.mkdir(parents=True, exist_ok=True)
        aside = self._folder / "state.new"
        with aside.open("wb") as file:
            np.savez(file, story=np.array(json.dumps(story)), **arrays)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(self._file)

    def restore(self, model: keras.Model, run_id: str) -> Progress | None:
        """Set the variables of a built model and its optimizer; `None` where there is no usable file."""
        try:
            # NumPy leaves a file open that is no archive, if it has opened it itself.
            with self._file.open("rb") as file, np.load(file, allow_pickle=False) as archive:
                arrays = dict(archive)
            story = json.loads(str(arrays["story"]))
            variables = _variables(model)
            values = [arrays[f"variable_{index}"] for index in range(len(variables))]
            if any(tuple(v.shape) != value.shape for v, value in zip(variables, values, strict=True)):
                return None
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        best = [arrays[f"best_{index}"] for index in range(len(arrays)) if f"best_{index}" in arrays]
        return Progress(
            epochs=[EpochEnd(run_id, epoch, logs, time) for epoch, logs, time in story["epochs"]],
            summaries=[
                SummaryData(run_id, step, kind, base64.b64decode(data))
                for step, kind, data in story["summaries"]
            ],
            seconds=story["seconds"],
            stopping=story["stopping"],
            best_weights=best or None,
        )

    def delete(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


def _variables(model: keras.Model) -> list[Any]:
    return [*model.variables, *model.optimizer.variables]
