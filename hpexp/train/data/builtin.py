"""Data sets that need no network: tables that scikit-learn ships, and shapes made on the spot."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpexp.model import Params
from hpexp.train.data.raw import Raw

CLASSIC = ("iris", "wine", "breast_cancer", "diabetes")


def load_builtin(name: str, options: Params) -> Raw:
    """`digits` as images `[1797, 8, 8, 1]` in 0..1, the others as tables."""
    if name == "digits":
        return _digits()
    if name in CLASSIC:
        return _table(name)
    return _made(name, options)


def _digits() -> Raw:
    """The file that sklearn.datasets.load_digits reads, without the 0.6 s of importing scikit-learn."""
    spec = importlib.util.find_spec("sklearn")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    folder = Path(spec.submodule_search_locations[0])
    table = np.loadtxt(folder / "datasets" / "data" / "digits.csv.gz", delimiter=",", dtype=np.float32)
    images = table[:, :-1].reshape(-1, 8, 8, 1) / np.float32(16)
    return Raw(images, table[:, -1].astype(np.int32), classes=tuple(str(digit) for digit in range(10)))


def _table(name: str) -> Raw:
    from sklearn import datasets

    bunch: Any = getattr(datasets, f"load_{name}")()
    classes = tuple(str(label) for label in bunch.get("target_names", ()))
    return Raw(bunch.data, bunch.target, tuple(bunch.feature_names), classes)


def _made(name: str, options: Params) -> Raw:
    examples, seed = int(_number(options, "examples", 500)), int(_number(options, "seed", 0))
    if name == "spirals":
        classes = int(_number(options, "classes", 2))
        x, y = _spirals(examples, classes, _number(options, "noise", 0.1), seed)
    else:
        from sklearn import datasets

        if name == "moons":
            classes = 2
            x, y = datasets.make_moons(examples, noise=_number(options, "noise", 0.2), random_state=seed)
        else:
            classes = int(_number(options, "classes", 3))
            x, y = datasets.make_blobs(
                examples, centers=classes, cluster_std=_number(options, "noise", 1.0), random_state=seed
            )
    return Raw(x, y, ("x", "y"), tuple(str(label) for label in range(classes)))


def _spirals(examples: int, classes: int, noise: float, seed: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Arms of one and a half turns around the origin, one a class, radius 0 to 1.

    `noise` is the standard deviation of the angle, in radians.
    """
    random = np.random.default_rng(seed)
    y = np.arange(examples) % classes
    radius = np.sqrt(random.random(examples))
    angle = 3 * np.pi * radius + 2 * np.pi * y / classes + random.normal(0, noise, examples)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1), y


def _number(options: Params, name: str, default: float) -> float:
    value = options.get(name, default)
    assert isinstance(value, int | float)
    return float(value)
