"""Whether training minimizes more than the loss of the data, so that both are told."""

from __future__ import annotations

import keras

from hpexp.dataloss import may_differ
from hpexp.model import Experiment
from hpexp.train.models import Problem


def tells_data_loss(experiment: Experiment, model: keras.Model, problem: Problem) -> bool:
    """Whether the experiment's runs of such a model tell the loss of the data beside Keras's."""
    if may_differ(experiment, problem.task):
        return True
    return experiment.model.kind == "python" and adds_losses(model, problem)


def adds_losses(model: keras.Model, problem: Problem) -> bool:
    """Whether a model adds to its loss: regularizers, `add_loss`, a loss or a step of its own.

    The model is called on one example, without a change to its state.
    """
    own, plain = type(model), keras.Model
    if any(getattr(own, name) is not getattr(plain, name) for name in _LOSSES):
        return True
    example = keras.ops.zeros((1, *problem.input_shape))
    try:
        _, _, losses = model.stateless_call(
            model.trainable_variables,
            model.non_trainable_variables,
            example,
            training=True,
            return_losses=True,
        )
    except Exception:
        # What cannot be called so may add anything.
        return True
    return bool(losses)


_LOSSES = ("compute_loss", "train_step", "test_step")
