"""Inputs that float32 rounds away without `normalize` are named; targets of functions are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hpexp import config
from hpexp.errors import DataError
from hpexp.model import Experiment, Resources
from hpexp.train.data import Streamed, open_data
from hpexp.train.data.coarse import coarse_inputs

pytestmark = pytest.mark.tensorflow

SAID = (
    "{}: float32, in which models compute, rounds away what these numbers say beside their large offset; "
    "`params: {{normalize: standard}}` keeps it"
)


def experiment(folder: Path, data: str, rest: str = "") -> Experiment:
    (folder / "e.yaml").write_text(f"data: {data}\nmodel: mlp\n{rest}")
    return config.load(folder / "e.yaml")


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("", True),
        ("params: {normalize: standard}", False),
        ("grid: {normalize: [minmax, standard]}", False),
        ("grid: {normalize: [minmax, none]}", True),
        ("params: {normalize: minmax}\ninclude: [{normalize: none}]", True),
    ],
)
def test_columns_of_a_table(rest: str, said: bool, tmp_path: Path) -> None:
    rows = [
        f"word{n % 3},{1_700_000_000 + n * 7 % 30},{n / 7},{1_700_000_000 + 10**6 * n},{n % 2}"
        for n in range(60)
    ]
    (tmp_path / "t.csv").write_text("w,since,a,long,y\n" + "\n".join(rows))
    asked = experiment(tmp_path, "{csv: t.csv, target: y}", rest)
    found = coarse_inputs(open_data(asked.data, Resources()), asked)
    assert found == ((SAID.format("column since"),) if said else ())


@pytest.mark.parametrize("memory", [None, 1])
@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_arrays(memory: int | None, kind: type, tmp_path: Path, private_tmp: Path) -> None:
    x = np.random.default_rng(0).normal(size=(60, 2, 2)) + np.array([[0, 1e9], [1e3, -1e9]])
    np.savez(tmp_path / "a.npz", x=x.astype(kind), y=np.arange(60) % 2)
    asked = experiment(tmp_path, "{npz: a.npz}")
    data = open_data(asked.data, Resources(memory))
    assert isinstance(data, Streamed) == (memory is not None)
    assert coarse_inputs(data, asked) == ((SAID.format("inputs 1, 3"),) if kind is np.float64 else ())


@pytest.mark.parametrize("memory", [None, 1])
def test_targets_of_a_function(memory: int | None, tmp_path: Path, private_tmp: Path) -> None:
    code = "import numpy as np\ndef data(): x = np.arange(90) / 7; return x, 1.7e9 + 20 * x\n"
    (tmp_path / "far_targets.py").write_text(code)
    asked = experiment(tmp_path, "{python: 'far_targets:data'}")
    with pytest.raises(DataError, match=r"far_targets:data: the target is 1\.7e\+09 ± 74\.2 .* steps of 128"):
        open_data(asked.data, Resources(memory))
