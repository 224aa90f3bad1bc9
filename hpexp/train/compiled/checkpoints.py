"""What lanes need to go on from their last epoch: one file a run, whatever lanes train beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpexp.messages import EpochEnd, Job, Message, SummaryData
from hpexp.train.checkpoint import Checkpoint, Progress, announce
from hpexp.train.compiled.blueprint import Blueprint
from hpexp.train.compiled.saved import Saved
from hpexp.train.compiled.table import Lane


class Checkpoints:
    """The progress of a part's runs, on disk every so many epochs. Without a folder it does nothing."""

    def __init__(self, job: Job, lanes: Sequence[Lane], blueprint: Blueprint) -> None:
        self._period = job.experiment.training.checkpoint_every if job.checkpoints else 0
        self._blueprint = blueprint
        self._files = {
            lane.run.id: Checkpoint(job.checkpoints, lane.run.id, "lane", data=job.fingerprint)
            for lane in lanes
        }
        self._progress: dict[str, Progress] = {}

    def done(self, lane: Lane) -> int:
        """How many epochs the lane's checkpoint has behind it; 0 where there is none that fits."""
        return len(self._progress[lane.run.id].epochs) if self.restore(lane) else 0

    def restore(self, lane: Lane) -> Saved | None:
        """The lane's arrays, where it has a checkpoint of a model like this one."""
        found = self._files[lane.run.id].read() if self._period else None
        if found is None:
            return None
        arrays, progress = found
        model = self._blueprint.model
        wanted = {f"weight_{i}": v.shape for i, v in enumerate(model.trainable_variables)}
        wanted |= {f"other_{i}": v.shape for i, v in enumerate(model.non_trainable_variables)}
        if any(name not in arrays or arrays[name].shape != tuple(wanted[name]) for name in wanted):
            return None
        self._progress[lane.run.id] = progress
        return arrays

    def resume(self, lane: Lane, emit: Callable[[Message], None]) -> Progress:
        """Tell again what the lane has told; its progress until now."""
        progress = self._progress.get(lane.run.id)
        if progress is None:
            return Progress()
        for message in announce(lane.run.id, progress):
            emit(message)
        return progress

    def take(self, message: EpochEnd | SummaryData) -> None:
        """Remember what has been told of a run."""
        if self._period:
            progress = self._progress.setdefault(message.run_id, Progress())
            if isinstance(message, EpochEnd):
                progress.epochs.append(message)
            else:
                progress.summaries.append(message)

    def due(self, epoch: int) -> bool:
        """Whether lanes are saved after epoch `epoch` (from 0)."""
        return bool(self._period) and (epoch + 1) % self._period == 0

    def save(
        self,
        lanes: Sequence[Lane],
        indices: NDArray[np.int64],
        snapshot: Callable[[int], Saved],
        best: Sequence[NDArray[Any]] | None,
        seconds: NDArray[np.float64],
    ) -> dict[int, OSError]:
        """Write the lanes at `indices`; `best` are the values to restore, of all lanes.

        Gives the lanes that could not be written; the last checkpoint of each is still there.
        """
        wrong: dict[int, OSError] = {}
        for index in indices.tolist():
            run_id = lanes[index].run.id
            progress = self._progress[run_id]
            progress.seconds = float(seconds[index])
            progress.best_weights = None if best is None else [value[index] for value in best]
            try:
                self._files[run_id].write(snapshot(index), progress)
            except OSError as error:
                wrong[index] = error
        return wrong

    def forget(self, lane: Lane) -> None:
        """Delete what is kept of a lane that has ended."""
        if self._period:
            self._files[lane.run.id].delete()
            self._progress.pop(lane.run.id, None)
