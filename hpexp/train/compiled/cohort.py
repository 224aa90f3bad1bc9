"""Lanes that train side by side in one program, and their state as it moves between programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from hpexp.train.compiled.blueprint import Blueprint
from hpexp.train.compiled.program import Data, LaneNumbers, Layout, Outcome, Program, State
from hpexp.train.compiled.saved import Saved, continued, one_lane
from hpexp.train.compiled.stateless import LANE_OPTIONS
from hpexp.train.compiled.table import Columns, Lane, columns, spans
from hpexp.train.compiled.updates import (
    Segment,
    lane_option,
    make_segment,
    optimizer_key,
    starting_slots,
)
from hpexp.train.order import epoch_order

Indices = NDArray[np.int64]


class Cohort:
    """A program and its lanes; `outcome` of an epoch is one array per number, in the lanes' order."""

    def __init__(
        self,
        blueprint: Blueprint,
        lanes: Sequence[Lane],
        layout: Layout,
        data: Data,
        begun: tuple[list[Segment], State] | None = None,
        saved: Sequence[Saved] | None = None,
    ) -> None:
        """From the lanes' start; or from where they had come, with these segments and this state; or
        from what was saved of each of them.
        """
        self.lanes = list(lanes)
        self.layout = layout
        self._blueprint = blueprint
        self._data = data
        self._number()
        self._segments = begun[0] if begun else segments_of(self.lanes, blueprint)
        self._program = Program(layout, blueprint.network(lanes), self._segments, data)
        self._program.load(begun[1] if begun else self._first_state(saved))

    def _number(self) -> None:
        self._columns: Columns = columns(
            self.lanes, schedules=self.layout.schedules, penalized=self._blueprint.penalized
        )
        self._numbers = LaneNumbers(**{k: tf.constant(v) for k, v in self._columns.values.items()})

    def _first_state(self, saved: Sequence[Saved] | None) -> State:
        weights, other = self._blueprint.starting(self.lanes)
        state = State(weights, other, [starting_slots(segment, weights) for segment in self._segments])
        return state if saved is None else continued(state, self._segments, saved)

    def restart(self, lanes: Sequence[Lane], saved: Sequence[Saved] | None) -> bool:
        """Train other lanes by the same program; False where it does not fit them."""
        if _shape(lanes) != _shape(self.lanes):
            return False
        self.lanes = list(lanes)
        self._number()
        self._program.load(self._first_state(saved))
        return True

    def train(self, epoch: int) -> Outcome:
        """Train epoch `epoch` (from 0) and validate."""
        layout = self.layout
        orders = np.zeros((len(self._columns.seeds), layout.steps * layout.batch), np.int32)
        for row, seed in enumerate(self._columns.seeds):
            orders[row, : layout.examples] = epoch_order(seed, epoch, layout.examples, layout.batch)
        outcome = self._program.epoch(tf.constant(orders), epoch, self._numbers)
        return Outcome(*(value.numpy() for value in outcome))

    def values(self) -> list[tf.Tensor]:
        """Present weights, then other values, of all lanes."""
        state = self._program.state
        return [tf.convert_to_tensor(variable) for variable in [*state.weights, *state.other]]

    def slots(self) -> list[list[NDArray[Any]]]:
        """Present values of each lane's optimizer."""
        return [
            [
                value.numpy() if shared else value[lane].numpy()
                for value, shared in zip(own, segment.shared, strict=True)
            ]
            for segment, own in zip(self._segments, self._program.state.slots, strict=True)
            for lane in range(segment.lanes)
        ]

    def snapshot(self) -> Callable[[int], Saved]:
        """What `saved` takes of a lane, as a function of the lane's place."""
        state: State = tf.nest.map_structure(lambda variable: variable.numpy(), self._program.state)
        return lambda index: one_lane(state, self._segments, index)

    def weights(self) -> list[tuple[str, NDArray[Any]]]:
        """Path and present values, of all lanes, of each trainable weight."""
        variables = self._blueprint.model.trainable_variables
        return [(v.path, w.numpy()) for v, w in zip(variables, self._program.state.weights, strict=True)]

    def keep_where(self, kept: list[tf.Variable] | None, lanes: NDArray[np.bool_]) -> list[tf.Variable]:
        """Copies of the lanes' values, renewed for the lanes given."""
        if kept is None:
            return [tf.Variable(value, trainable=False) for value in self.values()]
        for variable, value in zip(kept, self.values(), strict=True):
            mask = lanes.reshape([-1] + [1] * (len(value.shape) - 1))
            variable.assign(tf.where(mask, value, variable))
        return kept

    @staticmethod
    def taken(values: Sequence[Any], indices: Indices) -> list[tf.Variable]:
        """Some lanes of stacked values, as variables of their own."""
        return [tf.Variable(tf.gather(value, indices), trainable=False) for value in values]

    def select(self, indices: Indices, layout: Layout) -> Cohort:
        """The same training, going on with some of the lanes only."""
        state = self._program.state
        slots, segments, start = [], [], 0
        for segment, own in zip(self._segments, state.slots, strict=True):
            inside = indices[(indices >= segment.start) & (indices < segment.stop)] - segment.start
            if inside.size:
                # The segment keeps its optimizer, whatever options its lanes still use.
                segments.append(replace(segment, start=start, stop=start + inside.size))
                start += inside.size
                slots.append(
                    [
                        value if shared else tf.gather(value, inside)
                        for value, shared in zip(own, segment.shared, strict=True)
                    ]
                )
        chosen = State(
            [tf.gather(value, indices) for value in state.weights],
            [tf.gather(value, indices) for value in state.other],
            slots,
        )
        lanes = [self.lanes[index] for index in indices]
        return Cohort(self._blueprint, lanes, layout, self._data, (segments, chosen))


def _shape(lanes: Sequence[Lane]) -> tuple[Any, ...]:
    """What a program depends on, of its lanes."""
    seeds = len({lane.run.seed for lane in lanes})
    per_lane = [
        (
            optimizer_key(lane.params),
            lane.params.get("activation"),
            lane.params.get("schedule"),
            tuple(bool(lane_option(lane.params, name)) for name in LANE_OPTIONS),
            bool(lane.params.get("label_smoothing")),
        )
        for lane in lanes
    ]
    return seeds, per_lane


def segments_of(lanes: Sequence[Lane], blueprint: Blueprint) -> list[Segment]:
    variables = blueprint.model.trainable_variables
    return [
        make_segment(start, [lane.params for lane in lanes[start:stop]], variables)
        for start, stop in spans([optimizer_key(lane.params) for lane in lanes])
    ]
