"""The compiled program: one epoch of training and validation for all lanes.

One XLA computation holds the whole epoch: a loop over batches (gather, forward, backward,
update) and the validation at its end. It is traced and compiled once per layout; whatever
differs between lanes in numbers is an argument.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from hpexp.train.compiled.lanes import Layered
from hpexp.train.compiled.network import Network, Tensors
from hpexp.train.compiled.stateless import own_axes
from hpexp.train.compiled.updates import Segment, Slots, update
from hpexp.train.heads import Head
from hpexp.train.losses import example_losses, example_metrics
from hpexp.train.schedules import multiplier
from hpexp.train.told import Told, balancing

NEVER = 2**31 - 1
NATIVE_LANES = 64
"""Up to so many lanes a program without XLA holds a convolution of its own for each."""

WIDE_BATCH = 16
"""From this batch size on, one wide product for all lanes is faster than one for each."""

LOSS, GRADIENT, WEIGHT = 0, 1, 2
"""What went wrong in a step, in the order in which a step computes them."""


class State(NamedTuple):
    """Everything a lane carries from step to step, all lanes stacked."""

    weights: Tensors
    other: Tensors
    slots: Slots


class LaneNumbers(NamedTuple):
    """One number per lane each; `schedule` is a place in `Layout.schedules`."""

    rate: tf.Tensor
    momentum: tf.Tensor
    weight_decay: tf.Tensor
    smoothing: tf.Tensor
    penalty: tf.Tensor
    """What the network's penalty is multiplied with: the factor of L2."""
    schedule: tf.Tensor
    decay_rate: tf.Tensor
    decay_epochs: tf.Tensor
    epochs: tf.Tensor
    order: tf.Tensor
    """Which row of the orders is the lane's."""


class Outcome(NamedTuple):
    """One epoch's numbers: `scores` are `[lanes, names]` for `Told.names`, the others `[lanes]`.

    `trouble` is 3·step + what for the first loss, gradient or weight that was not
    finite, else `NEVER`.
    """

    scores: tf.Tensor
    rate: tf.Tensor
    trouble: tf.Tensor


