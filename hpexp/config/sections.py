"""The maps of an experiment file whose keys are fixed: split, early_stopping, limits, …"""

# Annotations are real ones here: pydantic would have to compile those of `from __future__`.
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema, model_validator

from hpexp.config import fields, wording
from hpexp.config.collect import worded

Mode = Annotated[Literal["min", "max"], fields.choice("min", "max")]
Taken = Annotated[Literal["best", "last"], fields.choice("best", "last")]


class Section(BaseModel):
    """A map with known keys. Problems of all keys are found, not only the first."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


def option(unset: Any, description: str) -> Any:
    """A key whose default depends on others; `unset` only fills its place."""

    def hide(schema: dict[str, Any]) -> None:
        del schema["default"]

    return Field(unset, description=description, json_schema_extra=hide)


class SplitSection(Section):
    """Shares of the examples, stratified by class, and the seed that picks them."""

    validation: fields.Share = Field(0.2, description="share of the examples that ranks runs")
    test: fields.Share = Field(0.2, description="share of the examples scored once, at the end")
    seed: fields.Seed = Field(0, description="picks the examples")
    repeats: fields.Repeats = Field(
        1, description="drawings of training and validation, each a replicate of every run"
    )

    @model_validator(mode="after")
    def _leave_some(self) -> Self:
        if self.validation + self.test >= 1:
            raise worded(f"validation {self.validation:g} and test {self.test:g} leave nothing to train on")
        return self


class StoppingSection(Section):
    """When a run stops early; the meaning of keras.callbacks.EarlyStopping."""

    monitor: fields.Metric = Field("val_loss", description="the metric watched")
    patience: fields.Whole = Field(3, description="epochs without improvement before it stops")
    min_delta: fields.Positive = Field(0.0, description="smallest change that counts as improvement")
    restore_best: fields.Flag = Field(
        True, description="go back to the weights of the best epoch; false: objective.epoch is last"
    )
    mode: Mode = option("min", "known from the metric where not given")


class ObjectiveSection(Section):
    """What ranks runs."""

    metric: fields.Metric = Field(description="a metric's name")
    mode: Mode = option("min", "known from the metric where not given")
    epoch: Taken = option(
        "best", "the epoch that metrics, test scores and the saved model are of; last where epochs is an axis"
    )


_GRAPH = {"enum": ["first", "all", "none", True, False]}


def _graph(value: Any) -> str:
    names = {True: "first", False: "none", "first": "first", "all": "all", "none": "none"}
    if isinstance(value, bool | str) and value in names:
        return names[value]
    raise worded(wording.one_of(value, ("first", "all", "none", "true", "false")))


class TensorBoardSection(Section):
    """What to log besides the scalars."""

    graph: Annotated[
        Literal["first", "all", "none"] | bool, PlainValidator(_graph), WithJsonSchema(_GRAPH)
    ] = Field("first", description="the model's graph: of the first run, of all, of none")
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
    retries: fields.Retries = Field(0, description="how often a failed run is tried again")
    max_failures: fields.Count | None = Field(None, description="failed runs after which the experiment ends")


class ResourcesSection(Section):
    """What hpexp may use of the machine."""

    memory: fields.Memory | None = Field(None, description="memory of one worker's data and runs: 4GB")
    jobs: fields.Jobs | None = Field(None, description="worker processes")
    disk: fields.Memory | None = Field(
        None, description="for what a function gives some examples at a time; half of what is free"
    )
    examples: fields.Count = Field(10_000_000, description="after which such data are taken for endless")
    loading: fields.Seconds = Field(600.0, description="time after which such data are taken for endless")


def read_stopping(value: Any) -> StoppingSection | None:
    if value is None or value is False:
        return None
    if value is True:
        value = {}
    if not isinstance(value, dict):
        raise worded(f"{wording.kind(value)} is neither true, false nor a map with monitor, patience, …")
    return StoppingSection.model_validate(value)


def read_objective(value: Any) -> ObjectiveSection:
    return ObjectiveSection.model_validate({"metric": value} if isinstance(value, str) else value)
