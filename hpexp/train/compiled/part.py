"""Lanes of one structure: their data, the layout of their program, and how many fit at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from hpexp.failures import line_of
from hpexp.memory import budget
from hpexp.messages import Job, Message
from hpexp.train.compiled.blueprint import Blueprint, NotCompilable, Proven, Way, quiet
from hpexp.train.compiled.checkpoints import Checkpoints
from hpexp.train.compiled.cohort import Cohort
from hpexp.train.compiled.cost import compiling_pays
from hpexp.train.compiled.memory import lane_bytes, split_evenly
from hpexp.train.compiled.program import Data, Layout, Outcome
from hpexp.train.compiled.saved import Saved
from hpexp.train.compiled.scoring import score_test
from hpexp.train.compiled.table import Lane, columns, schedules
from hpexp.train.compiled.training import Training
from hpexp.train.compiled.updates import optimizer_key
from hpexp.train.data import Arrays, prepare
from hpexp.train.notes import telling
from hpexp.train.saving import save_model
from hpexp.train.told import Told, told_of
from hpexp.vocabulary import batch_size

VALIDATION_CHUNK = 2048
"""Validation examples that all lanes look at in one go."""


class Part:
    """Runs of one structure, about to be trained."""

    def __init__(self, job: Job, lanes: Sequence[Lane], arrays: Arrays, proven: Proven | None = None) -> None:
        """`lanes` are sorted, `arrays` as loaded; `proven` tells how lanes of an own model are computed."""
        experiment = self._experiment = job.experiment
        self._models = job.models or {}
        self._program = job.program
        self._arrays = prepare(arrays, experiment.model, lanes[0].params)
        self._blueprint = Blueprint(experiment.model, lanes, self._arrays)
        if proven is not None:
            self._blueprint.way, self._blueprint.xla = proven.way, proven.xla
        self._told = told_of(experiment, self._blueprint.model, self._arrays)
        self._data = tensors(self._arrays)
        self._checkpoints = Checkpoints(job, lanes, self._blueprint)
        self._chunks = self._split(lanes)
        self._begun: tuple[Cohort, Outcome] | None = None

    def try_out(self) -> None:
        """For an own model: train the first epoch, which compiles its program, before anything is told.

        Raises NotCompilable where XLA and TensorFlow's graph both fail, or what is built depends on
        the seed. The epoch is not lost: `train` goes on from it.
        """
        if not self._blueprint.own:
            return
        for xla in (True, False) if self._blueprint.xla else (False,):
            self._blueprint.xla = xla
            done, lanes = self._chunks[0]
            try:
                with quiet():
                    cohort = self._cohort(lanes, self._saved(done, lanes))
                    self._begun = cohort, cohort.train(done)
                return
            except NotCompilable:
                raise
            except Exception as error:
                wrong = line_of(error)
        raise NotCompilable(wrong)

    def train(self, emit: Callable[[Message], None]) -> dict[str, str]:
        """Train all lanes to their ends.

        Returns why some own models were not trained, by their runs' ids.
        """
        refused: dict[str, str] = {}
        emit = telling(emit, self._blueprint.reading.notes)
        cohort = None
        for done, lanes in self._chunks:
            first = None
            if self._begun is not None:
                (cohort, first), self._begun = self._begun, None
            else:
                saved = self._saved(done, lanes)
                try:
                    if cohort is None or not cohort.restart(lanes, saved):
                        cohort = self._cohort(lanes, saved)
                except NotCompilable as reason:
                    refused |= {lane.run.id: str(reason) for lane in lanes}
                    continue
            keep = self._save if self._models else None
            training = Training(
                self._experiment, cohort, emit, self._score_test, keep, self._checkpoints, self._program
            )
            training.run(done, first)
        return refused

    def _split(self, lanes: Sequence[Lane]) -> list[tuple[int, Sequence[Lane]]]:
        """How many epochs are done, and lanes that go on from there together."""
        by_done: dict[int, list[Lane]] = {}
        for lane in lanes:
            by_done.setdefault(self._checkpoints.done(lane), []).append(lane)
        most = len(lanes) if self._program else self._most_lanes(lanes)
        most = 1 if self._blueprint.way is Way.SINGLE else most
        return [
            (done, own[start:stop])
            for done, own in by_done.items()
            for start, stop in split_evenly(len(own), most)
        ]

    def _saved(self, done: int, lanes: Sequence[Lane]) -> list[Saved] | None:
        if not done:
            return None
        found = [self._checkpoints.restore(lane) for lane in lanes]
        return [saved for saved in found if saved is not None]

    def _cohort(self, lanes: Sequence[Lane], saved: Sequence[Saved] | None) -> Cohort:
        return Cohort(self._blueprint, lanes, self._layout(lanes), self._data, saved=saved)

    def _layout(self, lanes: Sequence[Lane]) -> Layout:
        xla = self._program.xla if self._program else self._pays(lanes)
        return make_layout(self._blueprint, self._arrays, self._told, lanes, xla=xla and self._blueprint.xla)

    def _pays(self, lanes: Sequence[Lane]) -> bool:
        return compiling_pays(
            updates=-(-len(self._arrays.x_train) // self._batch(lanes)) * max(lane.epochs for lane in lanes),
            optimizers=len({optimizer_key(lane.params) for lane in lanes}),
            lanes=len(lanes),
            batch=self._batch(lanes),
            units=self._blueprint.units,
            weights=self._blueprint.model.count_params(),
        )

    def _batch(self, lanes: Sequence[Lane]) -> int:
        return batch_size(lanes[0].params["batch"], len(self._arrays.x_train))

    def _most_lanes(self, lanes: Sequence[Lane]) -> int:
        resources, examples = self._experiment.resources, len(self._arrays.x_train)
        model = self._blueprint.model
        batch = self._batch(lanes)
        alike = batch == examples or len({lane.run.seed for lane in lanes}) == 1
        inputs = 0 if alike else math.prod(self._arrays.problem.input_shape)
        one = lane_bytes(
            [tuple(variable.shape) for variable in model.variables],
            slots_per_weight=2,
            units=self._blueprint.units + inputs,
            batch=batch,
            validation_chunk=min(VALIDATION_CHUNK, len(self._arrays.x_validation)),
            item=np.dtype(keras.config.floatx()).itemsize,
        )
        return max(1, budget(resources) // one)

    def _save(self, lane: Lane, values: list[Any]) -> None:
        path = self._models.get(lane.run.id)
        if path:
            save_model(self._blueprint.lane_model(lane, values), path)

    def _score_test(self, cohort: Cohort, values: Any, indices: NDArray[np.int64]) -> list[dict[str, float]]:
        lanes = [cohort.lanes[index] for index in indices]
        taken = cohort.taken(values, indices)
        numbers = columns(lanes, schedules=cohort.layout.schedules, penalized=self._blueprint.penalized)
        return score_test(self._blueprint, self._arrays, cohort.layout, lanes, numbers, taken)


def tensors(arrays: Arrays) -> Data:
    """Training and validation examples in the precision that Keras works in."""
    floats = keras.config.floatx()
    targets = "int32" if arrays.task == "classification" else floats
    return Data(
        tf.constant(arrays.x_train, floats),
        tf.constant(arrays.y_train, targets),
        tf.constant(arrays.x_validation, floats),
        tf.constant(arrays.y_validation, targets),
    )


def make_layout(
    blueprint: Blueprint, arrays: Arrays, told: Told, lanes: Sequence[Lane], *, xla: bool
) -> Layout:
    """The program for these lanes; `arrays` are prepared."""
    params, examples = lanes[0].params, len(arrays.x_train)
    return Layout(
        lanes=len(lanes),
        examples=examples,
        batch=batch_size(params["batch"], examples),
        head=blueprint.head.trained,
        told=told,
        classes=arrays.problem.outputs,
        smoothing=any(lane.params.get("label_smoothing") for lane in lanes),
        schedules=schedules(lanes),
        whole_batches=blueprint.batch_norm,
        check_gradients=any(lane.params.get("optimizer") == "lion" for lane in lanes),
        validation_chunk=VALIDATION_CHUNK,
        seeds=len({lane.run.seed for lane in lanes}),
        xla=xla,
    )
