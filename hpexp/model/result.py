"""How a run ended, and what it left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from hpexp.model.words import Engine, Status


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a finished file held: its length in bytes and the `zlib.crc32` of all of it."""

    size: int
    checksum: int


Files: TypeAlias = Mapping[str, FileFacts]
"""A run's event files, by their path below its folder."""


@dataclass(frozen=True, slots=True)
class Divergence:
    """Where a run met NaN or infinity first. `epoch` counts from 0, `step` within the epoch."""

    epoch: int
    step: int | None
    what: Literal["loss", "gradient", "weight"]


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended.

    `metrics` are those of `best_epoch` (`loss`, `accuracy`, `val_loss`, …), which is the last where the
    objective says so, `test` the
    same model's on the test split (`loss`, `accuracy`); both are empty where there are
    none. `epochs` counts the epochs trained, `best_epoch` from 0. `seconds` is the
    run's share of the wall time its worker spent.
    """

    status: Status
    epochs: int = 0
    best_epoch: int | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    test: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    error: str | None = None
    """One line for a failed, timed-out or diverged run."""
    traceback: str | None = None
    divergence: Divergence | None = None
    engine: Engine = "fit"
    """The engine that really trained it."""
    engine_reason: str = ""
    """Why an own model was not compiled; '' where it was, or nobody asked for it."""
    devices: str = ""
    fingerprint: str = ""
    """That of the data it was trained on, '' where they could not be had."""
    own_loss: bool = False
    """Whether its losses are the model's own affair: its code computes them, or trains or tests by itself."""
