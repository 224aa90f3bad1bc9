"""Where training starts: the values of a model's variables for a seed, the same in every engine.

For the built-in models a starting point is a pure function of (params, seed): kernels from
`hpexp.train.initializers` on the stream of (seed, kernel's place), everything else
constant. That takes microseconds, without building the model again. An own model has to
be built anew for each seed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from hpexp.model import ModelSpec, Params
from hpexp.train.initializers import DRAWS
from hpexp.train.layers import dropout_seed
from hpexp.train.models import Problem, build_model, dropout_layers, kernels
from hpexp.train.streams import Stream, generator

Values = list[NDArray[Any]]
"""One array per variable, in the order of `model.variables`."""


def starting_values(
    model: keras.Model, spec: ModelSpec, params: Params, problem: Problem
) -> Callable[[int], Values]:
    """A function from a run's seed to the starting values of the model's variables.

    `model` is one that `build_model` made of the same arguments. Arrays that do not
    depend on the seed are shared between calls: do not write to them.
    """
    if spec.kind == "python":
        return lambda seed: [v.numpy() for v in build_model(spec, params, problem, seed).variables]
    constants = [variable.numpy() for variable in model.variables]
    places = {id(variable): place for place, variable in enumerate(model.variables)}
    draw = DRAWS[str(params.get("initializer", "glorot_uniform"))]
    drawn = [(places[id(kernel)], tuple(kernel.shape)) for kernel in kernels(model)]
    dropouts = [places[id(layer.seed)] for layer in dropout_layers(model)]

    def values(seed: int) -> Values:
        result = list(constants)
        for index, (place, shape) in enumerate(drawn):
            result[place] = draw(generator(seed, Stream.WEIGHTS, index), shape)
        for index, place in enumerate(dropouts):
            result[place] = np.array(dropout_seed(seed, index), np.int32)
        return result

    return values


def assign(model: keras.Model, values: Values) -> None:
    """Set every variable of the model."""
    for variable, value in zip(model.variables, values, strict=True):
        variable.assign(value)