@dataclass(frozen=True, slots=True)
class Layout:
    """What decides the shape of the program. `examples`, `batch` count training examples.

    `whole_batches`: whether a smaller last batch must really be smaller, because the
    network's outputs depend on the whole batch; otherwise it is filled up and masked.
    """

    lanes: int
    examples: int
    batch: int
    head: Head
    """Of what the network gives."""
    told: Told
    classes: int
    """How many classes there are, or target columns."""
    smoothing: bool
    schedules: tuple[str, ...]
    whole_batches: bool
    check_gradients: bool
    validation_chunk: int
    seeds: int
    """How many orders of examples there are among the lanes."""
    xla: bool
    """Whether to compile with XLA, or to run TensorFlow's graph as it is."""
    traced: bool = True
    """Whether there is a graph at all: for a few steps, operation by operation is faster."""

    @property
    def steps(self) -> int:
        """Updates per epoch."""
        return -(-self.examples // self.batch)

    @property
    def shared(self) -> bool:
        """Whether all lanes see the same batches."""
        return self.seeds == 1 or self.batch == self.examples


class Data(NamedTuple):
    """Training and validation examples, as tensors."""

    x: tf.Tensor
    y: tf.Tensor
    x_validation: tf.Tensor
    y_validation: tf.Tensor


class _Sums(NamedTuple):
    """`scores` are `[names, lanes]` for `Told.scores`: sums over examples."""

    scores: tf.Tensor
    trouble: tf.Tensor


class Scores:
    """What is told of each example of a split; its mean over the split is what is told of that."""

    def __init__(self, layout: Layout, y: Any) -> None:
        """`y` are the targets of the whole split."""
        self._layout = layout
        if layout.told.balanced:
            self._weights = tf.constant(balancing(np.asarray(y), layout.classes), keras.config.floatx())

    def __call__(
        self, outputs: tf.Tensor, y: tf.Tensor, smoothing: tf.Tensor, lanes: int, *, shared: bool = True
    ) -> list[tf.Tensor]:
        """For each name of `Told.scores` the numbers of each lane and example, `[lanes, batch]`.

        Targets that are `shared` lack the axis of lanes. Penalties are left out.
        """
        layout, told = self._layout, self._layout.told
        if shared:
            y = tf.broadcast_to(y, [lanes, *y.shape])

        def losses(share: tf.Tensor | None) -> tf.Tensor:
            return example_losses(layout.head, outputs, y, smoothing=share)

        loss = losses(tf.reshape(smoothing, [lanes, 1, 1]) if layout.smoothing else None)
        scores = [loss, example_metrics(layout.head, outputs, y)]
        if told.data_loss:
            scores.append(losses(None) if layout.smoothing else loss)
        if told.balanced:
            scores.append(scores[1] * tf.gather(self._weights, y))
        return scores


class Program:
    """`epoch` trains all lanes for one epoch; the state stays in variables between calls."""

    def __init__(
        self,
        layout: Layout,
        network: Network,
        segments: Sequence[Segment],
        data: Data,
    ) -> None:
        self.layout = layout
        self._network = network
        self._segments = segments
        self._data = data
        self._state: State | None = None
        if isinstance(network, Layered):
            network.native = not layout.xla and layout.lanes <= NATIVE_LANES
        self._widen()
        self._train_scores, self._validation_scores = (Scores(layout, y) for y in (data.y, data.y_validation))
        self._epoch = self._run_epoch
        if layout.traced:
            self._epoch = tf.function(self._run_epoch, jit_compile=layout.xla, autograph=False)

    def _widen(self) -> None:
        """Choose each weight's axis of lanes within an epoch; outside, it is always the first."""
        count = len(self._segments[0].optimizer.variables)
        self._lane_axes = [0] * count
        network = self._network
        elementwise = all(segment.elementwise for segment in self._segments)
        pays = self.layout.shared and self.layout.batch >= WIDE_BATCH and self.layout.lanes > 1
        if isinstance(network, Layered) and network.widest is not None and elementwise and pays:
            network.wide = True
            self._lane_axes[network.widest] = 1

    def _turned(self, state: State) -> State:
        """With the first two axes of wide weights and their slots exchanged; its own inverse."""
        if not any(self._lane_axes):
            return state

        def turn(values: Tensors, places: Sequence[int | None]) -> Tensors:
            wide = [place is not None and self._lane_axes[place] == 1 for place in places]
            return [
                tf.transpose(v, [1, 0, *range(2, len(v.shape))]) if w else v
                for v, w in zip(values, wide, strict=True)
            ]

        slots = [
            turn(own, segment.optimizer.owners)
            for segment, own in zip(self._segments, state.slots, strict=True)
        ]
        return State(turn(state.weights, range(len(state.weights))), state.other, slots)

    @property
    def state(self) -> State:
        """The variables that hold the lanes' present state."""
        assert self._state is not None
        return self._state

    def load(self, state: Any) -> None:
        """Start from these values (arrays in the places of `State`)."""
        if self._state is None:
            self._state = tf.nest.map_structure(lambda value: tf.Variable(value, trainable=False), state)
        else:
            tf.nest.map_structure(lambda variable, value: variable.assign(value), self._state, state)

    def epoch(self, orders: tf.Tensor, epoch: int, numbers: LaneNumbers) -> Outcome:
        """Train epoch `epoch` (from 0); `orders` is `[seeds, steps · batch]`, filled up with zeros."""
        return self._epoch(orders, tf.constant(epoch, tf.int32), numbers)

    def _run_epoch(self, orders: tf.Tensor, epoch: tf.Tensor, numbers: LaneNumbers) -> Outcome:
        layout = self.layout
        state = self._turned(tf.nest.map_structure(tf.convert_to_tensor, self.state))
        dtype = numbers.rate.dtype
        nothing = tf.zeros([len(layout.told.scores), layout.lanes], dtype)
        sums = _Sums(nothing, tf.fill([layout.lanes], NEVER))
        before = epoch * layout.steps
        ragged = layout.examples % layout.batch != 0
        looped = layout.steps - (ragged and layout.whole_batches)

        def step(index: tf.Tensor, state: State, sums: _Sums, size: int, masked: bool) -> tuple[State, _Sums]:
            chosen = None
            if layout.batch < layout.examples:
                chosen = tf.slice(orders, [0, index * layout.batch], [orders.shape[0], size])
            left = layout.examples - index * layout.batch if masked else None
            return self._step(index, before + index, state, sums, chosen, left, numbers)

        if looped == 1:
            state, sums = step(tf.constant(0), state, sums, layout.batch, False)
        elif looped:
            masked = ragged and not layout.whole_batches

            def body(index: tf.Tensor, state: State, sums: _Sums) -> Any:
                return (index + 1, *step(index, state, sums, layout.batch, masked))

            _, state, sums = tf.while_loop(
                lambda index, *_: index < looped, body, (tf.constant(0), state, sums)
            )
        if ragged and layout.whole_batches:
            last = tf.constant(looped)
            state, sums = step(last, state, sums, layout.examples - looped * layout.batch, False)

        tf.nest.map_structure(lambda variable, value: variable.assign(value), self.state, self._turned(state))
        rate = self._rates(before + layout.steps - 1, numbers)
        scores = sums.scores / layout.examples
        if layout.told.validated:
            scores = tf.concat([scores, self._validate(state, numbers)], 0)
        return Outcome(tf.transpose(scores), rate, sums.trouble)

    def _step(
        self,
        index: tf.Tensor,
        update_number: tf.Tensor,
        state: State,
        sums: _Sums,
        chosen: tf.Tensor | None,
        left: tf.Tensor | None,
        numbers: LaneNumbers,
    ) -> tuple[State, _Sums]:
        layout = self.layout
        x, y = self._data.x, self._data.y
        if chosen is not None:
            # With one order for all lanes the batch is the same for all: no axis of lanes.
            rows = chosen[0] if layout.shared else tf.gather(chosen, numbers.order)
            x, y = tf.gather(x, rows), tf.gather(y, rows)
        size = layout.batch if chosen is None else chosen.shape[1]
        with tf.GradientTape() as tape:
            tape.watch(state.weights)
            outputs, other, penalty = self._network(state.weights, state.other, x, training=True)
            losses, *scores = self._train_scores(
                outputs, y, numbers.smoothing, layout.lanes, shared=chosen is None or layout.shared
            )
            if left is None:
                count = tf.cast(size, losses.dtype)
                loss = tf.reduce_mean(losses, -1)
            else:
                count = tf.cast(tf.minimum(left, size), losses.dtype)
                real = tf.range(size) < left
                loss = tf.reduce_sum(tf.where(real, losses, 0), -1) / count
                scores = [tf.where(real, score, 0) for score in scores]
            if penalty is not None:
                loss += penalty * numbers.penalty
            total = tf.reduce_sum(loss)
        gradients = tape.gradient(total, state.weights, unconnected_gradients="zero")
        weights, slots = update(
            self._segments,
            state.weights,
            state.slots,
            gradients,
            update_number,
            self._rates(update_number, numbers),
            {"momentum": numbers.momentum, "weight_decay": numbers.weight_decay},
            self._lane_axes,
        )
        trouble = self._trouble(index, sums.trouble, loss, gradients, weights)
        added = tf.stack([loss * count, *(tf.reduce_sum(score, -1) for score in scores)])
        return State(weights, other, slots), _Sums(sums.scores + added, trouble)

    def _trouble(
        self, index: tf.Tensor, before: tf.Tensor, loss: tf.Tensor, gradients: Tensors, weights: Tensors
    ) -> tf.Tensor:
        """The first trouble so far.

        A gradient that is not finite leaves weights that are not finite (except under an
        optimizer that looks at signs alone), so gradients are looked at only when weights
        have just gone bad.
        """
        bad_weights = self._not_finite(weights)
        if self.layout.check_gradients:
            bad_gradients = self._not_finite(gradients)
        else:
            fresh = tf.reduce_any(bad_weights & (before == NEVER))
            bad_gradients = tf.cond(
                fresh, lambda: self._not_finite(gradients), lambda: tf.zeros_like(bad_weights)
            )
        now = tf.where(bad_weights, 3 * index + WEIGHT, NEVER)
        now = tf.where(bad_gradients, 3 * index + GRADIENT, now)
        now = tf.where(tf.math.is_finite(loss), now, 3 * index + LOSS)
        return tf.minimum(before, now)

    def _not_finite(self, tensors: Tensors) -> tf.Tensor:
        """Per lane, whether any entry is NaN or infinite."""
        result = None
        for tensor, axis in zip(tensors, self._lane_axes, strict=True):
            bad = tf.reduce_any(~tf.math.is_finite(tensor), own_axes(tensor, axis))
            result = bad if result is None else result | bad
        return result

    def _rates(self, update_number: tf.Tensor, numbers: LaneNumbers) -> tf.Tensor:
        """Each lane's learning rate at an update; the arithmetic of `schedules.Schedule`."""
        rates = numbers.rate
        for place, schedule in enumerate(self.layout.schedules):
            if schedule == "constant":
                continue
            factor = multiplier(
                schedule,
                update_number,
                self.layout.steps,
                numbers.epochs,
                numbers.decay_rate,
                numbers.decay_epochs,
            )
            scheduled = numbers.rate * tf.cast(factor, rates.dtype)
            rates = tf.where(numbers.schedule == place, scheduled, rates)
        return rates

    def _validate(self, state: State, numbers: LaneNumbers) -> tf.Tensor:
        """The means of `Told.scores` over the validation examples, `[names, lanes]`."""
        layout, x, y = self.layout, self._data.x_validation, self._data.y_validation
        examples, chunk = x.shape[0], layout.validation_chunk

        def score(x: tf.Tensor, y: tf.Tensor, real: tf.Tensor | None) -> tuple[Any, tf.Tensor | None]:
            outputs, _, penalty = self._network(state.weights, state.other, x, training=False)
            scores = self._validation_scores(outputs, y, numbers.smoothing, layout.lanes)
            used = scores if real is None else [tf.where(real, each, 0) for each in scores]
            return tf.stack([tf.reduce_sum(each, -1) for each in used]), penalty

        if examples <= chunk:
            sums, penalty = score(x, y, None)
        else:

            def body(index: tf.Tensor, sums: tf.Tensor) -> Any:
                # The last chunk begins early, so that all are of one size; what it repeats is masked.
                first = tf.minimum(index * chunk, examples - chunk)
                real = first + tf.range(chunk) >= index * chunk if examples % chunk else None
                more, _ = score(
                    tf.slice(x, [first] + [0] * (len(x.shape) - 1), [chunk, *x.shape[1:]]),
                    tf.slice(y, [first] + [0] * (len(y.shape) - 1), [chunk, *y.shape[1:]]),
                    real,
                )
                return index + 1, sums + more

            zeros = tf.zeros([len(layout.told.scores), layout.lanes], numbers.rate.dtype)
            _, sums = tf.while_loop(
                lambda index, *_: index < -(-examples // chunk), body, (tf.constant(0), zeros)
            )
            penalty = score(x[:1], y[:1], None)[1]
        means = sums / examples
        if penalty is None:
            return means
        return tf.concat([means[:1] + penalty * numbers.penalty, means[1:]], 0)
