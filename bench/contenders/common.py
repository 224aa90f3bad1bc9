"""What the peers share: the model, its training with TensorBoard logs, and marks of time.

This is the fastest way we know to do it with Keras and its own TensorBoard callback: arrays in
memory, no graph in the logs, no console output, validation in one or a few large batches.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

EVALUATION_BATCH = 4096
HIDDEN, FILTERS = 128, (16, 32)


@dataclass(frozen=True, slots=True)
class PeerJob:
    """What a peer is to train, and where it writes."""

    data: str
    model: str
    epochs: int
    grid: Mapping[str, list[Any]]
    marks: str
    logs: str
    whole_epochs: bool = False

    @classmethod
    def from_arguments(cls) -> PeerJob:
        job = json.loads(Path(sys.argv[1]).read_text())
        Path(sys.argv[2]).mkdir(parents=True, exist_ok=True)
        return cls(
            job["data"],
            job["model"],
            job["epochs"],
            job["grid"],
            job["marks"],
            sys.argv[2],
            bool(job.get("whole_epochs")),
        )

    def points(self) -> Iterator[dict[str, Any]]:
        for values in itertools.product(*self.grid.values()):
            yield dict(zip(self.grid, values, strict=True))


def load(path: str) -> dict[str, Any]:
    """Arrays x_train, y_train, x_validation, y_validation."""
    import numpy as np

    with np.load(path) as archive:
        return {name: archive[name] for name in archive.files}


def build(job: PeerJob, arrays: Mapping[str, Any], point: Mapping[str, Any]) -> Any:
    """A compiled model for one point of the grid."""
    import keras

    keras.utils.set_random_seed(point["seed"])
    shape = arrays["x_train"].shape[1:]
    layers: list[Any] = [keras.Input(shape)]
    if job.model == "cnn":
        for filters in FILTERS:
            layers.append(keras.layers.Conv2D(filters, 3, padding="same", activation=point["activation"]))
            layers.append(keras.layers.MaxPooling2D(2))
        layers.append(keras.layers.Flatten())
    layers += [keras.layers.Dense(HIDDEN, activation=point["activation"]), keras.layers.Dense(10)]
    model = keras.Sequential(layers)
    optimizers = {"sgd": keras.optimizers.SGD, "adam": keras.optimizers.Adam}
    steps = -(-len(arrays["x_train"]) // batch_size(arrays, point)) if job.whole_epochs else 1
    model.compile(
        optimizer=optimizers[point["optimizer"]](point["learning_rate"]),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        steps_per_execution=steps,
    )
    return model


def batch_size(arrays: Mapping[str, Any], point: Mapping[str, Any]) -> int:
    return len(arrays["x_train"]) if point["batch"] == "full" else point["batch"]


def fit_options(job: PeerJob, arrays: Mapping[str, Any], point: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of `Model.fit` besides the callbacks."""
    return {
        "x": arrays["x_train"],
        "y": arrays["y_train"],
        "batch_size": batch_size(arrays, point),
        "epochs": job.epochs,
        "validation_data": (arrays["x_validation"], arrays["y_validation"]),
        "validation_batch_size": EVALUATION_BATCH,
        "verbose": 0,
    }


def tensorboard(folder: str) -> Any:
    import keras

    return keras.callbacks.TensorBoard(folder, write_graph=False)


def train(job: PeerJob, arrays: Mapping[str, Any], point: Mapping[str, Any]) -> float:
    """Train one run to its end; returns its last validation accuracy."""
    began = time.time()
    folder = Path(job.logs) / name(point)
    model = build(job, arrays, point)
    history = model.fit(**fit_options(job, arrays, point), callbacks=[tensorboard(str(folder))])
    mark(job, began)
    return float(history.history["val_accuracy"][-1])


def mark(job: PeerJob, began: float) -> None:
    """Note when a run began and ended (seconds since the epoch)."""
    with Path(job.marks).open("a") as file:
        file.write(json.dumps([began, time.time()]) + "\n")


def name(point: Mapping[str, Any]) -> str:
    return ",".join(f"{key}={value}" for key, value in point.items())
