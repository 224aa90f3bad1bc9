"""A group of runs through the compiled engine."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from hpexp.messages import Job, Phase, Report
from hpexp.model import Experiment, Run
from hpexp.train import traces
from hpexp.train.compiled.blueprint import NotCompilable, Proven, Way
from hpexp.train.compiled.part import Part
from hpexp.train.compiled.table import Lane, sort_lanes, structure
from hpexp.train.compiled.verdicts import judge
from hpexp.train.data import Arrays
from hpexp.train.imports import import_function
from hpexp.train.output import belonging_to


def train_group(job: Job, arrays: Arrays, emit: Callable[[Report], None]) -> dict[str, str]:
    """Train the job's runs as lanes of compiled programs.

    Returns why some were not trained, by their ids: those whose model would not be trained as
    under `fit`. All else that can go wrong with a model does so before any run has started.
    """
    emit(Phase("importing the model"))
    named = _named_parameters(job.experiment)
    structures: dict[Any, list[Lane]] = {}
    for run in job.group.runs:
        lanes = structures.setdefault(structure(run.params, named), [])
        lanes.append(Lane(run, _epochs(job.experiment, run)))
    refused: dict[str, str] = {}
    parts: list[tuple[str, Part]] = []
    for lanes in structures.values():
        emit(Phase("building the model"))
        with belonging_to(lanes[0].run.id):
            for proven, own in _proven(job, sort_lanes(lanes), arrays, emit, refused):
                part = Part(job, own, arrays, proven)
                emit(Phase("compiling"))
                try:
                    part.try_out()
                except NotCompilable as reason:
                    refused |= {lane.run.id: str(reason) for lane in own}
                else:
                    parts.append((own[0].run.id, part))
    if replaced := traces.patched():
        return {run.id: f"own code has replaced {replaced}" for run in job.group.runs}
    for first, part in parts:
        emit(Phase("compiling"))
        with belonging_to(first):
            refused |= part.train(emit)
    return refused


def _proven(
    job: Job,
    lanes: Sequence[Lane],
    arrays: Arrays,
    emit: Callable[[Report], None],
    refused: dict[str, str],
) -> Iterator[tuple[Proven | None, Sequence[Lane]]]:
    """Lanes that train together, and how; of an own model those alone that passed its proof."""
    if job.experiment.model.kind != "python":
        yield None, lanes
        return
    emit(Phase("proving the compiled program"))
    together: dict[Proven, list[Lane]] = {}
    for kind, verdict in judge(job, lanes, arrays, emit):
        if verdict.reason:
            refused |= {lane.run.id: verdict.reason for lane in kind}
        else:
            together.setdefault(Proven(Way(verdict.way), verdict.xla), []).extend(kind)
    for proven, passed in together.items():
        yield proven, sort_lanes(passed)


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
