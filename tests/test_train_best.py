"""A run's metrics, test scores and saved model are those of one epoch."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from hpexp.model import EarlyStopping, Engine, ModelSpec, Objective, Taken
from hpexp.train.data import load, prepare
from hpexp.train.models import build_model
from tests.engines import experiment, runs, train

pytestmark = pytest.mark.tensorflow

MLP = ModelSpec("mlp", "mlp")


@pytest.mark.parametrize("engine", ["fit", "compiled"])
@pytest.mark.parametrize("stopping", [None, EarlyStopping("val_loss", patience=3)])
@pytest.mark.parametrize("epoch", ["best", "last"])
def test_all_that_is_told_of_a_run_belongs_to_the_same_weights(
    engine: Engine, epoch: Taken, stopping: EarlyStopping | None
) -> None:
    spec = experiment(objective=Objective("val_loss", "min", epoch), early_stopping=stopping)
    (run,) = lanes = runs(optimizer=["adam"], learning_rate=[0.5], epochs=[6])
    trained = train(engine, spec, lanes)
    result, curve = trained.results[run.id], trained.epochs[run.id]
    best = int(np.argmin([row["val_loss"] for row in curve]))
    assert best < len(curve) - 1, "the last epoch should not be best"
    assert result.best_epoch == (best if epoch == "best" else len(curve) - 1)
    told = curve[result.best_epoch]
    assert result.metrics == {name: value for name, value in told.items() if name != "learning_rate"}
    arrays = prepare(load(spec.data), MLP, run.params)
    model = build_model(MLP, run.params, arrays.problem, run.seed)
    model.set_weights(trained.weights[run.id])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    for x, y, value in (
        (arrays.x_validation, arrays.y_validation, result.metrics["val_loss"]),
        (arrays.x_test, arrays.y_test, result.test["loss"]),
    ):
        assert value == pytest.approx(float(loss(y, model(x))), rel=1e-4)
