"""What a function gives some examples at a time: datasets of every kind, and those that have no end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hpexp import scratch
from hpexp.errors import DataError
from hpexp.model import DataSpec, Resources, Split
from hpexp.train.data import Arrays, open_data

pytestmark = [pytest.mark.tensorflow, pytest.mark.usefixtures("private_tmp")]

MODULE = """
import keras
import numpy as np
import tensorflow as tf

X = np.stack([np.arange(90.0)] * 2, 1)
Y = np.arange(90) % 2

def parts():
    for start in range(0, 90, 7):
        yield X[start : start + 7], Y[start : start + 7]

def dataset():
    return tf.data.Dataset.from_tensor_slices((X, Y)).batch(40)

class Sequence(keras.utils.PyDataset):
    def __len__(self):
        return 9

    def __getitem__(self, index):
        return X[10 * index : 10 * index + 10], Y[10 * index : 10 * index + 10]

def sequence():
    return Sequence()

def loader():
    return iter(list(parts()))

def taken():
    return dataset().repeat().take(3)

class Endless(Sequence):
    num_batches = None

def endless_sequence():
    return Endless()

def repeated():
    return {"train": dataset().repeat()}

def shuffled():
    return dataset().repeat().shuffle(3).map(lambda x, y: (x, y))

def endless():
    while True:
        yield from parts()

def unbatched():
    return dataset().unbatch()

def rows():
    return zip(X, Y)

def weighted():
    return ((x, y, y) for x, y in parts())
"""


def load(folder: Path, function: str, resources: Resources) -> object:
    (folder / "bounded_sets.py").write_text(MODULE)
    return open_data(DataSpec("python", f"bounded_sets:{function}", {}, Split(0, 0), str(folder)), resources)


@pytest.mark.parametrize("function", ["parts", "dataset", "sequence", "loader", "taken"])
def test_what_ends_is_read_whole(function: str, tmp_path: Path) -> None:
    data = load(tmp_path, function, Resources(examples=90, disk=90 * 16))
    assert isinstance(data, Arrays)
    assert sorted(data.x_train[:, 0]) == list(range(90))
    np.testing.assert_array_equal(data.y_train, data.x_train[:, 0] % 2)


@pytest.mark.parametrize(
    ("function", "resources", "message", "hint"),
    [
        ("endless", Resources(examples=1000), "has not ended after 1,000 examples", "{examples: 1e9}"),
        ("endless", Resources(disk=5000), "has not ended after 5 kB", "{disk: 500GB}"),
        (
            "endless",
            Resources(loading=1e-9),
            r"has not ended after 1e-09 s and \d+ examples",
            "{loading: 2h}",
        ),
        ("parts", Resources(examples=89), "has not ended after 89 examples", "{examples: 1e9}"),
        ("repeated", Resources(), "train: the _RepeatDataset has no end", "a .take"),
        ("shuffled", Resources(), "Dataset has no end", "no .repeat"),
        ("endless_sequence", Resources(), "the Endless has no end", "let it end"),
        ("unbatched", Resources(), "single examples come", "batch"),
        ("rows", Resources(), "single examples come", "batch"),
        ("weighted", Resources(), "must be a pair .* not 3 values", None),
    ],
)
def test_what_has_no_end_is_an_error_that_names_the_limit(
    function: str, resources: Resources, message: str, hint: str | None, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=message) as raised:
        load(tmp_path, function, resources)
    assert (hint or "") in (raised.value.hint or "")
    assert not list(scratch.home().glob("*"))
