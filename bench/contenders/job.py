"""What the peers share besides training: their job, the data, marks of time. Imports no TensorFlow."""

from __future__ import annotations

import itertools
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# Keras imports scikit-learn where it finds it, for seconds that a peer may well not spend.
sys.modules["sklearn"] = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class PeerJob:
    """What a peer is to train, and where it writes."""

    data: str
    model: str
    epochs: int
    grid: Mapping[str, list[Any]]
    marks: str
    logs: str
    whole_epochs: bool = False

    @classmethod
    def from_arguments(cls) -> PeerJob:
        job = json.loads(Path(sys.argv[1]).read_text())
        Path(sys.argv[2]).mkdir(parents=True, exist_ok=True)
        return cls(
            job["data"],
            job["model"],
            job["epochs"],
            job["grid"],
            job["marks"],
            sys.argv[2],
            bool(job.get("whole_epochs")),
        )

    def points(self) -> Iterator[dict[str, Any]]:
        for values in itertools.product(*self.grid.values()):
            yield dict(zip(self.grid, values, strict=True))


def load(path: str) -> dict[str, Any]:
    """Arrays x_train, y_train, x_validation, y_validation."""
    import numpy as np

    with np.load(path) as archive:
        return {name: archive[name] for name in archive.files}


def batch_size(arrays: Mapping[str, Any], point: Mapping[str, Any]) -> int:
    return len(arrays["x_train"]) if point["batch"] == "full" else point["batch"]


def mark(job: PeerJob, began: float) -> None:
    """Note when a run began and ended (seconds since the epoch)."""
    with Path(job.marks).open("a") as file:
        file.write(json.dumps([began, time.time()]) + "\n")


def name(point: Mapping[str, Any]) -> str:
    return ",".join(f"{key}={value}" for key, value in point.items())
