"""Workloads as hpexp's experiment files."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench import data
from bench.workloads import FILTERS, HIDDEN, Workload

NAME = "bench"


def program() -> str:
    """The installed command, as a person types it."""
    return str(Path(sys.executable).parent / "hpexp")


def text(workload: Workload, data_folder: Path) -> str:
    """The experiment file; JSON is YAML."""
    grid: dict[str, Any] = {}
    params: dict[str, Any] = {"hidden": [HIDDEN], "epochs": workload.epochs}
    if workload.model == "cnn":
        params["filters"] = list(FILTERS)
    for name, values in workload.grid.items():
        if name == "seed":
            continue
        named = ["stochastic" if name == "batch" and value == 1 else value for value in values]
        if len(named) > 1:
            grid[name] = named
        else:
            params[name] = named[0]
    experiment = {
        "name": NAME,
        "data": "digits",
        "model": workload.model,
        "params": params,
        "grid": grid,
        "seeds": list(workload.grid["seed"]),
    }
    if workload.data == "mnist":
        experiment["data"] = {
            "npz": str(data.whole_file(data_folder, "mnist")),
            "split": data.mnist_split(),
        }
    return dump(experiment)


def dump(experiment: Mapping[str, Any]) -> str:
    return json.dumps(experiment, indent=2) + "\n"
