"""What a person's surroundings would change about the numbers, and what hpexp does about it.

Workers train under the same settings everywhere: a run's id names none of these. What only
changes how sums are rounded is left as it is; it is written down with the results.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

VARIABLES: Mapping[str, str | None] = {
    "KERAS_BACKEND": "tensorflow",
    # What sets and dictionaries of text are ordered by, in an own function.
    "PYTHONHASHSEED": "0",
    "TF_USE_LEGACY_KERAS": None,
    "KERAS_MAX_EPOCHS": None,
    "KERAS_MAX_STEPS_PER_EPOCH": None,
}
"""Environment variables that workers have, whatever the person's say; None for those they lack."""

KERAS: Mapping[str, str | float] = {
    "floatx": "float32",
    "epsilon": 1e-7,
    "image_data_format": "channels_last",
}
"""Settings of Keras, whatever `keras.json` says."""

ROUNDING = ("NVIDIA_TF32_OVERRIDE", "TF_ENABLE_ONEDNN_OPTS", "TF_XLA_FLAGS", "XLA_FLAGS")
"""Environment variables that change how sums are rounded. They are kept: a machine may need them."""


def worker_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` as a worker has it."""
    kept = {name: value for name, value in environment.items() if name not in VARIABLES}
    return kept | {name: value for name, value in VARIABLES.items() if value is not None}


def rounding(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What is set of `ROUNDING`."""
    return {name: environment[name] for name in ROUNDING if environment.get(name)}


def overridden(environment: Mapping[str, str] = os.environ) -> Iterator[str]:
    """What workers override of the person's surroundings, in words."""
    for name, value in VARIABLES.items():
        # Python's own default, and what a person sets to have what workers have anyway.
        if (
            (given := environment.get(name))
            and given != value
            and (name, given) != ("PYTHONHASHSEED", "random")
        ):
            yield f"{name}={given} (workers: {value or 'not set'})"
    path = keras_file(environment)
    settings = _settings(path)
    fixed = {**KERAS, "backend": VARIABLES["KERAS_BACKEND"], "max_epochs": None, "max_steps_per_epoch": None}
    for name, wanted in fixed.items():
        if name in settings and settings[name] != wanted:
            yield f"{name}: {json.dumps(settings[name])} of {path} (workers: {wanted or 'not set'})"


def refused(environment: Mapping[str, str] = os.environ) -> Iterator[str]:
    """Values of `keras.json` that Keras cannot be imported with, so that nobody can override them."""
    settings = _settings(keras_file(environment))
    for name, fits in _IMPORTABLE.items():
        if name in settings and not fits(settings[name]):
            yield f"{name}: {json.dumps(settings[name])}"


_IMPORTABLE: Mapping[str, Callable[[Any], bool]] = {
    "floatx": lambda value: value in ("float16", "float32", "float64"),
    "epsilon": lambda value: isinstance(value, float),
    "image_data_format": lambda value: value in ("channels_last", "channels_first"),
}


def keras_file(environment: Mapping[str, str] = os.environ) -> Path:
    """Where Keras looks for its `keras.json`."""
    if home := environment.get("KERAS_HOME"):
        return Path(home, "keras.json")
    home = os.path.expanduser("~")  # noqa: PTH111 - as Keras does
    return Path(home if os.access(home, os.W_OK) else "/tmp", ".keras", "keras.json")


def _settings(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
