"""How many examples data sets that are known by name have, and of what shape."""

from __future__ import annotations

DOWNLOADS = {"mnist": 60_000, "fashion_mnist": 60_000, "cifar10": 50_000, "cifar100": 50_000}
"""Training examples of data that Keras downloads."""
DOWNLOADED_TEST = 10_000
"""Test examples of each of them."""
SHAPES = {
    "digits": (8, 8, 1), "iris": (4,), "wine": (13,), "breast_cancer": (30,), "diabetes": (10,),
    "blobs": (2,), "moons": (2,), "spirals": (2,), "mnist": (28, 28, 1), "fashion_mnist": (28, 28, 1),
    "cifar10": (32, 32, 3), "cifar100": (32, 32, 3),
}  # fmt: skip
"""Of one example."""
