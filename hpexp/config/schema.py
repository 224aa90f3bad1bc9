"""The experiment file as pydantic models: every key, what it takes, what it means when it is absent."""

# Annotations are real ones here: pydantic would have to compile those of `from __future__`.
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationInfo, model_validator

from hpexp.config import fields, wording
from hpexp.config.collect import Collector, worded
from hpexp.config.grid import read_grid, read_params, read_points
from hpexp.config.values import own_value, whole
from hpexp.model import Block, Params
from hpexp.vocabulary import BUILTIN_DATA, KERAS_DATA, MODELS

MAX_SEEDS = 10_000
Task = Annotated[Literal["classification", "regression"], fields.choice("classification", "regression")]


class Section(BaseModel):
    """A map with known keys. Problems of all keys are found, not only the first."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


def _option(unset: Any, description: str) -> Any:
    """A key whose default depends on others; `unset` only fills its place."""

    def hide(schema: dict[str, Any]) -> None:
        del schema["default"]

    return Field(unset, description=description, json_schema_extra=hide)


class SplitSection(Section):
    """Shares of the examples, stratified by class, and the seed that picks them."""

    validation: fields.Share = Field(0.2, description="share of the examples that ranks runs")
    test: fields.Share = Field(0.2, description="share of the examples scored once, at the end")
    seed: fields.Seed = Field(0, description="picks the examples")

    @model_validator(mode="after")
    def _leave_some(self) -> Self:
        if self.validation + self.test >= 1:
            raise worded(f"validation {self.validation:g} and test {self.test:g} leave nothing to train on")
        return self


class DataSection(Section):
    """What the forms of `data` share."""

    origin: ClassVar[str]
    """The key that tells which form it is."""

    split: SplitSection | None = None

    @property
    def options(self) -> Params:
        """What the file sets besides the source and the split."""
        names = set(type(self).model_fields) - {self.origin, "split"}
        return {
            name: getattr(self, name)
            for name in type(self).model_fields
            if name in names & self.model_fields_set
        }


class NamedData(DataSection):
    """A data set that hpexp knows by name."""

    origin = "name"
    name: Annotated[str, fields.choice(*BUILTIN_DATA, *KERAS_DATA)] = Field(
        description="built in, or downloaded by Keras on first use",
        json_schema_extra={"enum": [*BUILTIN_DATA, *KERAS_DATA]},
    )
    examples: fields.Examples = Field(500, description="blobs, moons, spirals: how many")
    noise: fields.Positive = _option(
        0.0, "spread of the examples; else 1 in blobs, 0.2 in moons, 0.1 in spirals"
    )
    classes: fields.Classes = _option(0, "how many classes; else 3 in blobs, 2 in spirals")
    seed: fields.Seed = Field(0, description="blobs, moons, spirals: draws the examples")

    @model_validator(mode="after")
    def _takes(self) -> Self:
        made = self.name in ("blobs", "moons", "spirals")
        allowed = {"examples", "noise", "seed"} | ({"classes"} if self.name != "moons" else set())
        collector = Collector()
        for name in self.options:
            if not made or name not in allowed:
                takes = f"takes {', '.join(sorted(allowed))} and split" if made else "takes split alone"
                collector.add((name,), f"{self.name} has no {name}; it {takes}", key=True)
        collector.finish()
        return self


class CsvData(DataSection):
    """A CSV file with a header line."""

    origin = "csv"
    csv: fields.FilePath = Field(description="the file; relative to the experiment file")
    target: fields.Text = Field(description="the column to learn")
    task: Task = _option("classification", "what to learn; found from the target where not given")


class NpzData(DataSection):
    """A NumPy archive."""

    origin = "npz"
    npz: fields.FilePath = Field(description="the file; relative to the experiment file")
    x: fields.Text = Field("x", description="the array of inputs")
    y: fields.Text = Field("y", description="the array of targets")
    task: Task = _option("classification", "what to learn; found from the targets where not given")


def _size(value: Any) -> tuple[int, ...]:
    sizes = [whole(each) for each in (value if isinstance(value, list) else [value])]
    if len(sizes) not in (1, 2) or not all(each and 1 <= each <= 4096 for each in sizes):
        raise worded(f"{wording.kind(value)} is not a size: 32 or [rows, columns], each from 1 to 4096")
    return tuple(each for each in sizes if each)


class ImagesData(DataSection):
    """A folder with one folder of images a class."""

    origin = "images"
    images: fields.FolderPath = Field(description="the folder; relative to the experiment file")
    size: Annotated[int | list[int], PlainValidator(_size)] = Field(
        32, description="rows and columns that images are scaled to"
    )
    color: Annotated[Literal["rgb", "grayscale"], fields.choice("rgb", "grayscale")] = Field(
        "rgb", description="rgb or grayscale"
    )


class _OwnOptions(Section):
    """Own keyword parameters of a function, whatever their names."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _scalars(cls, value: dict[str, Any]) -> dict[str, Any]:
        collector = Collector()
        result = dict(value)
        for name in value.keys() - cls.model_fields.keys():
            if not name.isidentifier():
                collector.add((name,), f"{wording.show(name)} cannot be a keyword parameter", key=True)
                continue
            with collector.at((name,)):
                result[name] = own_value(value[name])
        collector.finish()
        return result


