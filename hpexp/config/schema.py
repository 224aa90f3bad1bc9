"""The experiment file as a pydantic model: every key, what it takes, what it means when it is absent."""

# Annotations are real ones here: pydantic would have to compile those of `from __future__`.
from typing import Annotated, Any

from pydantic import ConfigDict, Field, PlainValidator, ValidationInfo, model_validator

from hpexp.config import fields, wording
from hpexp.config.collect import Collector, worded
from hpexp.config.grid import read_grid, read_params, read_points
from hpexp.config.sections import (
    LimitsSection,
    ObjectiveSection,
    ResourcesSection,
    Section,
    SplitSection,
    StoppingSection,
    TensorBoardSection,
    TrainingSection,
    read_objective,
    read_stopping,
)
from hpexp.config.sources import NamedModel, read_data, read_model
from hpexp.config.values import whole
from hpexp.model import Block, Params

MAX_SEEDS = 10_000


def _seeds(value: Any) -> tuple[int, ...]:
    if isinstance(value, list):
        seeds: dict[int, None] = {}
        collector = Collector()
        for index, each in enumerate(value):
            seed = whole(each)
            if seed is None or not 0 <= seed <= fields.LARGEST:
                collector.add((index,), f"{wording.kind(each)} is not a whole number from 0")
            elif seed in seeds:
                collector.add((index,), f"the seed {seed} is repeated")
            else:
                seeds[seed] = None
        if not 1 <= len(value) <= MAX_SEEDS:
            collector.add((), f"{len(value):,} seeds; a list needs 1 to {MAX_SEEDS:,}")
        collector.finish()
        return tuple(seeds)
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
    data: Annotated[Any, PlainValidator(read_data)] = Field(description="what to learn from")
    model: Annotated[Any, PlainValidator(read_model)] = Field(description="what to train")
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
    early_stopping: Annotated[Any, PlainValidator(read_stopping)] = Field(
        None, description="when to stop a run; true for the defaults"
    )
    objective: Annotated[Any, PlainValidator(read_objective)] = Field(
        None, description="the metric that ranks runs"
    )
    tensorboard: TensorBoardSection = Field(default_factory=TensorBoardSection.model_construct)
    training: TrainingSection = Field(default_factory=TrainingSection.model_construct)
    limits: LimitsSection = Field(default_factory=LimitsSection.model_construct)
    engine: fields.Engine = Field(
        "auto",
        description="how runs are trained: compiled, many at once, or fit, one by one; ids do not change",
    )
    timeout: fields.Seconds | None = Field(None, description="as limits.timeout")
    idle_timeout: fields.Seconds | None = Field(None, description="as limits.idle_timeout")
    retries: fields.Retries = Field(0, description="as limits.retries")
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
