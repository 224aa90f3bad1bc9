"""Keras's own optimizers as pure functions of tensors, for one run or for many at once.

Keras offers `stateless_apply` for this, but refuses it on the TensorFlow backend. Here a
subclass of the optimizer keeps its values in a keras.StatelessScope instead of variables,
so that the arithmetic stays Keras's `update_step`, line by line. Values may carry a
leading axis of lanes that the variables do not have: elementwise optimizers do not
notice, as long as learning rate, momentum and weight decay are columns beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

Tensors = list[tf.Tensor]

ELEMENTWISE = frozenset(
    ("adadelta", "adagrad", "adam", "adamax", "adamw", "ftrl", "lion", "nadam", "rmsprop", "sgd")
)  # fmt: skip
"""Optimizers whose update of an element depends on that element's gradients alone."""

LANE_OPTIONS = ("momentum", "weight_decay")
"""Options of Keras's optimizers that may differ from lane to lane."""


def own_axes(tensor: tf.Tensor, lane_axis: int) -> list[int]:
    """All axes but that of the lanes."""
    return [axis for axis in range(len(tensor.shape)) if axis != lane_axis]


class LaneOption:
    """One number per lane where Keras expects a Python number; counts as above 0.

    Keras asks `momentum != 0` and `momentum > 0` only to choose between two formulas that
    agree at 0.
    """

    def __init__(self, value: tf.Tensor) -> None:
        self.value = value

    def __ne__(self, other: object) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        return False

    def __gt__(self, other: object) -> bool:
        return True

    def __sub__(self, other: float) -> tf.Tensor:
        return self.value - other

    def __mul__(self, other: tf.Tensor) -> tf.Tensor:
        return self.value * other

    __hash__ = None  # type: ignore[assignment]

    def __tf_tensor__(self, dtype: Any = None, name: str | None = None) -> tf.Tensor:
        return self.value if dtype is None else tf.cast(self.value, dtype)


class _Cell:
    """The place of one value: like a tf.Variable, it is read when it is used.

    An optimizer of Keras's that keeps a reference to a variable across its own write sees the
    new value under `fit`.
    """

    def __init__(self, tensor: tf.Tensor) -> None:
        self.tensor = tensor

    def __tf_tensor__(self, dtype: Any = None, name: str | None = None) -> tf.Tensor:
        return self.tensor if dtype is None else tf.cast(self.tensor, dtype)


class _Stateless(keras.optimizers.Optimizer):
    """Mixed in below a Keras optimizer: writes go to the scope, columns are set per variable."""

    scope: Any = None
    lane_axes: Mapping[int, int] | None = None
    """Variable's identity -> the axis of lanes in its value; None where values have no lanes."""
    rates: tf.Tensor
    options: Mapping[str, tf.Tensor]
    owners: dict[int, int]
    """Slot's identity -> the identity of the variable it was made for."""

    def _column(self, values: tf.Tensor, variable: Any) -> tf.Tensor:
        """`values` (one per lane) shaped to stand beside the variable's lanes."""
        if self.lane_axes is None:
            return values
        shape = [1] * (len(variable.shape) + 1)
        shape[self.lane_axes[id(variable)]] = -1
        return tf.reshape(values, shape)

    def add_variable_from_reference(self, reference_variable: Any, *args: Any, **kwargs: Any) -> Any:
        slot = super().add_variable_from_reference(reference_variable, *args, **kwargs)
        self.owners[id(slot)] = id(reference_variable)
        return slot

    def assign(self, variable: Any, value: Any) -> None:
        value = tf.cast(value, variable.dtype)
        cell = self.scope.get_current_value(variable)
        if isinstance(cell, _Cell):
            cell.tensor = value
        else:
            self.scope.add_update((variable, value))

    def assign_add(self, variable: Any, value: Any) -> None:
        self.assign(variable, tf.convert_to_tensor(variable.value) + value)

    def assign_sub(self, variable: Any, value: Any) -> None:
        self.assign(variable, tf.convert_to_tensor(variable.value) - value)

    def _var_key(self, variable: Any) -> Any:
        return id(variable)

    def clip(self, gradients: Tensors, variables: Sequence[Any]) -> Tensors:
        """Clip the norm of each variable's gradient, in each lane of its own."""
        if not self.clipnorm:
            return gradients
        if self.lane_axes is None:
            return [self._clip_by_norm(gradient) for gradient in gradients]
        return [
            self._clip_by_norm(gradient, own_axes(gradient, self.lane_axes[id(variable)]))
            for gradient, variable in zip(gradients, variables, strict=True)
        ]

    def _apply_weight_decay(self, variables: Sequence[Any]) -> None:
        if self.weight_decay is None:
            return
        for variable in variables:
            if self._use_weight_decay(variable):
                decay = tf.cast(self._column(self.options["weight_decay"], variable), variable.dtype)
                rate = tf.cast(self._column(self.rates, variable), variable.dtype)
                self.assign_sub(variable, tf.convert_to_tensor(variable.value) * decay * rate)

    def _backend_update_step(self, grads: Tensors, variables: Sequence[Any], learning_rate: Any) -> None:
        for gradient, variable in zip(grads, variables, strict=True):
            if "momentum" in self.options and hasattr(self, "momentum"):
                self.momentum = LaneOption(self._column(self.options["momentum"], variable))
            self.update_step(gradient, variable, self._column(self.rates, variable))

    @property
    def learning_rate(self) -> tf.Tensor:
        return self.rates

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        raise AttributeError("the learning rate is given with each update")


