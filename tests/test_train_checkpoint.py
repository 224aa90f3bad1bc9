"""A run that was killed goes on, and ends with the numbers of one that was not."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from hpexp.messages import EpochEnd, Finished, Job, LogText, Message, Report, SummaryData
from hpexp.model import EarlyStopping, Group, Result, Run, TensorBoardOptions, TrainingOptions
from hpexp.train.checkpoint import Checkpoint, Progress
from hpexp.train.worker import train_job
from tests.builders import of_runs
from tests.engines import experiment, runs

pytestmark = pytest.mark.tensorflow

RULE = EarlyStopping("val_loss", 3, 0.0)
SPEC = experiment(
    data="blobs",
    early_stopping=RULE,
    training=TrainingOptions(checkpoint_every=2),
    tensorboard=TensorBoardOptions(histograms=2),
)


class Killed(BaseException):
    pass


def run_of(learning_rate: float) -> Run:
    (run,) = runs(
        optimizer=["adam"], dropout=[0.3], schedule=["cosine"], learning_rate=[learning_rate], epochs=[9],
    )  # fmt: skip
    return run


def train(run: Run, folder: Path | None, kill_at: int | None = None) -> list[Message]:
    """Train, and die the moment that the numbers of epoch `kill_at` are out."""
    messages: list[Message] = []
    dead = False

    def emit(message: Report) -> None:
        nonlocal dead
        messages.extend(of_runs([message]))
        # A dead process says nothing any more, whatever it would have caught.
        dead = dead or (isinstance(message, EpochEnd) and message.epoch == kill_at)
        if dead:
            raise Killed

    train_job(Job(SPEC, Group(0, "fit", (run,)), checkpoints=str(folder) if folder else ""), emit)
    return messages


def story(messages: list[Message]) -> tuple[list[object], list[object], Result]:
    epochs = [(m.epoch, m.logs) for m in messages if isinstance(m, EpochEnd)]
    summaries = [(m.step, m.data) for m in messages if isinstance(m, SummaryData)]
    (result,) = [m.result for m in messages if isinstance(m, Finished)]
    return epochs, summaries, replace(result, seconds=0.0)


@cache
def undisturbed(learning_rate: float) -> tuple[list[object], list[object], Result]:
    return story(train(run_of(learning_rate), None))


# The first runs to its end; the second, at a rate far too high, stops early.
@pytest.mark.parametrize(("learning_rate", "kill_at"), [(0.01, 5), (3.0, 3)])
def test_a_killed_run_ends_as_if_nothing_had_happened(
    learning_rate: float, kill_at: int, tmp_path: Path
) -> None:
    run = run_of(learning_rate)
    expected = undisturbed(learning_rate)
    with pytest.raises(Killed):
        train(run, tmp_path, kill_at)
    assert (tmp_path / run.id).exists()
    resumed = train(run, tmp_path)
    text = "".join(m.text for m in resumed if isinstance(m, LogText))
    assert text == f"goes on after epoch {kill_at // 2 * 2}, from its checkpoint\n"
    assert story(resumed) == expected
    assert not (tmp_path / run.id).exists()


def test_a_run_killed_after_its_last_epoch_only_ends(tmp_path: Path) -> None:
    run = replace(run_of(0.01), params={**run_of(0.01).params, "epochs": 4})
    expected = story(train(run, None))

    messages: list[Message] = []

    def emit(message: Report) -> None:
        if isinstance(message, Finished):
            raise Killed
        messages.extend(of_runs([message]))

    job = Job(SPEC, Group(0, "fit", (run,)), checkpoints=str(tmp_path))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hpexp.train.checkpoint.Checkpoint.delete", lambda self: None)
        with pytest.raises(Killed):
            train_job(job, emit)
    assert story(train(run, tmp_path)) == expected


@pytest.mark.parametrize("damage", ["empty", "half", "another model"])
def test_a_damaged_checkpoint_is_as_none(damage: str, tmp_path: Path) -> None:
    run = run_of(0.01)
    with pytest.raises(Killed):
        train(run, tmp_path, 3)
    file = tmp_path / run.id / "state.npz"
    content = file.read_bytes()
    if damage == "another model":
        run = replace(run, params={**run.params, "hidden": (5,)})
    else:
        file.write_bytes(content[: len(content) // 2] if damage == "half" else b"")
    messages = train(run, tmp_path)
    assert not [m for m in messages if isinstance(m, LogText)]
    expected = story(train(run, None)) if damage == "another model" else undisturbed(0.01)
    assert story(messages) == expected


def test_what_others_have_put_beside_a_checkpoint_stays(tmp_path: Path) -> None:
    theirs, damaged = tmp_path / "a" / "notes.md", tmp_path / "a" / "lane.npz"
    theirs.parent.mkdir()
    theirs.write_text("mine")
    damaged.write_bytes(b"")
    Checkpoint(str(tmp_path), "a").write({}, Progress())
    Checkpoint(str(tmp_path), "a").delete()
    assert list(tmp_path.rglob("*")) == [theirs.parent, theirs]
    Checkpoint(str(tmp_path), "b").write({}, Progress())
    Checkpoint(str(tmp_path), "b").delete()
    assert not (tmp_path / "b").exists()
