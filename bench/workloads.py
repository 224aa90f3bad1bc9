"""What is trained: grids that every contender trains alike."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Grid = Mapping[str, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Workload:
    """A grid of runs on one data set.

    `grid` maps axes (`learning_rate`, `optimizer`, `batch`, `activation`, `seed`) to their
    values; `batch` is `full` or a number of examples. `subsets` says how many values of an axis
    a contender trains where the whole grid would take it too long, by the contender's key or,
    under `peers`, for every contender that is not hpexp.
    """

    key: str
    title: str
    data: str
    """`digits`, `images` (digits as 8×8 images) or `mnist` (made, of MNIST's size)."""
    model: str
    epochs: int
    grid: Grid
    subsets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    """Contenders left out for time: they train as the plain loop does, in about its time."""
    sane_accuracy: float = 0.5
    """The best run's validation accuracy is above this, or a contender trained nothing."""

    @property
    def runs(self) -> int:
        return math.prod(len(values) for values in self.grid.values())

    def points(self) -> Iterator[dict[str, Any]]:
        """Every run's parameters, in grid order."""
        for values in itertools.product(*self.grid.values()):
            yield dict(zip(self.grid, values, strict=True))

    def part_for(self, contender: str, *, peer: bool) -> Workload:
        """The part of the grid that a contender really trains."""
        keep = self.subsets.get(contender) or (self.subsets.get("peers") if peer else None) or {}
        grid = {name: values[: keep.get(name, len(values))] for name, values in self.grid.items()}
        return replace(self, grid=grid)


def _log_range(low: float, high: float, n: int) -> tuple[float, ...]:
    """`n` rates with equal ratios, in an order that puts the middle ones first (subsets take the first)."""
    values = [round(low * (high / low) ** (index / (n - 1)), 10) for index in range(n)]
    return tuple(sorted(values, key=lambda value: abs(math.log(value / math.sqrt(low * high)))))


WORKLOADS = {
    workload.key: workload
    for workload in (
        Workload(
            "a", "24 runs: 3 learning rates × 2 optimizers × 2 batch modes × 2 activations, 10 epochs, "
            "digits",
            "digits", "mlp", 10,
            {"activation": ("relu", "tanh"), "batch": ("full", 32), "optimizer": ("adam", "sgd"),
             "learning_rate": (0.01, 0.001, 0.1), "seed": (0,)},
            {"process_per_run": {"learning_rate": 1, "activation": 1}},
        ),
        Workload(
            "b", "240 runs: 10 learning rates × 2 optimizers × 2 activations × 2 batch modes × 3 seeds, "
            "20 epochs, digits",
            "digits", "mlp", 20,
            {"activation": ("relu", "tanh"), "batch": ("full", 32), "optimizer": ("adam", "sgd"),
             "learning_rate": _log_range(1e-4, 1e-1, 10), "seed": (0, 1, 2)},
            {"peers": {"learning_rate": 2, "seed": 1}, "hpexp_fit": {"learning_rate": 2, "seed": 1},
             "process_per_run": {"learning_rate": 1, "seed": 1, "activation": 1}},
        ),
        Workload(
            "c", "8 runs, stochastic (one example an update), 3 epochs, digits",
            "digits", "mlp", 3,
            {"activation": ("relu", "tanh"), "optimizer": ("adam", "sgd"), "learning_rate": (0.001, 0.0003),
             "batch": (1,), "seed": (0,)},
            {"peers": {"learning_rate": 1}, "process_per_run": {"learning_rate": 1, "activation": 1}},
        ),
        *(
            Workload(
                f"d{batch}", f"4 runs: 4 learning rates, batch {batch}, 2 epochs, 60,000 × 784 made inputs",
                "mnist", "mlp", 2,
                {"batch": (batch,), "learning_rate": (0.03, 0.01, 0.02, 0.005), "optimizer": ("sgd",),
                 "activation": ("relu",), "seed": (0,)},
                {"process_per_run": {"learning_rate": 1}},
            )
            for batch in (32, 128)
        ),
        Workload(
            "e", "8 runs of a small convolutional network, 5 epochs, digits as 8×8 images",
            "images", "cnn", 5,
            {"optimizer": ("adam", "sgd"), "learning_rate": (0.003, 0.001, 0.01, 0.03),
             "batch": (32,), "activation": ("relu",), "seed": (0,)},
            {"process_per_run": {"learning_rate": 1}},
        ),
        Workload(
            "warm", "32 runs: 4 learning rates × 2 optimizers × 2 activations × 2 seeds, batch 32, "
            "40 epochs, digits",
            "digits", "mlp", 40,
            {"activation": ("relu", "tanh"), "batch": (32,), "optimizer": ("adam", "sgd"),
             "learning_rate": (0.001, 0.01, 0.0003, 0.003), "seed": (0, 1)},
            {"peers": {"learning_rate": 1, "seed": 1}, "hpexp_fit": {"learning_rate": 1, "seed": 1}},
            ("keras_tuner", "optuna", "ray", "process_per_run"),
        ),
    )
}  # fmt: skip


def smallest(workload: Workload) -> Workload:
    """One epoch of two runs, to see that every contender works."""
    (axis, values), *others = workload.grid.items()
    grid = {axis: values[:2], **{name: first[:1] for name, first in others}}
    title = f"Smoke run, two runs of one epoch; of: {workload.title}"
    return replace(workload, title=title, epochs=1, grid=grid, subsets={}, without=(), sane_accuracy=0.0)


HIDDEN = 128
FILTERS = (16, 32)
MNIST_EXAMPLES, MNIST_VALIDATION, MNIST_FEATURES = 70_000, 10_000, 784


def flops(workload: Workload) -> float | None:
    """Floating-point operations of a whole mlp workload, products alone; `None` for a cnn.

    Two per weight and example forward, four backward (Goodfellow et al., Deep Learning, 6.5):
    6 × weights × training examples + 2 × weights × validation examples, per epoch and run.
    """
    if workload.model != "mlp":
        return None
    train, validation, features = {
        "digits": (1079, 359, 64),
        "mnist": (MNIST_EXAMPLES - MNIST_VALIDATION, MNIST_VALIDATION, MNIST_FEATURES),
    }[workload.data]
    weights = features * HIDDEN + HIDDEN * 10
    return workload.runs * workload.epochs * weights * (6.0 * train + 2.0 * validation)
