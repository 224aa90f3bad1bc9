"""hpexp's event files beside those of keras.callbacks.TensorBoard, from the same training."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hpexp.events import RunEvents
from hpexp.events.records import read_frames
from hpexp.messages import EpochEnd
from hpexp.paths import RunPaths
from tests.builders import a_run

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The folder that Keras wrote and the one that hpexp wrote."""
    import keras
    import numpy as np

    theirs, ours = tmp_path_factory.mktemp("keras"), tmp_path_factory.mktemp("hpexp")
    run = a_run()
    events = RunEvents(RunPaths(ours))
    events.start(run)

    class Report(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
            rate = float(self.model.optimizer.learning_rate.numpy())
            events.epoch(EpochEnd(run.id, epoch, {**(logs or {}), "learning_rate": rate}, 0.0))

    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    inputs, targets = np.random.rand(8, 3), np.arange(8) % 2
    callbacks = [keras.callbacks.TensorBoard(str(theirs)), Report()]
    with warnings.catch_warnings():
        # Keras's callback reads the learning rate in a way that NumPy will not allow for ever.
        warnings.simplefilter("ignore", DeprecationWarning)
        model.fit(inputs, targets, epochs=3, validation_split=0.5, verbose=0, callbacks=callbacks)
    events.flush()
    return theirs, ours


def epoch_scalars(folder: Path) -> dict[tuple[str, int], Any]:
    """By tag and step: what the number is marked as, and the number."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.util.tensor_util import make_ndarray

    (path,) = folder.glob("events.out.tfevents.*")
    return {
        (value.tag, event.step): (
            str(value.metadata),
            make_ndarray(value.tensor).item(),
        )
        for event in map(Event.FromString, read_frames(path.read_bytes()))
        for value in event.summary.value
        if value.tag.startswith("epoch_")
    }


@pytest.mark.parametrize("part", ["train", "validation"])
def test_scalars_are_the_same(folders: tuple[Path, Path], part: str) -> None:
    theirs, ours = (epoch_scalars(folder / part) for folder in folders)
    assert theirs == ours
    assert len(ours) == (9 if part == "train" else 6)
