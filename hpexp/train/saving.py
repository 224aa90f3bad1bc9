"""A trained model as a `.keras` file that opens without hpexp."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras

from hpexp.train.layers import HashDropout


def save_model(model: keras.Model, path: str) -> None:
    """Write the model, uncompiled, to `path`; the folder is made where it is missing.

    hpexp's dropout becomes Keras's: a saved model is for use, and for training on with
    Keras, where nobody needs the masks to repeat. What could not be written in full is removed.
    """
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    try:
        _save(model, path)
    except BaseException as error:
        Path(path).unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.filename = error.filename or path
        raise


def _save(model: keras.Model, path: str) -> None:
    with _uncompiled(model):
        if any(isinstance(layer, HashDropout) for layer in model.layers):
            portable = keras.models.clone_model(model, clone_function=_portable)
            values = {variable.path: variable for variable in model.variables}
            for variable in portable.variables:
                if variable.path in values:  # Keras's dropout has a seed that ours lacks
                    variable.assign(values[variable.path])
            portable.save(path)
        else:
            model.save(path)


@contextmanager
def _uncompiled(model: keras.Model) -> Iterator[None]:
    """Keras saves a compiled model with its loss, and hpexp's are functions that it cannot load."""
    compiled, model.compiled = model.compiled, False
    try:
        yield
    finally:
        model.compiled = compiled


def _portable(layer: Any) -> Any:
    if isinstance(layer, HashDropout):
        return keras.layers.Dropout(layer.initial_rate, name=layer.name)
    return layer.__class__.from_config(layer.get_config())
