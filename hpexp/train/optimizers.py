"""Parameters of an experiment -> a Keras optimizer."""

from __future__ import annotations

import inspect
from typing import Any

import keras

from hpexp.model import Params
from hpexp.train.schedules import Schedule
from hpexp.vocabulary import optimizer_default

_OPTIONS = ("momentum", "nesterov", "weight_decay", "beta_1", "beta_2", "rho", "epsilon", "clipnorm")


def optimizer_class(name: str) -> type[Any]:
    """The Keras optimizer of that name, any case: `adamw` -> keras.optimizers.AdamW."""
    for key, value in vars(keras.optimizers).items():
        if key.lower() == name and inspect.isclass(value):
            return value
    raise ValueError(f"Keras has no optimizer named {name}")


def base_learning_rate(params: Params) -> float:
    """The learning rate before any schedule: the one set, else Keras's default."""
    rate = params.get("learning_rate")
    if rate is None:
        rate = optimizer_default(params.get("optimizer", "sgd"), "learning_rate")
    assert isinstance(rate, int | float)
    return float(rate)


def make_optimizer(params: Params, learning_rate: float | Schedule) -> Any:
    """A new Keras optimizer; what is not set keeps Keras's default.

    An option that the optimizer does not take (momentum under adam) is left out: the
    plan has already dropped it from the run.
    """
    cls = optimizer_class(str(params.get("optimizer", "sgd")))
    known = inspect.signature(cls.__init__).parameters
    options = {name: params[name] for name in _OPTIONS if params.get(name) is not None and name in known}
    return cls(learning_rate=learning_rate, **options)
