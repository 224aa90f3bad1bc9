"""Lanes of one structure: their data, the layout of their program, and how many fit at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from hpexp.memory import budget
from hpexp.messages import Job, Message
from hpexp.train.compiled.blueprint import Blueprint, NotCompilable
from hpexp.train.compiled.checkpoints import Checkpoints
from hpexp.train.compiled.cohort import Cohort
from hpexp.train.compiled.cost import compiling_pays
from hpexp.train.compiled.memory import lane_bytes, split_evenly
from hpexp.train.compiled.program import Data, Layout, Outcome
from hpexp.train.compiled.saved import Saved
from hpexp.train.compiled.scoring import score_test
from hpexp.train.compiled.table import Lane, columns, schedules
from hpexp.train.compiled.training import Training
from hpexp.train.compiled.trial import agrees, quiet
from hpexp.train.compiled.updates import optimizer_key
from hpexp.train.data import Arrays, prepare
from hpexp.train.notes import telling
from hpexp.train.saving import save_model
from hpexp.train.told import told_of
from hpexp.vocabulary import batch_size

VALIDATION_CHUNK = 2048
"""Validation examples that all lanes look at in one go."""


class Part:
    """Runs of one structure, about to be trained."""

    def __init__(self, job: Job, lanes: Sequence[Lane], arrays: Arrays) -> None:
        """`lanes` are sorted. Raises NotCompilable."""
        experiment = self._experiment = job.experiment
        self._models = job.models or {}
        self._program = job.program
        self._arrays = prepare(arrays, experiment.model, lanes[0].params)
        self._blueprint = Blueprint(experiment.model, lanes, self._arrays)
        self._told = told_of(experiment, self._blueprint.model, self._arrays)
        self._data = self._tensors()
        self._checkpoints = Checkpoints(job, lanes, self._blueprint)
        self._chunks = self._split(lanes)
        self._begun: tuple[Cohort, Outcome] | None = None

    def try_out(self) -> None:
        """For a model of unknown layers: train the first epoch, by lanes or else lane by lane.

        Raises NotCompilable where neither can be traced and compiled, or gives what Keras
        gives. The epoch is not lost: `train` goes on from it.
        """
        if self._blueprint.layers is not None:
            return
        reasons = []
        for single in (False, True):
            self._blueprint.single = single
            if single:
                self._chunks = [(done, [lane]) for done, chunk in self._chunks for lane in chunk]
            done, lanes = self._chunks[0]
            try:
                with quiet():
                    cohort = self._cohort(lanes, self._saved(done, lanes))
                    wrong = agrees(self._blueprint, cohort, self._data)
                    if wrong is None:
                        self._begun = cohort, cohort.train(done)
                        return
            except Exception as error:
                wrong = str(error).strip().partition("\n")[0]
            reasons.append(wrong)
        raise NotCompilable(f"own model: {reasons[-1]}")

    def train(self, emit: Callable[[Message], None]) -> None:
        """Train all lanes to their ends."""
        emit = telling(emit, self._blueprint.reading.notes)
        cohort = None
        for done, lanes in self._chunks:
            first = None
            if self._begun is not None:
                (cohort, first), self._begun = self._begun, None
            else:
                saved = self._saved(done, lanes)
                if cohort is None or not cohort.restart(lanes, saved):
                    cohort = self._cohort(lanes, saved)
            keep = self._save if self._models else None
            training = Training(
                self._experiment, cohort, emit, self._score_test, keep, self._checkpoints, self._program
            )
            training.run(done, first)

    def _split(self, lanes: Sequence[Lane]) -> list[tuple[int, Sequence[Lane]]]:
        """How many epochs are done, and lanes that go on from there together."""
        by_done: dict[int, list[Lane]] = {}
        for lane in lanes:
            by_done.setdefault(self._checkpoints.done(lane), []).append(lane)
        most = len(lanes) if self._program else self._most_lanes(lanes)
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

    def _tensors(self) -> Data:
        floats, arrays = keras.config.floatx(), self._arrays
        targets = "int32" if arrays.task == "classification" else floats
        return Data(
            tf.constant(arrays.x_train, floats),
            tf.constant(arrays.y_train, targets),
            tf.constant(arrays.x_validation, floats),
            tf.constant(arrays.y_validation, targets),
        )

    def _layout(self, lanes: Sequence[Lane]) -> Layout:
        params = lanes[0].params
        examples = len(self._arrays.x_train)
        batch = batch_size(params["batch"], examples)
        return Layout(
            lanes=len(lanes),
            examples=examples,
            batch=batch,
            head=self._blueprint.head.trained,
            told=self._told,
            classes=self._arrays.problem.outputs,
            smoothing=any(lane.params.get("label_smoothing") for lane in lanes),
            schedules=schedules(lanes),
            whole_batches=self._blueprint.batch_norm,
            check_gradients=any(lane.params.get("optimizer") == "lion" for lane in lanes),
            validation_chunk=VALIDATION_CHUNK,
            seeds=len({lane.run.seed for lane in lanes}),
            xla=self._program.xla if self._program else self._pays(lanes, batch, -(-examples // batch)),
        )

    def _pays(self, lanes: Sequence[Lane], batch: int, steps: int) -> bool:
        return compiling_pays(
            updates=steps * max(lane.epochs for lane in lanes),
            optimizers=len({optimizer_key(lane.params) for lane in lanes}),
            lanes=len(lanes),
            batch=batch,
            units=self._blueprint.units,
            weights=self._blueprint.model.count_params(),
        )

    def _most_lanes(self, lanes: Sequence[Lane]) -> int:
        resources, examples = self._experiment.resources, len(self._arrays.x_train)
        model = self._blueprint.model
        batch = batch_size(lanes[0].params["batch"], examples)
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
