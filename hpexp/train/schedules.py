"""How the learning rate falls: one definition, used by every engine."""

from __future__ import annotations

import math
from typing import Any

import keras
import tensorflow as tf

from hpexp.model import Params

SCHEDULES = ("constant", "cosine", "exponential", "step")


def multiplier(
    schedule: str, step: Any, updates_per_epoch: int, epochs: Any, decay_rate: Any, decay_epochs: Any
) -> tf.Tensor:
    """The factor of the learning rate at an update, float64, in the broadcast shape of the arguments.

    `step` counts updates from 0; `epochs`, `decay_rate` and `decay_epochs` may be numbers
    or tensors (one entry a run). With e = step / updates_per_epoch, the epochs done:

    - constant: 1
    - cosine: (1 + cos(π·e/epochs)) / 2, down to 0 at the end of the last epoch
    - exponential: decay_rate^(e/decay_epochs)
    - step: decay_rate^floor(e/decay_epochs)
    """
    done = tf.cast(step, tf.float64) / updates_per_epoch
    if schedule == "constant":
        return tf.ones_like(done)
    if schedule == "cosine":
        return (1 + tf.cos(math.pi * done / tf.cast(epochs, tf.float64))) / 2
    # A decay every 0 epochs has decayed fully after the first update.
    decays = done / tf.maximum(tf.cast(decay_epochs, tf.float64), 1e-9)
    if schedule == "step":
        # TensorFlow reads Python's 0.1 as float32, 1.5e-8 too large, and 0.3 / 0.1 would be under 3.
        decays = tf.floor(decays * (1 + 2.0**-23))
    return tf.cast(decay_rate, tf.float64) ** decays


@keras.saving.register_keras_serializable(package="hpexp")
class Schedule(keras.optimizers.schedules.LearningRateSchedule):
    """`learning_rate` times `multiplier`, for a Keras optimizer."""

    def __init__(
        self,
        learning_rate: float,
        schedule: str,
        updates_per_epoch: int,
        epochs: int,
        decay_rate: float,
        decay_epochs: float,
    ) -> None:
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.updates_per_epoch = updates_per_epoch
        self.epochs = epochs
        self.decay_rate = decay_rate
        self.decay_epochs = decay_epochs

    def __call__(self, step: Any) -> tf.Tensor:
        factor = multiplier(
            self.schedule, step, self.updates_per_epoch, self.epochs, self.decay_rate, self.decay_epochs
        )
        dtype = keras.config.floatx()
        return tf.cast(self.learning_rate, dtype) * tf.cast(factor, dtype)

    def get_config(self) -> dict[str, Any]:
        return dict(vars(self))


def learning_rate(params: Params, base: float, updates_per_epoch: int, epochs: int) -> float | Schedule:
    """What a Keras optimizer takes as its learning rate: a number, or a schedule from `base`."""
    schedule = str(params.get("schedule", "constant"))
    if schedule == "constant":
        return base
    decay_rate, decay_epochs = params.get("decay_rate", 0.5), params.get("decay_epochs", 10.0)
    assert isinstance(decay_rate, int | float)
    assert isinstance(decay_epochs, int | float)
    return Schedule(base, schedule, updates_per_epoch, epochs, float(decay_rate), float(decay_epochs))