class PythonData(DataSection, _OwnOptions):
    """A function that returns (x, y), or a dict of such pairs; other keys are its keyword parameters."""

    origin = "python"
    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)
    python: fields.Function = Field(description="module:function, next to the experiment file or installed")
    task: Task = _option("classification", "what to learn; found from the targets where not given")

    @property
    def options(self) -> Params:
        given = {"task": self.task} if "task" in self.model_fields_set else {}
        return {**given, **(self.model_extra or {})}


class PythonModel(_OwnOptions):
    """A function that returns an uncompiled keras.Model; other keys are its keyword parameters."""

    python: fields.Function = Field(description="module:function, next to the experiment file or installed")


class NamedModel(Section):
    """A built-in model."""

    name: Annotated[str, fields.choice(*MODELS)] = Field(json_schema_extra={"enum": [*MODELS]})


class StoppingSection(Section):
    """When a run stops early; the meaning of keras.callbacks.EarlyStopping."""

    monitor: fields.Metric = Field("val_loss", description="the metric watched")
    patience: fields.Whole = Field(3, description="epochs without improvement before it stops")
    min_delta: fields.Positive = Field(0.0, description="smallest change that counts as improvement")
    restore_best: fields.Flag = Field(True, description="go back to the weights of the best epoch")
    mode: Annotated[Literal["min", "max"], fields.choice("min", "max")] = _option(
        "min", "known from the metric where not given"
    )


class ObjectiveSection(Section):
    """What ranks runs."""

    metric: fields.Metric = Field(description="a metric's name")
    mode: Annotated[Literal["min", "max"], fields.choice("min", "max")] = _option(
        "min", "known from the metric where not given"
    )


def _graph(value: Any) -> str:
    names = {True: "first", False: "none", "first": "first", "all": "all", "none": "none"}
    if isinstance(value, bool | str) and value in names:
        return names[value]
    raise worded(wording.one_of(value, ("first", "all", "none", "true", "false")))


class TensorBoardSection(Section):
    """What to log besides the scalars."""

    graph: Annotated[Literal["first", "all", "none"] | bool, PlainValidator(_graph)] = Field(
        "first", description="the model's graph: of the first run of each structure, of all, of none"
    )
    histograms: fields.Whole = Field(0, description="weights' histograms every so many epochs; 0 for never")


class TrainingSection(Section):
    """How runs are trained, without changing what they learn."""

    checkpoint_every: fields.Whole = Field(
        0,
        description="epochs from one checkpoint to the next; 0 for never; a run goes on from there",
    )
    save_model: fields.Flag = Field(False, description="keep each run's model as model.keras")


class LimitsSection(Section):
    """What a run, and the whole experiment, may cost."""

    timeout: fields.Seconds | None = Field(None, description="time limit of a run: 90, 30s, 5m, 2h")
    idle_timeout: fields.Seconds | None = Field(
        None, description="time without an epoch's end before a run is ended"
    )
    retries: Annotated[int, fields._whole(0, 100)] = Field(
        0, description="how often a failed run is tried again"
    )
    max_failures: fields.Count | None = Field(None, description="failed runs after which the experiment ends")


class ResourcesSection(Section):
    """What hpexp may use of the machine."""

    memory: fields.Memory | None = Field(None, description="memory of one worker's runs: 4GB")
    jobs: Annotated[int, fields._whole(1, 1024)] | None = Field(None, description="worker processes")


DATA_FORMS: dict[str, type[DataSection]] = {
    form.origin: form for form in (NamedData, CsvData, NpzData, ImagesData, PythonData)
}


def _data(value: Any, info: ValidationInfo) -> DataSection:
    if isinstance(value, str):
        value = {"name": value}
    if not isinstance(value, dict):
        raise worded(f"{wording.kind(value)} is neither a data set's name nor a map")
    found = [key for key in DATA_FORMS if key in value]
    if len(found) != 1:
        what = f"{' and '.join(found)} exclude each other" if found else "it does not say which data"
        raise worded(f"{what}; give one of {', '.join(DATA_FORMS)}")
    return DATA_FORMS[found[0]].model_validate(value, context=info.context)


def _model(value: Any, info: ValidationInfo) -> NamedModel | PythonModel:
    if isinstance(value, str):
        if value not in MODELS:
            hint = ' (an own one: {python: "module:function"})'
            raise worded(wording.one_of(value, MODELS) + hint)
        value = {"name": value}
    if not isinstance(value, dict) or not value.keys() & {"name", "python"}:
        raise worded(
            f"{wording.kind(value)} is no model: "
            f'give one of {", ".join(MODELS)} or {{python: "module:function"}}'
        )
    return (PythonModel if "python" in value else NamedModel).model_validate(value, context=info.context)


