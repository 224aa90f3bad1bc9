"""`split: {repeats: n}`: each repeat draws training and validation anew, the same for every point."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from sklearn.datasets import load_iris
from sklearn.metrics import log_loss

from hpexp.errors import DataError
from hpexp.model import DataSpec, Engine, ModelSpec, Split
from hpexp.paths import LogsFolder
from hpexp.progress import QuietView
from hpexp.results.data import data_of
from hpexp.run import RunOptions, backend_for, load_plans
from hpexp.run import run as run_plans
from hpexp.show import print_run
from hpexp.store import Store
from hpexp.train.data import load
from hpexp.train.data.split import Parts, split_examples
from hpexp.train.models import build_model
from tests.engines import experiment, runs, train

pytestmark = pytest.mark.tensorflow

CONFIG = """
data: iris
model: mlp
split: {repeats: 2}
params: {hidden: [4], epochs: 1, batch: full}
grid: {learning_rate: [0.1, 0.01]}
seeds: 2
"""


def parts(repeat: int, seed: int = 0) -> Parts:
    return split_examples(150, load_iris().target, Split(seed=seed, repeat=repeat))


def test_each_repeat_validates_on_other_examples_and_tests_on_the_same() -> None:
    classes = load_iris().target
    drawn = [parts(repeat) for repeat in range(6)]
    assert len({tuple(sorted(each.validation)) for each in drawn}) == 6
    for each in drawn:
        assert np.array_equal(each.test, drawn[0].test)
        assert sorted(np.concatenate([each.train, each.validation, each.test])) == list(range(150))
        assert np.bincount(classes[each.validation]).tolist() == [10, 10, 10]
    again = parts(3)
    assert np.array_equal(again.train, drawn[3].train)
    assert np.array_equal(again.validation, drawn[3].validation)
    assert not np.array_equal(parts(0, seed=3).test, drawn[0].test)
    shared = [len(np.intersect1d(one.validation, drawn[0].validation)) for one in drawn[1:]]
    assert 2 <= np.mean(shared) <= 13, "30 of 120 by chance: 7.5 in common"


@pytest.mark.parametrize("engine", ["fit", "compiled"])
def test_a_run_is_trained_and_scored_on_the_split_of_its_repeat(engine: Engine) -> None:
    lanes = tuple(replace(run, repeat=2) for run in runs(learning_rate=[0.1, 0.01], epochs=[1]))
    spec = experiment()
    trained = train(engine, spec, lanes)
    x, y = (np.asarray(each) for each in load_iris(return_X_y=True))
    model_spec, own = ModelSpec("mlp", "mlp"), parts(2)
    problem = load(spec.data).problem
    for run in lanes:
        model = build_model(model_spec, run.params, problem, run.seed)
        model.set_weights(trained.weights[run.id])
        told = {"val_": own.validation, "": own.test}
        for prefix, chosen in told.items():
            logits = np.asarray(model.predict(x[chosen].astype(np.float32), verbose=0), np.float64)
            shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
            scores = trained.results[run.id].metrics if prefix else trained.results[run.id].test
            assert scores[f"{prefix}loss"] == pytest.approx(log_loss(y[chosen], shares), rel=1e-5)


def test_repeats_are_replicates_of_their_points(tmp_path: Path) -> None:
    config = tmp_path / "iris.yaml"
    config.write_text(CONFIG)
    options = RunOptions(tmp_path / "logs", on="inline")
    plans = load_plans([config], options)
    with backend_for(options) as backend:
        run_plans(plans, options, QuietView(Console(quiet=True)), backend)
    with Store.read(LogsFolder(tmp_path / "logs")) or pytest.fail("no store") as store:
        stored = store.runs("iris")
    data = data_of(stored)
    assert len({run.point for run in stored}) == 2
    assert [(run.repeat, run.seed) for run in stored] == [(0, 0), (0, 1), (1, 0), (1, 1)] * 2
    assert len({run.id for run in stored}) == 8
    assert {run.engine for run in stored} == {"compiled"}
    by_repeat = {repeat: {run.fingerprint for run in stored if run.repeat == repeat} for repeat in (0, 1)}
    assert [len(found) for found in by_repeat.values()] == [1, 1]
    assert by_repeat[0] != by_repeat[1]
    assert list(data) == [0, 1]
    assert data[0].examples == data[1].examples == {"train": 90, "validation": 30, "test": 30}
    print_run(tmp_path / "logs", stored[-1].id, Console(file=(page := io.StringIO())), as_json=False)
    assert re.search(r"^repeat +1 of the split$", page.getvalue(), flags=re.MULTILINE)


def test_a_validation_split_of_the_datas_own_cannot_be_drawn_again(tmp_path: Path) -> None:
    (tmp_path / "own_split.py").write_text(
        "import numpy as np\n"
        "def data():\n"
        "    x, y = np.arange(12.0)[:, None], np.arange(12) % 2\n"
        "    return {'train': (x, y), 'validation': (x, y)}\n"
    )
    spec = DataSpec("python", "own_split:data", split=Split(repeat=1), folder=str(tmp_path))
    with pytest.raises(DataError, match="brings its own validation split, which cannot be drawn again"):
        load(spec)
    load(replace(spec, split=Split()))
