"""A run's model and test scores are those of its best epoch, as its metrics are."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from hpexp.model import EarlyStopping, Engine, ModelSpec, Objective
from hpexp.train.data import load, prepare
from hpexp.train.models import build_model
from tests.engines import experiment, runs, train

pytestmark = pytest.mark.tensorflow

MLP = ModelSpec("mlp", "mlp")


@pytest.mark.parametrize("engine", ["fit", "compiled"])
@pytest.mark.parametrize("restore", [True, False])
def test_the_saved_model_is_that_of_the_best_epoch(engine: Engine, restore: bool) -> None:
    rule = None if restore else EarlyStopping("loss", patience=100, restore_best=False)
    spec = experiment(objective=Objective("val_loss", "min"), early_stopping=rule)
    (run,) = lanes = runs(optimizer=["adam"], learning_rate=[0.5], epochs=[6])
    trained = train(engine, spec, lanes)
    result, curve = trained.results[run.id], trained.epochs[run.id]
    losses = [row["val_loss"] for row in curve]
    assert result.best_epoch == int(np.argmin(losses)) < len(curve) - 1, "the last epoch should not be best"
    arrays = prepare(load(spec.data), MLP, run.params)
    model = build_model(MLP, run.params, arrays.problem, run.seed)
    model.set_weights(trained.weights[run.id])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    expected = losses[result.best_epoch] if restore else losses[-1]
    assert float(loss(arrays.y_validation, model(arrays.x_validation))) == pytest.approx(expected, rel=1e-4)
    assert result.test["loss"] == pytest.approx(float(loss(arrays.y_test, model(arrays.x_test))), rel=1e-4)
