"""Tables become the inputs that scikit-learn's encoder and imputer make of them, in memory and on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpexp.errors import DataError
from hpexp.model import DataSpec, ModelSpec, Resources, Split, TableOptions
from hpexp.train.data import Arrays, Streamed, load, open_data, prepared

pytestmark = pytest.mark.tensorflow

N = 80
random = np.random.default_rng(0)
AGE = np.where(random.random(N) < 0.1, np.nan, random.normal(40, 10, N).round(3))
SINCE = 1_700_000_000 + random.integers(0, 50, N)
CITY = random.choice(["Rome", "Oslo", "Wien", "", "?"], N)
RARE = np.array([f"only{n}" if n % 8 == 0 else "often" for n in range(N)])
Y = random.choice(["no", "yes"], N)


def spec(folder: Path, **changes: Any) -> DataSpec:
    path = folder / "t.csv"
    rows = zip(AGE, CITY, SINCE, RARE, Y, strict=True)
    lines = [f"{'NA' if np.isnan(a) else a},{b},{c}, {d} ,{e}\n" for a, b, c, d, e in rows]
    path.write_text("age,city,since,rare,y\n" + "".join(lines))
    options = TableOptions(missing=("NA", "?"))
    return DataSpec("csv", str(path), {"target": "y"}, Split(0.2, 0.2, 3), table=options)


def inputs(data: Arrays | Streamed, split: str) -> np.ndarray:
    if isinstance(data, Arrays):
        return getattr(data, f"x_{split}")
    return data.inputs(getattr(data, split), slice(None))


def expected(train: np.ndarray, rows: np.ndarray) -> np.ndarray:
    from sklearn.impute import SimpleImputer
    from sklearn.preprocessing import OneHotEncoder

    city = np.where(CITY == "?", "", CITY)
    parts = [SimpleImputer().fit(AGE[train, None]).transform(AGE[rows, None])]
    for words in (city, RARE):
        encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(words[train, None])
        parts.append(encoder.transform(words[rows, None]))
    parts.insert(2, SINCE[rows, None].astype(float))
    return np.concatenate(parts, axis=1)


@pytest.mark.parametrize("resources", [Resources(), Resources(memory=1)], ids=["memory", "disk"])
def test_inputs_are_those_of_scikit_learn(resources: Resources, tmp_path: Path, private_tmp: Path) -> None:
    data = open_data(spec(tmp_path), resources)
    assert isinstance(data, Arrays if resources.memory is None else Streamed)
    from hpexp.train.data.divide import parts_of

    _, classes = np.unique(Y, return_inverse=True)
    rows = parts_of(classes, "classification", Split(0.2, 0.2, 3))
    raw = prepared(data, ModelSpec("mlp", "mlp"), {})
    scaled = prepared(data, ModelSpec("mlp", "mlp"), {"normalize": "standard"})
    train = expected(rows.train, rows.train)
    spread = np.where(train.std(axis=0) > 0, train.std(axis=0), 1)
    for split in ("train", "validation", "test"):
        theirs = expected(rows.train, getattr(rows, split))
        np.testing.assert_allclose(inputs(raw, split), theirs.astype(np.float32), rtol=1e-6)
        ours = inputs(scaled, split)
        np.testing.assert_allclose(ours, (theirs - train.mean(axis=0)) / spread, rtol=1e-5, atol=1e-6)
    assert data.classes == ("no", "yes")
    cities, rare = (len(np.unique(each[rows.train])) for each in (np.where(CITY == "?", "", CITY), RARE))
    assert data.features == ("age", *["city"] * cities, "since", *["rare"] * rare)


def test_rows_without_a_target_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,y\n" + "".join(f"{n},{'?' if n % 5 == 0 else n / 4}\n" for n in range(50)))
    options = TableOptions(missing=("?",))
    arrays = load(DataSpec("csv", str(path), {"target": "y"}, Split(0.0, 0.0), table=options))
    assert sorted(arrays.x_train[:, 0]) == [n for n in range(50) if n % 5]
    np.testing.assert_array_equal(arrays.y_train, arrays.x_train[:, 0] / 4)


def test_numbers_as_categories(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b,y\n" + "".join(f"{n % 3},{n},{n / 7}\n" for n in range(30)))
    options = TableOptions(categorical=("a",), drop=("b",))
    arrays = load(DataSpec("csv", str(path), {"target": "y"}, Split(0.0, 0.0), table=options))
    place = np.rint(arrays.y_train * 7).astype(int) % 3
    np.testing.assert_array_equal(arrays.x_train, np.eye(3)[place])


def test_a_column_without_a_value_in_training(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b,y\n1,3,0\n" + "?,1,0\n?,2,1\n" * 20)
    options = TableOptions(missing=("?",))
    seeds = []
    for seed in range(20):
        try:
            load(DataSpec("csv", str(path), {"target": "y"}, Split(0.4, 0.4, seed), table=options))
        except DataError as error:
            assert "column a has no value in the training split" in str(error)  # noqa: PT017
            seeds.append(seed)
    assert 0 < len(seeds) < 20