class Stateless:
    """A Keras optimizer as a function of tensors.

    `slots` are its variables for one run (moments and the like), without the counter of
    updates and the learning rate, which the caller keeps.
    """

    def __init__(self, optimizer: Any, variables: Sequence[Any], options: Sequence[str]) -> None:
        """`optimizer` was made for `variables` but not built; `options` will be given with each update."""
        cls = type(optimizer)
        stateless: Any = type(f"Stateless{cls.__name__}", (cls, _Stateless), {})
        self._optimizer = stateless.from_config(optimizer.get_config())
        self._optimizer.weight_decay = None
        for name in options:
            # Any number above 0 makes Keras create what the option needs.
            setattr(self._optimizer, name, 0.5)
        self.variables = list(variables)
        self._build()

    def _build(self) -> None:
        """Create the slots, and find those that start as a copy of their weight."""
        optimizer = self._optimizer
        optimizer.owners = {}
        written = optimizer.scope = keras.StatelessScope()
        optimizer.build(self.variables)
        skipped = {id(optimizer._iterations), id(optimizer._learning_rate)}
        self.slots = [variable for variable in optimizer.variables if id(variable) not in skipped]
        places = {id(variable): place for place, variable in enumerate(self.variables)}
        self.owners = [places.get(optimizer.owners.get(id(slot))) for slot in self.slots]
        """Per slot, the place of the weight that it belongs to; None where it belongs to all."""
        self.copies: dict[int, int] = {}
        """Place of a slot -> place of the weight that it starts as a copy of."""
        for place, (slot, owner) in enumerate(zip(self.slots, self.owners, strict=True)):
            if written.get_current_value(slot) is not None:
                assert owner is not None
                self.copies[place] = owner

    def __call__(
        self,
        weights: Tensors,
        slots: Tensors,
        gradients: Tensors,
        *,
        step: tf.Tensor,
        rates: tf.Tensor,
        options: Mapping[str, tf.Tensor],
        lane_axes: Sequence[int] | None,
    ) -> tuple[Tensors, Tensors]:
        """Weights and slots after one update; `step` counts the updates before it.

        With `lane_axes`, every weight, its gradient and its slots have an axis of lanes, at
        the place given for the weight; `rates` and each of `options` have one number a lane.
        """
        optimizer = self._optimizer
        optimizer.rates, optimizer.options = rates, options
        optimizer.lane_axes = None
        if lane_axes is not None:
            optimizer.lane_axes = {id(v): a for v, a in zip(self.variables, lane_axes, strict=True)}
        if "weight_decay" in options:
            optimizer.weight_decay = LaneOption(options["weight_decay"])
        scope = optimizer.scope = keras.StatelessScope()
        for variable, value in zip([*self.variables, *self.slots], [*weights, *slots], strict=True):
            scope.add_update((variable, _Cell(value)))
        scope.add_update((optimizer._iterations, tf.cast(step, optimizer._iterations.dtype)))
        with scope:
            clipped = optimizer.clip(gradients, self.variables)
            optimizer._apply_weight_decay(self.variables)
            optimizer._backend_update_step(clipped, self.variables, rates)
        return (
            [tf.convert_to_tensor(scope.get_current_value(variable)) for variable in self.variables],
            [tf.convert_to_tensor(scope.get_current_value(variable)) for variable in self.slots],
        )
