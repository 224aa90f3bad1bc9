"""Medians of what was measured: pure."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """One contender on one workload; medians. Seconds, bytes; `None` where it failed.

    `training` is the time without start-up; compiling is part of it. The three
    `times_hpexp` are how many times hpexp's seconds, training and warm epoch it took.

    `warm_epoch` is an epoch of one run from the second on: no import, no compiling.

    `share` is its arithmetic per second of training, start-up not counted, over the
    machine's rate of float32 products; `share_of_all` the same of the whole time.
    """

    key: str
    title: str
    seconds: float | None
    spread: tuple[float, float]
    start_up: float
    training: float
    per_run: float
    per_epoch: float
    warm_epoch: float | None
    times_hpexp: float | None
    training_times_hpexp: float | None
    warm_times_hpexp: float | None
    peak_memory: float
    cpu: float
    measured_runs: int
    extrapolated: bool
    repeats: int
    best_accuracy: float
    mean_accuracy: float
    share: float | None
    share_of_all: float | None
    problem: str | None


def rows(part: Mapping[str, Any]) -> list[Row]:
    """Every contender of a workload, slowest first; failed ones last."""
    measured = part.get("contenders", {})
    found = [_row(key, entry, part, _good(measured.get("hpexp", {}))) for key, entry in measured.items()]
    return sorted(found, key=lambda row: -(row.seconds if row.seconds is not None else -1.0))


def _row(
    key: str, entry: Mapping[str, Any], part: Mapping[str, Any], of_hpexp: list[Mapping[str, Any]]
) -> Row:
    good = _good(entry)
    hpexp, hpexp_training = _median(of_hpexp, "whole"), _median(of_hpexp, "training")
    warm, hpexp_warm = _median(good, "warm_epoch"), _median(of_hpexp, "warm_epoch")
    problems = [sample["problem"] for sample in entry["samples"] if "problem" in sample]
    seconds = _median(good, "whole")
    flops, rate = part.get("flops"), part.get("matmul_rate")
    training = _median(good, "training") or 0.0
    walls = [sample["whole"] for sample in good] or [0.0]

    def share(time: float | None) -> float | None:
        return flops / time / rate if flops and rate and time else None

    return Row(
        key=key,
        title=entry["title"],
        seconds=seconds,
        spread=(min(walls), max(walls)),
        start_up=_median(good, "start_up") or 0.0,
        training=training,
        per_run=(seconds or 0.0) / part["runs"],
        per_epoch=(seconds or 0.0) / part["runs"] / part["epochs"],
        warm_epoch=warm,
        times_hpexp=seconds / hpexp if seconds and hpexp else None,
        training_times_hpexp=training / hpexp_training if training and hpexp_training else None,
        warm_times_hpexp=warm / hpexp_warm if warm and hpexp_warm else None,
        peak_memory=_median(good, "peak_memory") or 0.0,
        cpu=_median(good, "cpu") or 0.0,
        measured_runs=good[0]["measured_runs"] if good else 0,
        extrapolated=bool(good and good[0]["extrapolated"]),
        repeats=len(good),
        best_accuracy=_median(good, "best_accuracy") or 0.0,
        mean_accuracy=_median(good, "mean_accuracy") or 0.0,
        share=share(training),
        share_of_all=share(seconds),
        problem=problems[0] if problems else None,
    )


def _good(entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [sample for sample in entry.get("samples", ()) if "problem" not in sample]


def _median(samples: list[Mapping[str, Any]], name: str) -> float | None:
    values = [sample[name] for sample in samples if sample.get(name) is not None]
    return statistics.median(values) if values else None