def _stopping(value: Any) -> StoppingSection | None:
    if value is None or value is False:
        return None
    if value is True:
        value = {}
    if not isinstance(value, dict):
        raise worded(f"{wording.kind(value)} is neither true, false nor a map with monitor, patience, …")
    return StoppingSection.model_validate(value)


def _objective(value: Any) -> ObjectiveSection:
    return ObjectiveSection.model_validate({"metric": value} if isinstance(value, str) else value)


def _seeds(value: Any) -> tuple[int, ...]:
    if isinstance(value, list):
        seeds = [whole(each) for each in value]
        collector = Collector()
        for index, seed in enumerate(seeds):
            if seed is None or not 0 <= seed <= fields.LARGEST:
                collector.add((index,), f"{wording.kind(value[index])} is not a whole number from 0")
            elif seed in seeds[:index] and len(seeds) <= MAX_SEEDS:
                collector.add((index,), f"the seed {seed} is repeated")
        if not 1 <= len(seeds) <= MAX_SEEDS:
            collector.add((), f"{len(seeds):,} seeds; a list needs 1 to {MAX_SEEDS:,}")
        collector.finish()
        return tuple(seed for seed in seeds if seed is not None)
    count = whole(value)
    if count is None or not 1 <= count <= MAX_SEEDS:
        raise worded(
            f"{wording.kind(value)} is neither a number of seeds, 1 to {MAX_SEEDS}, nor a list of seeds"
        )
    return tuple(range(count))


def _own(info: ValidationInfo) -> bool:
    """Whether the model is an own one, so that params may be its keyword parameters."""
    return bool(info.context and info.context.get("own"))


def _point(value: Any, info: ValidationInfo) -> Params:
    collector = Collector()
    result = read_params(value, collector, own=_own(info))
    collector.finish()
    return result


def _points(value: Any, info: ValidationInfo) -> tuple[Params, ...]:
    collector = Collector()
    result = read_points(value, collector, own=_own(info))
    collector.finish()
    return result


def _grid(value: Any, info: ValidationInfo) -> tuple[Block, ...]:
    collector = Collector()
    result = read_grid(value, collector, own=_own(info))
    collector.finish()
    return result


class File(Section):
    """An hpexp experiment file."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True, title="hpexp experiment")

    schema_: Any = Field(None, alias="$schema", description="for editors; hpexp does not read it")
    name: fields.Name | None = Field(
        None, description="the experiment's name and its log folder's; the file's name where not given"
    )
    description: fields.Text = Field("", description="what the experiment is for")
    data: Annotated[Any, PlainValidator(_data)] = Field(description="what to learn from")
    model: Annotated[Any, PlainValidator(_model)] = Field(description="what to train")
    split: SplitSection | None = None
    params: Annotated[Any, PlainValidator(_point)] = Field({}, description="one value each, for every run")
    grid: Annotated[Any, PlainValidator(_grid)] = Field(
        (), description="axes; their product is the set of runs"
    )
    include: Annotated[Any, PlainValidator(_points)] = Field((), description="single points to add")
    exclude: Annotated[Any, PlainValidator(_points)] = Field(
        (), description="points to leave out: those that have all of the values named"
    )
    seeds: Annotated[Any, PlainValidator(_seeds)] = Field(
        (0,), description="how many replicates of each point (their seeds count from 0), or a list of seeds"
    )
    early_stopping: Annotated[Any, PlainValidator(_stopping)] = Field(
        None, description="when to stop a run; true for the defaults"
    )
    objective: Annotated[Any, PlainValidator(_objective)] = Field(
        None, description="the metric that ranks runs"
    )
    tensorboard: TensorBoardSection = Field(default_factory=TensorBoardSection.model_construct)
    training: TrainingSection = Field(default_factory=TrainingSection.model_construct)
    limits: LimitsSection = Field(default_factory=LimitsSection.model_construct)
    timeout: fields.Seconds | None = Field(None, description="as limits.timeout")
    idle_timeout: fields.Seconds | None = Field(None, description="as limits.idle_timeout")
    retries: Annotated[int, fields._whole(0, 100)] = Field(0, description="as limits.retries")
    max_failures: fields.Count | None = Field(None, description="as limits.max_failures")
    resources: ResourcesSection = Field(default_factory=ResourcesSection.model_construct)

    @model_validator(mode="before")
    @classmethod
    def _absent(cls, value: dict[str, Any]) -> dict[str, Any]:
        """A key without a value is as good as absent."""
        return {key: each for key, each in value.items() if each is not None}


LIMITS = ("timeout", "idle_timeout", "retries", "max_failures")

SECTIONS: dict[str, type[Section]] = {
    "": File,
    "split": SplitSection,
    "early_stopping": StoppingSection,
    "objective": ObjectiveSection,
    "tensorboard": TensorBoardSection,
    "training": TrainingSection,
    "limits": LimitsSection,
    "resources": ResourcesSection,
    "data.split": SplitSection,
    "model": NamedModel,
}
"""The models of maps by their breadcrumb, to say which keys they take; `data` has its own forms."""


def keys_of(section: type[Section]) -> list[str]:
    """The keys a map may have, as they are written."""
    return [field.alias or name for name, field in section.model_fields.items()]
