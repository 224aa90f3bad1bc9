"""What a function returned is what the model gets, and learns: against NumPy, by either engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hpexp.messages import Finished, Job, Report
from hpexp.model import DataSpec, Engine, Group, ModelSpec, Objective, Result, Status
from hpexp.train import worker
from tests.engines import experiment, runs

pytestmark = pytest.mark.tensorflow

MODULE = """
import keras
import numpy as np

X = np.random.default_rng(0).integers(0, 256, (60, 4, 3)).astype(np.uint8)

def sums():
    return X, X.astype(float).sum((1, 2)) + 0.25

def classes():
    return X / 255, np.arange(60) % 3

def one_hot():
    return X / 255, np.eye(3)[np.arange(60) % 3]

def adding(input_shape, outputs):
    assert input_shape == (4, 3), input_shape
    return keras.Sequential([
        keras.Input(input_shape),
        keras.layers.Flatten(),
        keras.layers.Dense(outputs, use_bias=False, kernel_initializer="ones"),
    ])
"""


def trained(folder: Path, data: str, model: ModelSpec, engine: Engine, **axes: list[object]) -> Result:
    (folder / "own_arrays.py").write_text(MODULE)
    spec = replace(
        experiment(objective=Objective("val_loss", "min")),
        data=DataSpec("python", f"own_arrays:{data}", folder=str(folder)),
        model=model,
    )
    reports: list[Report] = []
    lanes = runs(epochs=[1], batch=["full"], **axes)
    worker.train_job(Job(spec, Group(0, engine, lanes)), reports.append)
    (result,) = [report.result for report in reports if isinstance(report, Finished)]
    assert (result.status, result.error) == (Status.DONE, None)
    assert result.engine == engine
    return result


@pytest.mark.parametrize("engine", ["fit", "compiled"])
def test_bytes_in_their_own_shape_reach_an_own_model(engine: Engine, tmp_path: Path) -> None:
    """It adds them up and does not learn: what it is off by is what NumPy says."""
    model = ModelSpec("python", "own_arrays:adding", folder=str(tmp_path))
    result = trained(tmp_path, "sums", model, engine, learning_rate=[0.0])
    np.testing.assert_allclose(result.metrics["val_mae"], 0.25, rtol=1e-3)
    np.testing.assert_allclose(result.test["mae"], 0.25, rtol=1e-3)


def test_one_hot_rows_train_as_their_classes(tmp_path: Path) -> None:
    metrics: dict[str, Mapping[str, float]] = {
        data: trained(tmp_path, data, ModelSpec("linear", "linear"), "fit").metrics
        for data in ("classes", "one_hot")
    }
    assert "val_accuracy" in metrics["classes"]
    assert metrics["one_hot"] == metrics["classes"]
