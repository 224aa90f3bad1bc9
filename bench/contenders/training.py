"""What the peers share: the model, and its training with TensorBoard logs.

This is the fastest way we know to do it with Keras and its own TensorBoard callback: arrays in
memory, no graph in the logs, no console output, validation in one or a few large batches.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras

from bench.contenders.job import PeerJob, batch_size, mark, name
from bench.workloads import FILTERS, HIDDEN

EVALUATION_BATCH = 4096


def build(job: PeerJob, arrays: Mapping[str, Any], point: Mapping[str, Any]) -> Any:
    """A compiled model for one point of the grid."""
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
    return keras.callbacks.TensorBoard(folder, write_graph=False)


def train(job: PeerJob, arrays: Mapping[str, Any], point: Mapping[str, Any]) -> float:
    """Train one run to its end; returns its last validation accuracy."""
    began = time.time()
    folder = Path(job.logs) / name(point)
    model = build(job, arrays, point)
    history = model.fit(**fit_options(job, arrays, point), callbacks=[tensorboard(str(folder))])
    mark(job, began)
    return float(history.history["val_accuracy"][-1])
