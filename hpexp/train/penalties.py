"""Whether training minimizes more than the loss of the data, so that both are told."""

from __future__ import annotations

import inspect
import warnings

import keras

from hpexp.dataloss import may_differ
from hpexp.model import Experiment
from hpexp.train.models import Problem
from hpexp.train.reading import judges_itself


def tells_data_loss(experiment: Experiment, model: keras.Model, problem: Problem) -> bool:
    """Whether the experiment's runs of such a model tell the loss of the data beside Keras's.

    Of a model that judges itself nobody else knows what its loss holds: it has one loss, its own.
    """
    if experiment.model.kind != "python":
        return may_differ(experiment, problem.task)
    if judges_itself(model):
        return False
    return may_differ(experiment, problem.task) or adds_losses(model, problem)


def adds_losses(model: keras.Model, problem: Problem) -> bool:
    """Whether a model's layers add to its loss: regularizers, `add_loss`.

    The model is called on one example, without a change to its state.
    """
    example = keras.ops.zeros((1, *problem.input_shape))
    # stateless_call hands `training` on to `call`, which may take none.
    mode = {"training": True} if "training" in inspect.signature(model.call).parameters else {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _, _, losses = model.stateless_call(
                model.trainable_variables,
                model.non_trainable_variables,
                example,
                return_losses=True,
                **mode,
            )
    except Exception:
        # What cannot be called so may add anything.
        return True
    return bool(losses)
