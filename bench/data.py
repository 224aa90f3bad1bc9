"""The data every contender trains on, written once: `python -m bench.data FOLDER`.

Peers get the splits that hpexp makes, as float32 arrays ready to train on.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from bench.workloads import MNIST_EXAMPLES, MNIST_FEATURES, MNIST_VALIDATION


def peers_file(folder: Path, data: str) -> Path:
    """Arrays x_train, y_train, x_validation, y_validation."""
    return folder / f"{data}-split.npz"


def whole_file(folder: Path, data: str) -> Path:
    """Arrays x and y, as hpexp takes them."""
    return folder / f"{data}.npz"


def mnist_split() -> dict[str, float]:
    return {"validation": round(MNIST_VALIDATION / MNIST_EXAMPLES, 12), "test": 0.0}


def write(folder: Path) -> None:
    import numpy as np

    from hpexp.train.start import import_tensorflow

    import_tensorflow()
    from hpexp.model import DataSpec, Split
    from hpexp.train.data import load

    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(0)
    # Ten overlapping clusters: learnable, and not at once.
    centres = random.random((10, MNIST_FEATURES), np.float32)
    y = random.integers(0, 10, MNIST_EXAMPLES).astype(np.int32)
    x = 0.15 * centres[y] + random.random((MNIST_EXAMPLES, MNIST_FEATURES), np.float32) * np.float32(0.85)
    np.savez(whole_file(folder, "mnist"), x=x, y=y)
    shares = mnist_split()
    specs = {
        "images": DataSpec("builtin", "digits"),
        "mnist": DataSpec(
            "npz", str(whole_file(folder, "mnist")), split=Split(shares["validation"], shares["test"])
        ),
    }
    for name, spec in specs.items():
        arrays = load(spec)
        parts: dict[str, Any] = {
            "x_train": arrays.x_train,
            "y_train": arrays.y_train,
            "x_validation": arrays.x_validation,
            "y_validation": arrays.y_validation,
        }
        np.savez(peers_file(folder, name), **parts)
        if name == "images":
            flat: dict[str, Any] = {
                key: value.reshape(len(value), -1) if key[0] == "x" else value for key, value in parts.items()
            }
            np.savez(peers_file(folder, "digits"), **flat)
    (folder / "complete").touch()


if __name__ == "__main__":
    write(Path(sys.argv[1]))
