"""CSV files: numeric and text columns become inputs through keras.utils.FeatureSpace."""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpexp.errors import DataError
from hpexp.model import Params


@dataclass(frozen=True, slots=True)
class Table:
    """Columns by name: float64 where every cell is a number, else text; and the target."""

    columns: dict[str, NDArray[Any]]
    y: NDArray[Any]


def read_table(path: str, options: Params) -> Table:
    """Read a CSV file with a header line; `target` names the column to learn.

    Blank lines are skipped. An empty cell is an error in a numeric column and in the
    target, and a value of its own in a text column.
    """
    target = str(options.get("target", ""))
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read as a UTF-8 CSV file: {error}") from error
    rows = [row for row in csv.reader(text.splitlines()) if row]
    if len(rows) < 2:
        raise DataError(f"{path} has no rows below its header")
    header = [name.strip() for name in rows[0]]
    if target not in header:
        raise DataError(f"{path} has no column {target}; it has {', '.join(header)}")
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(header):
            raise DataError(f"{path}: row {number} has {len(row)} cells, the header {len(header)}")
    columns = {
        name: _column([row[place].strip() for row in rows[1:]], f"{path}: column {name}")
        for place, name in enumerate(header)
    }
    y = columns.pop(target)
    if not columns:
        raise DataError(f"{path} has no column besides the target")
    if y.dtype.kind not in "f" and (y == "").any():
        raise DataError(f"{path}: row {int(np.argmax(y == '')) + 2} has no {target}")
    return Table(columns, y)


def encode(columns: dict[str, NDArray[Any]], train: NDArray[Any]) -> tuple[NDArray[Any], tuple[str, ...]]:
    """The columns as one matrix: numbers as they are, text one-hot with one place for the unknown.

    The vocabularies come from the rows `train` alone.
    """
    text = [name for name, values in columns.items() if values.dtype.kind != "f"]
    if not text:
        return np.stack(list(columns.values()), axis=1), tuple(columns)
    encoder = Encoder(tuple(columns), text)
    encoder.adapt(lambda: iter([{name: values[train] for name, values in columns.items()}]))
    return encoder(columns), tuple(columns)


class Encoder:
    """Columns of numbers and text -> one float32 matrix, through keras.utils.FeatureSpace."""

    def __init__(self, columns: Sequence[str], text: Collection[str]) -> None:
        from keras.utils import FeatureSpace

        # Keras wants identifiers as names, a CSV file has any.
        self._names = {f"column_{place}": name for place, name in enumerate(columns)}
        self._text = frozenset(text)
        kinds = {
            key: FeatureSpace.string_categorical(num_oov_indices=1) if name in text else FeatureSpace.float()
            for key, name in self._names.items()
        }
        self._space = FeatureSpace(kinds, output_mode="concat")

    def adapt(self, rows: Callable[[], Iterator[Mapping[str, NDArray[Any]]]]) -> None:
        """Learn the vocabularies from columns that come some rows at a time; `rows` is called again."""
        import tensorflow as tf

        signature = {
            key: tf.TensorSpec([None], tf.string if name in self._text else tf.float64)
            for key, name in self._names.items()
        }
        self._space.adapt(
            tf.data.Dataset.from_generator(lambda: map(self._keyed, rows()), output_signature=signature)
        )

    def __call__(self, columns: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
        return np.asarray(self._space(self._keyed(columns)))

    def _keyed(self, columns: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        return {
            key: columns[name] if name in self._text else columns[name].astype(np.float64)
            for key, name in self._names.items()
        }


def _column(cells: list[str], name: str) -> NDArray[Any]:
    filled = [cell for cell in cells if cell]
    try:
        numbers = [float(cell) for cell in filled]
    except ValueError:
        return np.array(cells, dtype=np.str_)
    if len(numbers) < len(cells):
        raise DataError(f"{name}: row {cells.index('') + 2} is empty", hint="fill or drop such rows first")
    values = np.array(numbers, np.float64)
    if not np.isfinite(values).all():
        row = int(np.argmax(~np.isfinite(values))) + 2
        raise DataError(f"{name}: row {row} holds {cells[row - 2]}", hint="fill or drop such rows first")
    return values
