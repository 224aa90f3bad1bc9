"""What a run needs to go on from its last epoch with the numbers it would have had."""

from __future__ import annotations

import base64
import json
import os
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from hpexp.messages import EpochEnd, LogText, Message, SummaryData
from hpexp.paths import CHECKPOINT_FILES


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
    """One file, replaced as a whole: named arrays and the Progress. Each engine has a `kind` of its own.

    `data` is the fingerprint of the data: a checkpoint of other data is none.
    """

    def __init__(self, folder: str, run_id: str, kind: str = "state", *, data: str = "") -> None:
        self._run_id = run_id
        self._data = data
        self._folder = Path(folder) / run_id
        self._file = self._folder / f"{kind}.npz"

    def write(self, arrays: Mapping[str, NDArray[Any]], progress: Progress) -> None:
        """Write what `read` gives back; no name may start with `best_`.

        Raises:
            OSError: it could not be written; the last checkpoint is still there.
        """
        story = {
            "epochs": [[message.epoch, dict(message.logs), message.time] for message in progress.epochs],
            "summaries": [
                [message.step, message.kind, base64.b64encode(message.data).decode()]
                for message in progress.summaries
            ],
            "seconds": progress.seconds,
            "stopping": progress.stopping,
            "data": self._data,
        }
        contents: dict[str, Any] = {"story": np.array(json.dumps(story)), **arrays}
        contents |= {f"best_{index}": value for index, value in enumerate(progress.best_weights or [])}
        self._folder.mkdir(parents=True, exist_ok=True)
        aside = self._file.with_suffix(".new")
        try:
            with aside.open("wb") as file:
                np.savez(file, **contents)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(self._file)
        except OSError as error:
            # What there was space for must not keep it.
            aside.unlink(missing_ok=True)
            error.filename = error.filename or str(self._file)
            raise

    def read(self) -> tuple[dict[str, NDArray[Any]], Progress] | None:
        """The arrays and the Progress; `None` where there is no readable file."""
        try:
            # NumPy leaves a file open that is no archive, if it has opened it itself.
            with self._file.open("rb") as file, np.load(file, allow_pickle=False) as archive:
                arrays = dict(archive)
            story = json.loads(str(arrays.pop("story")))
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None
        if story.get("data") != self._data:
            return None
        best = [arrays.pop(f"best_{index}") for index in range(len(arrays)) if f"best_{index}" in arrays]
        progress = Progress(
            epochs=[EpochEnd(self._run_id, epoch, logs, time) for epoch, logs, time in story["epochs"]],
            summaries=[
                SummaryData(self._run_id, step, kind, base64.b64decode(data))
                for step, kind, data in story["summaries"]
            ],
            seconds=story["seconds"],
            stopping=story["stopping"],
            best_weights=best or None,
        )
        return arrays, progress

    def save(self, model: keras.Model, progress: Progress) -> None:
        """Write the variables of a model and its optimizer."""
        arrays = {f"variable_{index}": v.numpy() for index, v in enumerate(_variables(model))}
        self.write(arrays, progress)

    def restore(self, model: keras.Model) -> Progress | None:
        """Set the variables of a built model and its optimizer; `None` where there is no usable file."""
        variables = _variables(model)
        found = self.read()
        if found is None:
            return None
        arrays, progress = found
        values = [arrays.get(f"variable_{index}") for index in range(len(variables))]
        fitting = [
            value for v, value in zip(variables, values, strict=True)
            if value is not None and value.shape == tuple(v.shape)
        ]  # fmt: skip
        if len(fitting) < len(variables):
            return None
        for variable, value in zip(variables, fitting, strict=True):
            variable.assign(value)
        return progress

    def delete(self) -> None:
        """Remove the run's checkpoints, by whichever engine; what others have put beside them stays."""
        with suppress(OSError):
            for name in CHECKPOINT_FILES:
                (self._folder / name).unlink(missing_ok=True)
            self._folder.rmdir()


def announce(run_id: str, progress: Progress) -> list[Message]:
    """What a run that goes on has told before it was interrupted, told again."""
    text = f"goes on after epoch {len(progress.epochs)}, from its checkpoint\n"
    return [LogText(run_id, text), *progress.epochs, *progress.summaries]


def _variables(model: keras.Model) -> list[Any]:
    return [*model.variables, *model.optimizer.variables]
