"""A group of runs through the compiled engine: structures, memory, cohorts, test scores."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from hpexp.messages import Job, Message
from hpexp.model import Experiment
from hpexp.train.compiled.blueprint import Blueprint
from hpexp.train.compiled.cohort import Cohort
from hpexp.train.compiled.memory import budget, lane_bytes, split_evenly
from hpexp.train.compiled.program import Data, Layout, example_scores
from hpexp.train.compiled.table import Lane, sort_lanes, structure
from hpexp.train.compiled.training import Training
from hpexp.train.data import Arrays, prepare
from hpexp.train.losses import metric_name
from hpexp.train.models import from_logits
from hpexp.vocabulary import batch_size

VALIDATION_CHUNK = 2048
"""Validation examples that all lanes look at in one go."""


def train_group(job: Job, arrays: Arrays, emit: Callable[[Message], None]) -> None:
    """Train the job's runs as lanes of compiled programs.

    Raises NotCompilable before any training where a model cannot be trained this way.
    """
    experiment = job.experiment
    structures: dict[Any, list[Lane]] = {}
    for run in job.group.runs:
        epochs = run.params["epochs"]
        assert isinstance(epochs, int)
        lane = Lane(run, 1 if experiment.smoke else epochs)
        structures.setdefault(structure(run.params), []).append(lane)
    parts = [_Part(experiment, sort_lanes(lanes), arrays) for lanes in structures.values()]
    for part in parts:
        part.train(emit)


class _Part:
    """Lanes of one structure."""

    def __init__(self, experiment: Experiment, lanes: Sequence[Lane], arrays: Arrays) -> None:
        self._experiment = experiment
        self._lanes = lanes
        params = lanes[0].params
        self._arrays = prepare(arrays, experiment.model, params)
        self._blueprint = Blueprint(experiment.model, lanes, self._arrays.problem)

    def train(self, emit: Callable[[Message], None]) -> None:
        """Train all lanes, as many at a time as memory allows."""
        data = self._data()
        for start, stop in split_evenly(len(self._lanes), self._most_lanes()):
            lanes = self._lanes[start:stop]
            cohort = Cohort(self._blueprint, lanes, self._layout(lanes), data)
            Training(self._experiment, cohort, emit, self._score_test).run()

    def _data(self) -> Data:
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
        return Layout(
            lanes=len(lanes),
            examples=examples,
            batch=batch_size(params["batch"], examples),
            task=self._arrays.task,
            from_logits=from_logits(self._experiment.model, params),
            smoothing=any(lane.params.get("label_smoothing") for lane in lanes),
            schedules=tuple(sorted({str(lane.params.get("schedule", "constant")) for lane in lanes})),
            whole_batches=self._blueprint.batch_norm,
            check_gradients=any(lane.params.get("optimizer") == "lion" for lane in lanes),
            validation_chunk=VALIDATION_CHUNK,
            seeds=len({lane.run.seed for lane in lanes}),
        )

    def _most_lanes(self) -> int:
        resources, examples = self._experiment.resources, len(self._arrays.x_train)
        model = self._blueprint.model
        one = lane_bytes(
            [tuple(variable.shape) for variable in model.variables],
            slots_per_weight=2,
            units=_units(model),
            batch=batch_size(self._lanes[0].params["batch"], examples),
            validation_chunk=min(VALIDATION_CHUNK, len(self._arrays.x_validation)),
            item=np.dtype(keras.config.floatx()).itemsize,
        )
        return max(1, budget(resources.memory, resources.jobs or 2) // one)

    def _score_test(self, cohort: Cohort, weights: Any, indices: NDArray[np.int64]) -> list[dict[str, float]]:
        """Loss and metric of some lanes on the test split; computed without compiling anything."""
        arrays = self._arrays
        if not len(arrays.x_test):
            return [{} for _ in indices]
        lanes = [cohort.lanes[index] for index in indices]
        values = cohort.taken(weights, indices)
        count = len(self._blueprint.model.trainable_variables)
        network = self._blueprint.network(lanes)
        smoothing, penalty = (tf.constant(cohort.column(name)[indices]) for name in ("smoothing", "penalty"))
        sums = np.zeros((2, len(lanes)))
        extra: Any = 0.0
        for start in range(0, len(arrays.x_test), VALIDATION_CHUNK):
            span = slice(start, start + VALIDATION_CHUNK)
            x = tf.constant(arrays.x_test[span], keras.config.floatx())
            outputs, _, squares = network(values[:count], values[count:], x, training=False)
            y = tf.constant(arrays.y_test[span])
            scores = example_scores(cohort.layout, outputs, y, smoothing, len(lanes))
            sums += [tf.reduce_sum(score, -1).numpy() for score in scores]
            extra = 0.0 if squares is None else (squares * penalty).numpy()
        losses, metrics = sums / len(arrays.x_test)
        names = "loss", metric_name(arrays.task)
        rows = zip((losses + extra).tolist(), metrics.tolist(), strict=True)
        return [dict(zip(names, row, strict=True)) for row in rows]


def _units(model: keras.Model) -> int:
    """Numbers computed for one example: the sizes of all layers' outputs."""
    total = 0
    for layer in model.layers:
        shape = getattr(getattr(layer, "output", None), "shape", None)
        total += math.prod(shape[1:]) if shape is not None else 0
    return total
