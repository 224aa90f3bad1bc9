"""mnist, fashion_mnist, cifar10 and cifar100 through Keras's loaders, which keep what they downloaded."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from hpexp.errors import DataError
from hpexp.train.data.raw import Raw
from hpexp.vocabulary import BUILTIN_DATA

_ADDRESSES = {
    "mnist": "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
    "fashion_mnist": "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    "cifar10": "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
    "cifar100": "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz",
}


def load_download(name: str) -> tuple[Raw, Raw]:
    """Training and test set: images in 0..1, `[n, rows, columns, channels]`."""
    try:
        train, test = getattr(keras.datasets, name).load_data()
    except Exception as error:  # Keras raises a bare Exception when there is no network
        raise DataError(
            f"{name} is not in Keras's data folder (~/.keras/datasets, or KERAS_HOME) "
            f"and could not be downloaded from {_ADDRESSES[name]}: {error}",
            hint=f"these data sets work offline: {', '.join(BUILTIN_DATA)}",
        ) from error
    return _raw(*train), _raw(*test)


def _raw(x: Any, y: Any) -> Raw:
    return Raw(np.asarray(x), np.asarray(y).reshape(-1), is_picture=True)
