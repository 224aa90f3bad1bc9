"""A group of runs through the compiled engine."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from hpexp.messages import Job, Phase, Report
from hpexp.model import Experiment, Run
from hpexp.train.compiled.part import Part
from hpexp.train.compiled.table import Lane, sort_lanes, structure
from hpexp.train.data import Arrays
from hpexp.train.imports import import_function
from hpexp.train.output import belonging_to


def train_group(job: Job, arrays: Arrays, emit: Callable[[Report], None]) -> None:
    """Train the job's runs as lanes of compiled programs.

    Raises NotCompilable before any message where a model cannot be trained this way.
    """
    emit(Phase("importing the model"))
    named = _named_parameters(job.experiment)
    structures: dict[Any, list[Lane]] = {}
    for run in job.group.runs:
        lanes = structures.setdefault(structure(run.params, named), [])
        lanes.append(Lane(run, _epochs(job.experiment, run)))
    parts = []
    for lanes in structures.values():
        emit(Phase("building the model"))
        with belonging_to(lanes[0].run.id):
            parts.append((lanes[0].run.id, Part(job, sort_lanes(lanes), arrays)))
    for first, part in parts:
        emit(Phase("proving the compiled program"))
        with belonging_to(first):
            part.try_out()
    for first, part in parts:
        emit(Phase("compiling"))
        with belonging_to(first):
            part.train(emit)


def _epochs(experiment: Experiment, run: Run) -> int:
    epochs = run.params["epochs"]
    assert isinstance(epochs, int)
    return 1 if experiment.smoke else epochs


def _named_parameters(experiment: Experiment) -> frozenset[str]:
    """The parameters that an own model's function takes: they decide what it builds."""
    if experiment.model.kind != "python":
        return frozenset()
    function = import_function(experiment.model.source, experiment.model.folder)
    return frozenset(inspect.signature(function).parameters)
