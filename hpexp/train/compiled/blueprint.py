"""What a group of runs trains: model templates, and how to compute many of them at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from hpexp.model import ModelSpec, Params
from hpexp.train.compiled.alike import Alike, unlike
from hpexp.train.compiled.lanes import Layered, chain
from hpexp.train.compiled.network import Network, OneLane, Vectorized
from hpexp.train.compiled.table import Lane, spans
from hpexp.train.data import Arrays
from hpexp.train.heads import Head
from hpexp.train.models import build_model, dropout_layers
from hpexp.train.output import belonging_to
from hpexp.train.reading import read_head
from hpexp.train.weights import Values, starting_values

Stack = list[NDArray[Any]]
"""One array per variable, lanes stacked along the first axis."""


class NotCompilable(Exception):
    """Why runs cannot be trained as a compiled program; raised before any training. Not an error."""


class Way(StrEnum):
    """How the lanes of a structure are computed; see `network`."""

    RULES = "rules"
    LANES = "lanes"
    SINGLE = "single"


@dataclass(frozen=True, slots=True)
class Proven:
    """How lanes of an own model are computed, such that they train as under `fit`.

    `xla` tells whether XLA may compile them.
    """

    way: Way
    xla: bool


@contextmanager
def quiet() -> Iterator[None]:
    """TensorFlow logs at length what it cannot rewrite; here that is an answer, not an error."""
    logger = tf.get_logger()
    before = logger.disabled
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = before


class Blueprint:
    """Models of runs that share one structure.

    Templates carry no penalty and one dropout layer wherever any run drops; L2 and
    dropout rates are numbers of each lane.
    """

    def __init__(self, spec: ModelSpec, lanes: Sequence[Lane], arrays: Arrays) -> None:
        """`arrays` are as the models see them."""
        self._spec = spec
        self._problem = arrays.problem
        self._drops = any(lane.params.get("dropout") for lane in lanes)
        self.penalized = spec.kind != "python" and any(lane.params.get("l2") for lane in lanes)
        self._templates: dict[Any, keras.Model] = {}
        self._networks: dict[type[Network], Network] = {}
        self.model = self._template(lanes[0].params)
        self.reading = read_head(
            self.model, spec, lanes[0].params, self._problem, arrays.x_train, arrays.y_train
        )
        self.own = spec.kind == "python"
        """Whether it is a person's own model."""
        self._alike = Alike(self.model, arrays.x_train) if self.own else None
        self.layers = chain(self.model) if self._as_given() else None
        self.rank = len(self._problem.input_shape) + 1
        """Of a batch of inputs."""
        self.way = self.ways[0]
        """How lanes are computed."""
        self.xla = True
        """Whether XLA computes what TensorFlow's graph does."""

    def _as_given(self) -> bool:
        """Whether the model takes examples as they are: Keras may add or drop an axis of size 1."""
        inputs = getattr(self.model, "inputs", None) or []
        return [tuple(each.shape[1:]) for each in inputs] == [self._problem.input_shape]

    @property
    def ways(self) -> tuple[Way, ...]:
        """How lanes can be computed, best first."""
        return (Way.LANES, Way.SINGLE) if self.layers is None else tuple(Way)

    def _template(self, params: Params) -> keras.Model:
        # An own model that takes its activation has one structure for each.
        activation = None if self._spec.kind == "python" else params.get("activation")
        if activation not in self._templates:
            plain = params
            if self._spec.kind != "python":
                plain = {**params, "dropout": 0.5 if self._drops else 0.0, "l2": 0.0}
            self._templates[activation] = build_model(self._spec, plain, self._problem, 0)
        return self._templates[activation]

    @property
    def head(self) -> Head:
        return self.reading.head

    @property
    def batch_norm(self) -> bool:
        """Whether an example's outputs may depend on the others of its batch."""
        if self.layers is None or self.way is not Way.RULES:
            return True
        return any(isinstance(layer, keras.layers.BatchNormalization) for layer in self.layers)

    @property
    def units(self) -> int:
        """Numbers computed for one example: the sizes of all layers' outputs, inputs left out."""
        total = 0
        for layer in self.model.layers:
            if isinstance(layer, keras.layers.InputLayer):
                continue
            shape = getattr(getattr(layer, "output", None), "shape", None)
            total += math.prod(size or 1 for size in shape[1:]) if shape is not None else 0
        return total

    def network(self, lanes: Sequence[Lane]) -> Network:
        """The function that computes these lanes."""
        if self.way is not Way.RULES:
            kind = OneLane if len(lanes) == 1 else Vectorized
            if kind not in self._networks:
                self._networks[kind] = kind(self.model, self.rank, self.head)
            return self._networks[kind]
        stretches = spans([lane.params.get("activation") for lane in lanes])
        segments = [(start, stop, self._template(lanes[start].params)) for start, stop in stretches]
        return Layered(segments, self.head, penalized=self.penalized)

    def starting(self, lanes: Sequence[Lane]) -> tuple[Stack, Stack]:
        """The lanes' first weights and other values.

        Raises NotCompilable where a lane's own model differs from the template in more than these.
        """
        makers: dict[Any, Any] = {}
        seen: dict[tuple[Any, int], int] = {}
        distinct: list[Stack] = []
        rows = np.empty(len(lanes), np.int64)
        for place, lane in enumerate(lanes):
            # An own model gets its parameters through its function: they are alike in a group.
            initializer = lane.params.get("initializer", "glorot_uniform")
            key = (initializer, lane.run.seed)
            if key not in seen:
                if initializer not in makers:
                    makers[initializer] = self._values(lane.params)
                seen[key] = len(distinct)
                with belonging_to(lane.run.id):
                    distinct.append(makers[initializer](lane.run.seed))
            rows[place] = seen[key]
        places = {id(variable): place for place, variable in enumerate(self.model.variables)}

        def stack(variables: Sequence[Any]) -> Stack:
            return [
                np.stack([values[places[id(v)]] for values in distinct])[rows].astype(v.dtype)
                for v in variables
            ]

        weights, other = stack(self.model.trainable_variables), stack(self.model.non_trainable_variables)
        at = {id(variable): place for place, variable in enumerate(self.model.non_trainable_variables)}
        for layer in dropout_layers(self.model):
            rates = [float(lane.params.get("dropout") or 0.0) for lane in lanes]  # type: ignore[arg-type]
            other[at[id(layer.rate)]] = np.array(rates, np.float32).astype(layer.rate.dtype)
        return weights, other

    def _values(self, params: Params) -> Callable[[int], Values]:
        alike = self._alike
        if alike is None:
            return starting_values(self.model, self._spec, params, self._problem)

        def values(seed: int) -> Values:
            model = build_model(self._spec, params, self._problem, seed)
            if not alike.to(model):
                raise NotCompilable(unlike(seed))
            return [variable.numpy() for variable in model.variables]

        return values

    def lane_model(self, lane: Lane, values: Sequence[Any]) -> keras.Model:
        """A run's own model, with `values`: one lane's weights, then its other values.

        Built-in models have fixed names, and the template may have dropout layers that the
        run's own model lacks; own models are alike in a group, whatever their layers' names.
        """
        with belonging_to(lane.run.id):
            own = build_model(self._spec, lane.params, self._problem, lane.run.seed)
        if self._spec.kind == "python":
            variables = [*own.trainable_variables, *own.non_trainable_variables]
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
            return own
        template = [*self.model.trainable_variables, *self.model.non_trainable_variables]
        by_path = {variable.path: value for variable, value in zip(template, values, strict=True)}
        for variable in own.variables:
            variable.assign(by_path[variable.path])
        return own
