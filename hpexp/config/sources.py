"""The forms of `data` and `model`."""

# Annotations are real ones here: pydantic would have to compile those of `from __future__`.
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import ConfigDict, Field, PlainValidator, ValidationInfo, WithJsonSchema, model_validator

from hpexp.config import fields, wording
from hpexp.config.collect import Collector, worded
from hpexp.config.sections import Section, SplitSection, option
from hpexp.config.values import own_value, whole
from hpexp.model import Params, TableOptions
from hpexp.vocabulary import BUILTIN_DATA, KERAS_DATA, MODELS

Task = Annotated[Literal["classification", "regression"], fields.choice("classification", "regression")]


class DataSection(Section):
    """What the forms of `data` share."""

    origin: ClassVar[str]
    """The key that tells which form it is."""

    split: SplitSection | None = None

    @property
    def table(self) -> TableOptions:
        """How cells are read, where there are any."""
        return TableOptions()

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
    noise: fields.Positive = option(
        0.0, "spread of the examples; else 1 in blobs, 0.2 in moons, 0.1 in spirals"
    )
    classes: fields.Classes = option(0, "how many classes; else 3 in blobs, 2 in spirals")
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


def _words(value: Any) -> tuple[str, ...]:
    """Texts of cells, as a list or one alone: numbers as they are written, null for an empty cell."""
    collector = Collector()
    words = []
    for index, each in enumerate(value if isinstance(value, list) else [value]):
        if isinstance(each, bool | list | dict):
            collector.add((index,), f"{wording.kind(each)} is not the text of a cell; put it in quotes")
        else:
            words.append("" if each is None else str(each).strip())
    collector.finish()
    return tuple(dict.fromkeys(words))


def _names(value: Any) -> tuple[str, ...]:
    """Columns, as a list or one alone."""
    names = value if isinstance(value, list) else [value]
    collector = Collector()
    for index, each in enumerate(names):
        if not isinstance(each, str):
            collector.add((index,), f"{wording.kind(each)} is not a column's name; put it in quotes")
    collector.finish()
    return tuple(names)


def _sign(value: Any) -> str:
    sign = "\t" if value == "tab" else value
    if not isinstance(sign, str) or len(sign) != 1 or not sign.isascii() or sign in '"\r\n' or sign.isalnum():
        raise worded(f"{wording.kind(value)} does not separate cells; give one sign, such as ; or | or tab")
    return sign


def _one_or_more(item: dict[str, Any]) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [item, {"type": "array", "items": item}]})


Words = Annotated[
    tuple[str, ...], PlainValidator(_words), _one_or_more({"type": ["string", "number", "null"]})
]
Names = Annotated[tuple[str, ...], PlainValidator(_names), _one_or_more({"type": "string"})]
Sign = Annotated[str, PlainValidator(_sign), WithJsonSchema({"type": "string"})]


class TableData(DataSection):
    """What tables share."""

    target: fields.Text = Field(description="the column to learn")
    task: Task = option("classification", "what to learn; found from the target where not given")
    missing: Words = Field((), description='cells that hold no value: NA, ?, "" for empty ones')
    drop: Names = Field((), description="columns to leave out")
    categorical: Names = Field((), description="columns whose numbers are names")

    @property
    def options(self) -> Params:
        return {"target": self.target} | ({"task": self.task} if "task" in self.model_fields_set else {})

    @property
    def table(self) -> TableOptions:
        return TableOptions(missing=self.missing, drop=self.drop, categorical=self.categorical)


class CsvData(TableData):
    """A CSV file with a header line; it may be packed with gzip."""

    origin = "csv"
    csv: fields.FilePath = Field(description="the file; relative to the experiment file")
    delimiter: Sign = Field(",", description="the sign between two cells; tab for a tab")
    decimal: Annotated[Literal[".", ","], fields.choice(".", ",")] = Field(
        ".", description="the sign before a number's fraction"
    )

    @model_validator(mode="after")
    def _differ(self) -> Self:
        if self.delimiter == self.decimal:
            raise worded(f"delimiter and decimal are both {self.decimal}")
        return self

    @property
    def table(self) -> TableOptions:
        return replace(super().table, delimiter=self.delimiter, decimal=self.decimal)


class ParquetData(TableData):
    """A Parquet file."""

    origin = "parquet"
    parquet: fields.FilePath = Field(description="the file; relative to the experiment file")


class NpzData(DataSection):
    """A NumPy archive."""

    origin = "npz"
    npz: fields.FilePath = Field(description="the file; relative to the experiment file")
    x: fields.Text = Field("x", description="the array of inputs")
    y: fields.Text = Field("y", description="the array of targets")
    task: Task = option("classification", "what to learn; found from the targets where not given")


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
    task: Task = option("classification", "what to learn; found from the targets where not given")

    @property
    def options(self) -> Params:
        given = {"task": self.task} if "task" in self.model_fields_set else {}
        return {**given, **(self.model_extra or {})}


class PythonModel(_OwnOptions):
    """A function that returns an uncompiled keras.Model; other keys are its keyword parameters."""

    python: fields.Function = Field(description="module:function, next to the experiment file or installed")


class NamedModel(Section):
    """A built-in model."""

    name: Annotated[str, fields.choice(*MODELS)] = Field(
        description="which one", json_schema_extra={"enum": [*MODELS]}
    )


DATA_FORMS: dict[str, type[DataSection]] = {
    form.origin: form for form in (NamedData, CsvData, ParquetData, NpzData, ImagesData, PythonData)
}


def read_data(value: Any, info: ValidationInfo) -> DataSection:
    if isinstance(value, str):
        value = {"name": value}
    if not isinstance(value, dict):
        raise worded(f"{wording.kind(value)} is neither a data set's name nor a map")
    found = [key for key in DATA_FORMS if key in value]
    if len(found) != 1:
        what = f"{' and '.join(found)} exclude each other" if found else "it does not say which data"
        raise worded(f"{what}; give one of {', '.join(DATA_FORMS)}")
    return DATA_FORMS[found[0]].model_validate(value, context=info.context)


def read_model(value: Any, info: ValidationInfo) -> NamedModel | PythonModel:
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
