"""Lanes that were killed go on, whichever of them are left, and end as if nothing had happened."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.util.tensor_util import make_ndarray

from hpexp.messages import EpochEnd, Finished, Job, LogText, Message, Report, SummaryData
from hpexp.model import EarlyStopping, Group, ModelSpec, Run, Status, TensorBoardOptions, TrainingOptions
from hpexp.train import saving
from hpexp.train.checkpoint import Checkpoint
from hpexp.train.worker import train_job
from tests.builders import of_runs
from tests.engines import close, compiling, experiment, group, runs

pytestmark = pytest.mark.tensorflow

SPEC = experiment(
    data="blobs",
    early_stopping=EarlyStopping("val_loss", 3, 0.0),
    training=TrainingOptions(checkpoint_every=2),
    tensorboard=TensorBoardOptions(histograms=2),
)

LANES = group(
    runs(
        optimizer=["adam", "nadam", "lamb"],
        learning_rate=[0.01],
        dropout=[0.3],
        schedule=["cosine"],
        epochs=[9],
    ),
    runs(optimizer=["sgd"], momentum=[0.0, 0.9], dropout=[0.3], epochs=[3, 8]),
    runs(optimizer=["adam"], learning_rate=[3.0], epochs=[9]),
)
"""r3 ends before the kill, r7 stops early after it."""


class Killed(BaseException):
    pass


def train(
    lanes: tuple[Run, ...],
    folder: Path | str,
    kill_at: int = -1,
    spec: object = SPEC,
    models: dict[str, str] | None = None,
) -> list[Message]:
    messages: list[Message] = []
    dead = False

    def emit(message: Report) -> None:
        nonlocal dead
        messages.extend(of_runs([message]))
        # A dead process says nothing any more, whatever it would have caught.
        dead = dead or (isinstance(message, EpochEnd) and message.epoch == kill_at)
        if dead:
            raise Killed

    job = Job(spec, Group(0, "compiled", lanes), checkpoints=str(folder), models=models)  # type: ignore[arg-type]
    with compiling("graph"):
        train_job(job, emit)
    return messages


def assert_same_story(lanes: tuple[Run, ...], one: list[Message], other: list[Message]) -> None:
    for run in lanes:
        mine, theirs = ([m for m in all_ if m.run_id == run.id] for all_ in (one, other))
        epochs, expected = ([m for m in own if isinstance(m, EpochEnd)] for own in (mine, theirs))
        assert [m.epoch for m in epochs] == [m.epoch for m in expected]
        for row, wanted in zip(epochs, expected, strict=True):
            close(run.name, row.logs, wanted.logs, 1e-5)
        steps, wanted_steps = ([m.step for m in own if isinstance(m, SummaryData)] for own in (mine, theirs))
        assert steps == wanted_steps
        result, wanted_result = (m.result for m in (mine[-1], theirs[-1]) if isinstance(m, Finished))
        assert result.status == wanted_result.status
        assert result.engine == "compiled"
        assert result.best_epoch == wanted_result.best_epoch
        close(run.name, result.test, wanted_result.test, 1e-5)


def test_a_killed_group_ends_as_if_nothing_had_happened(tmp_path: Path) -> None:
    expected = train(LANES, "")
    with pytest.raises(Killed):
        train(LANES, tmp_path, 5)
    left = tuple(run for run in LANES if (tmp_path / run.id).exists())
    assert {run.id for run in LANES} - {run.id for run in left} == {"r3", "r5"}
    (tmp_path / "r4" / "lane.npz").write_bytes(b"damaged")
    resumed = train(left, tmp_path)
    texts = {m.run_id: m.text for m in resumed if isinstance(m, LogText)}
    assert texts == {run.id: "goes on after epoch 4, from its checkpoint\n" for run in left if run.id != "r4"}
    assert_same_story(left, resumed, expected)
    assert not list(tmp_path.iterdir())


@pytest.mark.filterwarnings("ignore:__array__")  # Keras, where it saves a model
@pytest.mark.parametrize("kind", ["checkpoint", "model"])
def test_a_lane_whose_file_does_not_fit_fails_alone(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, *_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    lanes = group(runs(optimizer=["sgd"], momentum=[0.0, 0.9], epochs=[3]))
    write, save = Checkpoint.write, saving._save

    def writing(self: Checkpoint, *story: object) -> None:
        (full if self._run_id == lanes[0].id else write)(self, *story)  # type: ignore[operator]

    def kept(model: keras.Model, path: str) -> None:
        Path(path).write_bytes(b"half")
        (full if Path(path).parent.name == lanes[0].id else save)(model, path)

    if kind == "checkpoint":
        monkeypatch.setattr(Checkpoint, "write", writing)
        messages = train(lanes, tmp_path)
    else:
        monkeypatch.setattr(saving, "_save", kept)
        paths = {run.id: str(tmp_path / run.id / "model.keras") for run in lanes}
        messages = train(lanes, "", models=paths)
        assert [Path(path).exists() for path in paths.values()] == [False, True]
    ends = {m.run_id: m.result for m in messages if isinstance(m, Finished)}
    assert [ends[run.id].status for run in lanes] == [Status.FAILED, Status.DONE]
    assert [ends[run.id].engine for run in lanes[1:]] == ["compiled"]
    assert "No space left on device" in (ends[lanes[0].id].error or "")


def test_an_own_model_goes_on(tmp_path: Path) -> None:
    (tmp_path / "own_normed.py").write_text(
        "import keras\n"
        "def build(shape, outputs):\n"
        "    layers = keras.layers\n"
        "    chain = [layers.Dense(4), layers.LayerNormalization(), layers.Dense(outputs)]\n"
        "    return keras.Sequential([keras.Input(shape), *chain])\n"
    )
    spec = replace(SPEC, model=ModelSpec("python", "own_normed:build", {}, str(tmp_path)))
    lanes = runs(optimizer=["adam"], learning_rate=[0.01, 0.02], epochs=[5])
    expected = train(lanes, "", spec=spec)
    with pytest.raises(Killed):
        train(lanes, tmp_path / "checkpoints", 3, spec)
    assert_same_story(lanes, train(lanes, tmp_path / "checkpoints", spec=spec), expected)


def test_histograms_are_those_of_fit() -> None:
    """In float64, where the weights are the same to the last digits that a histogram shows."""
    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    try:
        lanes = runs(optimizer=["adam"], activation=["relu", "glu"], epochs=[4])
        told = []
        for engine in ("fit", "compiled"):
            messages: list[Report] = []
            train_job(Job(SPEC, Group(0, engine, lanes)), messages.append)  # type: ignore[arg-type]
            told.append({(m.run_id, m.step): m.data for m in messages if isinstance(m, SummaryData)})
    finally:
        keras.config.set_floatx(before)
        keras.config.set_dtype_policy(before)
    fit, compiled = told
    assert set(fit) == {("r0", 1), ("r0", 3), ("r1", 1), ("r1", 3)} == set(compiled)
    for key, data in fit.items():
        mine, expected = (Summary.FromString(payload).value for payload in (compiled[key], data))
        assert [value.tag for value in mine] == [value.tag for value in expected]
        for one, other in zip(mine, expected, strict=True):
            np.testing.assert_allclose(make_ndarray(one.tensor), make_ndarray(other.tensor), rtol=1e-9)
