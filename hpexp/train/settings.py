"""Settings of Keras, TensorFlow and NumPy that own code may change: kept to the runs of that code."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from hpexp.fixed import KERAS

_KNOWN: Mapping[str, tuple[Callable[[], Any], Callable[[Any], object]]] = {
    "floatx": (keras.config.floatx, keras.config.set_floatx),
    "epsilon": (keras.config.epsilon, keras.config.set_epsilon),
    "image_data_format": (keras.config.image_data_format, keras.config.set_image_data_format),
    "dtype_policy": (keras.config.dtype_policy, keras.config.set_dtype_policy),
    "run_functions_eagerly": (tf.config.functions_run_eagerly, tf.config.run_functions_eagerly),
    "tensor_float_32": (
        tf.config.experimental.tensor_float_32_execution_enabled,
        tf.config.experimental.enable_tensor_float_32_execution,
    ),
    "jit": (tf.config.optimizer.get_jit, lambda value: tf.config.optimizer.set_jit(value or False)),
    "numpy_errors": (np.geterr, lambda value: np.seterr(**value)),
}


def fix() -> None:
    """Set Keras as workers have it, whatever `keras.json` says."""
    for name, value in KERAS.items():
        _KNOWN[name][1](value)
    keras.config.set_dtype_policy(KERAS["floatx"])
    for setting in ("set_max_epochs", "set_max_steps_per_epoch"):
        if hasattr(keras.config, setting):
            getattr(keras.config, setting)(None)


def current() -> dict[str, Any]:
    """The settings as they are."""
    return {name: get() for name, (get, _) in _KNOWN.items()}


def apply(settings: Mapping[str, Any]) -> None:
    """Set these, where they are other now."""
    for name, value in settings.items():
        get, set_ = _KNOWN[name]
        if get() != value:
            set_(value)


def changes(before: Mapping[str, Any]) -> dict[str, Any]:
    """What is other now than `before`."""
    changed = {name: value for name, value in current().items() if value != before[name]}
    if "floatx" in changed and "dtype_policy" not in changed:
        # Keras takes the policy from floatx where nobody has asked for the policy yet.
        changed["dtype_policy"] = keras.dtype_policies.get(changed["floatx"])
    return changed


@contextmanager
def kept() -> Iterator[None]:
    """What is set inside is gone afterwards."""
    before = current()
    try:
        yield
    finally:
        apply(before)
