"""A checked file -> an Experiment: defaults, paths, and what only several keys together can tell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from hpexp.config import metrics, wording
from hpexp.config.facts import task_of_data
from hpexp.config.grid import MAX_POINTS, count_points
from hpexp.config.node import Node
from hpexp.config.node import Path as Place
from hpexp.config.schema import LIMITS, File
from hpexp.config.sections import ObjectiveSection, SplitSection, StoppingSection
from hpexp.config.sources import DataSection, NamedModel
from hpexp.config.translate import problem_at
from hpexp.dataloss import canonical
from hpexp.errors import Problem
from hpexp.model import (
    DataSpec,
    EarlyStopping,
    Experiment,
    Limits,
    ModelSpec,
    Objective,
    Resources,
    Split,
    Taken,
    TensorBoardOptions,
    TrainingOptions,
)
from hpexp.vocabulary import KERAS_DATA


def build(
    file: File, root: Node, path: Path, folder: str, text: str, *, smoke: bool
) -> tuple[Experiment, list[Problem]]:
    """The experiment, and what is wrong with it; it is to be used only when nothing is."""
    data = _data(file, folder)
    task = task_of_data(data)
    early_stopping = _early_stopping(file)
    objective = _objective(file, metrics.default(task, data.split.validation > 0))
    experiment = Experiment(
        name=file.name or path.stem,
        description=file.description,
        path=str(path),
        text=text,
        data=data,
        model=_model(file, folder),
        params=file.params,
        grid=file.grid,
        include=file.include,
        exclude=file.exclude,
        seeds=file.seeds,
        early_stopping=early_stopping,
        objective=objective,
        repeats=_split(file).repeats,
        tensorboard=TensorBoardOptions(_graph(file.tensorboard.graph), file.tensorboard.histograms),
        training=TrainingOptions(file.training.checkpoint_every, file.training.save_model),
        limits=_limits(file),
        resources=Resources(**{name: getattr(file.resources, name) for name in RESOURCES}),
        places=_places(root),
        engine=file.engine,
        smoke=smoke,
    )
    found = [
        *_twice(file),
        *_wrong_metrics(file, experiment, task),
        *_two_epochs(file),
        *_nothing_to_repeat(file),
        *_too_many(experiment),
    ]
    return experiment, [problem_at(root, place, message) for place, message in found]


def _places(root: Node) -> dict[str, tuple[int, int]]:
    """Where names of parameters stand first: the keys of `grid`, `include` and `params`, at any depth."""
    places: dict[str, tuple[int, int]] = {}
    top = root.value if isinstance(root.value, dict) else {}
    waiting = [top[section] for section in ("params", "include", "grid") if section in top]
    while waiting:
        node = waiting.pop()
        for name, place in node.keys.items():
            places.setdefault(name, place)
        below = list(node.value.values()) if isinstance(node.value, dict) else node.value
        if isinstance(below, list):
            waiting.extend(each for each in reversed(below) if isinstance(each.value, dict | list))
    return places


RESOURCES = ("memory", "jobs", "disk", "examples", "loading")

Found = Iterator[tuple[Place, str]]


def _data(file: File, folder: str) -> DataSpec:
    section: DataSection = file.data
    source = str(getattr(section, section.origin))
    kind: Literal["builtin", "keras", "csv", "parquet", "npz", "images", "python"]
    match section.origin:
        case "csv" | "parquet" | "npz" | "images" | "python" as kind:
            pass
        case _:
            kind = "keras" if source in KERAS_DATA else "builtin"
    split = _split(file)
    shares = Split(split.validation, split.test, split.seed)
    return DataSpec(kind, source, section.options, shares, folder, section.table)


def _split(file: File) -> SplitSection:
    section: DataSection = file.data
    return section.split or file.split or SplitSection.model_construct()


def _model(file: File, folder: str) -> ModelSpec:
    model = file.model
    if isinstance(model, NamedModel):
        kinds: dict[str, Literal["mlp", "cnn", "linear"]] = {"mlp": "mlp", "cnn": "cnn", "linear": "linear"}
        return ModelSpec(kinds[model.name], model.name, {}, folder)
    return ModelSpec("python", model.python, dict(model.model_extra or {}), folder)


def _early_stopping(file: File) -> EarlyStopping | None:
    section: StoppingSection | None = file.early_stopping
    if section is None:
        return None
    mode = section.mode if "mode" in section.model_fields_set else metrics.mode(section.monitor)
    return EarlyStopping(canonical(section.monitor), section.patience, section.min_delta, mode)


def _objective(file: File, default: str) -> Objective:
    section: ObjectiveSection | None = file.objective
    epoch = _epoch(file)
    if section is None:
        return Objective(default, metrics.mode(default), epoch)
    mode = section.mode if "mode" in section.model_fields_set else metrics.mode(section.metric)
    return Objective(canonical(section.metric), mode, epoch)


def _epoch(file: File) -> Taken:
    """The epoch that a run's numbers are of.

    With epochs as an axis it is the last: the best epochs of runs that differ in nothing else may be
    one and the same.
    """
    objective: ObjectiveSection | None = file.objective
    if objective is not None and "epoch" in objective.model_fields_set:
        return objective.epoch
    if file.early_stopping is not None:
        return "best" if file.early_stopping.restore_best else "last"
    return "last" if _varies_epochs(file) else "best"


def _varies_epochs(file: File) -> bool:
    axes = (axis for block in file.grid for axis in block)
    several = any("epochs" in axis.names and len(axis.values) > 1 for axis in axes)
    return several or any("epochs" in point for point in file.include)


def _two_epochs(file: File) -> Found:
    """Metrics of one epoch and weights of another are what nobody may ask for."""
    objective, stopping = file.objective, file.early_stopping
    if objective is None or stopping is None or "epoch" not in objective.model_fields_set:
        return
    if "restore_best" in stopping.model_fields_set and stopping.restore_best != (objective.epoch == "best"):
        restored = "true" if stopping.restore_best else "false"
        yield (
            ("objective", "epoch"),
            f"{objective.epoch} is not the epoch that early_stopping ends with under restore_best: {restored}"
            "; keep one of the two keys",
        )


def _graph(value: str | bool) -> Literal["first", "all", "none"]:
    match value:
        case "all" | "none":
            return value
    return "first"


def _limits(file: File) -> Limits:
    def chosen(name: str) -> object:
        return getattr(file if name in file.model_fields_set else file.limits, name)

    return Limits(**{name: chosen(name) for name in LIMITS})  # type: ignore[arg-type]


def _nothing_to_repeat(file: File) -> Found:
    split = _split(file)
    if split.repeats > 1 and not split.validation and file.data.origin != "python":
        place = ("split", "repeats") if file.split is not None else ("data", "split", "repeats")
        yield place, "each repeat draws another validation split, but validation is 0"


def _twice(file: File) -> Found:
    if file.split is not None and file.data.split is not None:
        yield ("split",), "the split is given here and under data; keep one"
    for name in LIMITS:
        if name in file.model_fields_set and name in file.limits.model_fields_set:
            yield (name,), f"{name} is given here and under limits; keep one"


def _wrong_metrics(file: File, experiment: Experiment, task: str | None) -> Found:
    allowed = metrics.known(task)
    has_validation = experiment.data.split.validation > 0 or experiment.data.kind == "python"
    asked: list[tuple[Place, str]] = []
    if file.objective is not None:
        asked.append((("objective", "metric"), experiment.objective.metric))
    if experiment.early_stopping is not None:
        asked.append((("early_stopping", "monitor"), experiment.early_stopping.monitor))
    for place, metric in asked:
        if metric not in allowed:
            yield place, wording.one_of(metric, allowed, f"a metric of {task}, not one")
        elif metric.startswith("val_") and not has_validation:
            yield place, f"{metric} is never measured, because split gives validation no examples"


def _too_many(experiment: Experiment) -> Found:
    points, seeds = count_points(experiment.grid), len(experiment.seeds)
    runs = (points + len(experiment.include)) * seeds * experiment.repeats
    if runs > MAX_POINTS:
        times = f" × {seeds} seeds" if seeds > 1 else ""
        times += f" × {experiment.repeats} splits" if experiment.repeats > 1 else ""
        yield ("grid",), f"{points:,} points{times} are {runs:,} runs; at most {MAX_POINTS:,} are allowed"
