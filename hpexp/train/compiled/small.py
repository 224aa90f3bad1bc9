"""The training of a few lanes in small, by either engine, from weights that are given.

It has real examples: a batch of the size that will be trained, at most `MOST_EXAMPLES`, and the
smaller one that an epoch ends with; validation and test examples beside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from hpexp.model import Params
from hpexp.train.callbacks import Order
from hpexp.train.compiled.blueprint import Blueprint
from hpexp.train.compiled.cohort import Cohort, segments_of
from hpexp.train.compiled.part import make_layout, tensors
from hpexp.train.compiled.program import State
from hpexp.train.compiled.scoring import score_test
from hpexp.train.compiled.table import Lane, columns
from hpexp.train.compiled.updates import starting_slots
from hpexp.train.data import Arrays
from hpexp.train.fit import compile_model, evaluate
from hpexp.train.heads import Head
from hpexp.train.order import epoch_order
from hpexp.train.pipeline import scored, training_batches
from hpexp.train.told import Told
from hpexp.vocabulary import batch_size

MOST_EXAMPLES = 128
"""In a batch."""

OTHER_EXAMPLES = 40
"""For validation, and for the test."""

Numbers = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Start:
    """Values of a model's trainable variables, and of its others."""

    weights: Sequence[Numbers]
    state: Sequence[Numbers]


@dataclass(frozen=True, slots=True)
class After:
    """What a lane has after two steps; `outputs` are those for the test examples, in inference."""

    weights: Sequence[Numbers]
    state: Sequence[Numbers]
    slots: Sequence[Numbers]
    logs: Mapping[str, float]
    test: Mapping[str, float]
    outputs: Numbers


@dataclass(frozen=True, slots=True)
class Small:
    """The examples, and how they are trained: two steps, in one epoch or, with one batch, in two."""

    arrays: Arrays
    batch: int

    @classmethod
    def of(cls, arrays: Arrays, lane: Lane) -> Small:
        """`arrays` are prepared; the batches hold the examples that this lane's first epoch begins and
        ends with.
        """
        examples = len(arrays.x_train)
        batch = batch_size(lane.params["batch"], examples)
        order = epoch_order(lane.run.seed, 0, examples, batch)
        size = min(batch, MOST_EXAMPLES)
        last = 0 if batch >= examples else min(examples % batch or size, size)
        rows = np.concatenate([order[:size], order[len(order) - last :]])
        small = replace(arrays, x_train=arrays.x_train[rows], y_train=arrays.y_train[rows])
        for split in ("validation", "test"):
            x, y = getattr(arrays, f"x_{split}"), getattr(arrays, f"y_{split}")
            if not len(x):
                x, y = arrays.x_train, arrays.y_train
            changes: dict[str, Any] = {f"x_{split}": x[:OTHER_EXAMPLES], f"y_{split}": y[:OTHER_EXAMPLES]}
            small = replace(small, **changes)
        return cls(small, size)

    @property
    def told(self) -> Told:
        return Told(self.arrays.task)

    @property
    def epochs(self) -> int:
        return 1 if self.batch < len(self.arrays.x_train) else 2

    def lane(self, lane: Lane, rate: float) -> Lane:
        """The lane as it is trained here; its model is to be built of the run's own parameters."""
        changes: Params = {
            "learning_rate": rate, "schedule": "constant", "batch": self.batch, "epochs": self.epochs,
        }  # fmt: skip
        return Lane(replace(lane.run, params={**lane.params, **changes}), self.epochs)


def by_fit(model: keras.Model, head: Head, small: Small, lane: Lane, start: Start, *, traced: bool) -> After:
    """A lane through `keras.Model.fit`.

    `traced` as it trains, or else operation by operation, which is faster for a few steps.
    """
    weights, state = list(model.trainable_variables), list(model.non_trainable_variables)
    _assign([*weights, *state], [*start.weights, *start.state])
    batches = -(-len(small.arrays.x_train) // small.batch)
    metrics = small.told.metrics(head, small.arrays.problem.outputs)
    compile_model(model, lane.params, head, metrics, batches, small.epochs)
    model.run_eagerly = not traced
    history = _fit(model, small, lane)
    optimizer = model.optimizer
    return After(
        weights=[variable.numpy() for variable in weights],
        state=[variable.numpy() for variable in state],
        slots=[
            slot.numpy()
            for slot in optimizer.variables
            if slot is not optimizer._iterations and slot is not optimizer._learning_rate
        ],
        logs={name: float(values[-1]) for name, values in history.items()},
        test=evaluate(model, small.arrays),
        outputs=np.asarray(model(scored(small.arrays, "test")[0], training=False)),  # type: ignore[index]
    )


def _fit(model: keras.Model, small: Small, lane: Lane) -> Mapping[str, Sequence[float]]:
    batches = training_batches(small.arrays, small.batch, lane.run.seed)
    found = scored(small.arrays, "validation")
    assert found is not None
    x, y, size = found
    history = model.fit(
        batches.dataset,
        epochs=small.epochs,
        callbacks=[Order(batches)],
        shuffle=False,
        verbose=0,
        validation_data=(x, y),
        validation_batch_size=size,
    )
    return history.history


def _assign(variables: Sequence[Any], values: Sequence[Numbers]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def by_lanes(
    blueprint: Blueprint, small: Small, lanes: Sequence[Lane], starts: Sequence[Start]
) -> list[After]:
    """Sorted lanes side by side, through a compiled program."""
    layout = replace(make_layout(blueprint, small.arrays, small.told, lanes, xla=False), traced=False)
    segments = segments_of(lanes, blueprint)
    weights = [np.stack(values) for values in zip(*(start.weights for start in starts), strict=True)]
    state = [np.stack(values) for values in zip(*(start.state for start in starts), strict=True)]
    begun = State(weights, state, [starting_slots(segment, weights) for segment in segments])
    cohort = Cohort(blueprint, lanes, layout, tensors(small.arrays), (segments, begun))
    for epoch in range(small.epochs):
        outcome = cohort.train(epoch)
    values = cohort.values()
    numbers = columns(lanes, schedules=layout.schedules, penalized=blueprint.penalized)
    tests = score_test(blueprint, small.arrays, layout, lanes, numbers, values)
    count = len(weights)
    x = scored(small.arrays, "test")[0]  # type: ignore[index]
    outputs, _, _ = blueprint.network(lanes)(values[:count], values[count:], x, training=False)
    turned = {Head.PROBABILITIES: keras.ops.softmax, Head.PROBABILITY: keras.ops.sigmoid}
    outputs = turned.get(blueprint.head, tf.identity)(outputs)
    slots = cohort.slots()
    return [
        After(
            weights=[value[index].numpy() for value in values[:count]],
            state=[value[index].numpy() for value in values[count:]],
            slots=slots[index],
            logs=dict(zip(small.told.names, outcome.scores[index].tolist(), strict=True)),
            test=tests[index],
            outputs=outputs[index].numpy(),
        )
        for index in range(len(lanes))
    ]
