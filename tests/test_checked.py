"""What is checked of data and models before anything is written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars
import pytest

from hpexp import config
from hpexp.checked import refuse_shape, with_checked_data
from hpexp.config.facts import facts_of
from hpexp.errors import ConfigError
from hpexp.messages import DataFound, Job
from hpexp.model import DataSpec, DataSummary
from hpexp.plan import build_plan
from hpexp.preview import warnings
from hpexp.vocabulary import BUILTIN_DATA


def plan_of(folder: Path, data: str, model: str = "cnn", **arrays: object) -> None:
    """Plan an experiment and look whether its model takes its data."""
    np.savez(folder / "a.npz", y=np.arange(20) % 2, **arrays)  # type: ignore[arg-type]
    table = polars.DataFrame({"a": [1, 2] * 10, "y": [0, 1] * 10})
    table.write_csv(folder / "t.csv")
    table.write_parquet(folder / "t.parquet")
    (folder / "e.yaml").write_text(f"model: {model}\ndata: {data}\n")
    experiment = config.load(folder / "e.yaml")
    plan = build_plan(experiment, config.data_facts(experiment))
    refuse_shape(plan)
    print(*warnings(plan), sep="\n")


@pytest.mark.parametrize(
    ("data", "shape", "message"),
    [
        ("iris", (), "they have shape (4,)"),
        ("spirals", (), "they have shape (2,)"),
        ("{csv: t.csv, target: y}", (), "those of a table are rows of numbers"),
        ("{parquet: t.parquet, target: y}", (), "those of a table are rows of numbers"),
        ("{npz: a.npz}", (3,), "they have shape (3,)"),
        ("{npz: a.npz}", (2, 3, 4, 1), "they have shape (2, 3, 4, 1)"),
    ],
)
def test_a_cnn_on_what_is_no_image(data: str, shape: tuple[int, ...], message: str, tmp_path: Path) -> None:
    x = np.ones((20, *shape))
    with pytest.raises(ConfigError) as raised:
        plan_of(tmp_path, data, x=x)
    start = f"{tmp_path / 'e.yaml'}:1:8: model: a cnn needs examples of shape [rows, columns]"
    assert str(raised.value).startswith(start)
    assert message in str(raised.value)
    plan_of(tmp_path, data, "mlp", x=x)


@pytest.mark.parametrize(("shape", "said"), [((4, 5), True), ((4, 5, 1), False), ((4, 5, 3), False)])
def test_a_cnn_says_what_it_takes_for_images_of_one_channel(
    shape: tuple[int, ...], said: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan_of(tmp_path, "{npz: a.npz}", x=np.ones((20, *shape)))
    line = "cnn: examples of shape (4, 5) are taken as images of one channel"
    assert (line in capsys.readouterr().out) == said


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", BUILTIN_DATA)
def test_shapes_of_named_data(name: str) -> None:
    from hpexp.train.data import load

    spec = DataSpec("builtin", name)
    assert facts_of(spec).shape == load(spec).x_train.shape[1:]


class Looked:
    """A backend whose worker has said this of the data."""

    def __init__(self, message: DataFound) -> None:
        self._message = message

    def submit(self, job: Job) -> None:
        assert not job.group.runs

    def messages(self) -> Iterator[DataFound]:
        yield self._message


def test_what_a_worker_says_of_a_table_is_added_once(tmp_path: Path) -> None:
    rows = "".join(f"{n},{n % 2}\n" for n in range(20))
    (tmp_path / "t.csv").write_text("n,y\n" + rows)
    (tmp_path / "e.yaml").write_text("data: {csv: t.csv, target: y}\nmodel: mlp\n")
    experiment = config.load(tmp_path / "e.yaml")
    plan = build_plan(experiment, config.data_facts(experiment))
    (known,) = plan.facts.notes
    assert "goes up by one from row to row" in known
    found = DataFound(
        "", DataSummary("classification", {}), notes=(known, "the test split has no example of 1")
    )
    (checked,) = with_checked_data([plan], {"e"}, Looked(found))  # type: ignore[arg-type]
    assert checked.facts.notes == (known, "the test split has no example of 1")
