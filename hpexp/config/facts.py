"""What can be told of the data without loading it: task, number of examples, fingerprint."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from hpexp.config.classes import Classes, builtin_classes
from hpexp.config.content import content_of_file, stamp_of
from hpexp.config.named import DOWNLOADED_TEST, DOWNLOADS, SHAPES
from hpexp.config.size import image_shape, size_of
from hpexp.config.tables import TableFile, survey
from hpexp.errors import DataError
from hpexp.model import DataFacts, DataSpec, TableFacts, Task
from hpexp.sources import read_own_code
from hpexp.vocabulary import FILES, TABLES

TABLE_VERSION = 1
"""Goes up by one when the cells of a table become other inputs or targets than before."""

SMOKE_TRAIN, SMOKE_OTHER = 64, 32
"""At most so many examples of a split when only trying whether everything runs."""

_TABLES = {"digits": 1797, "iris": 150, "wine": 178, "breast_cancer": 569, "diabetes": 442}
_MADE = 500
"""Examples of blobs, moons and spirals where the file does not say."""


@dataclass(frozen=True, slots=True)
class Source:
    """What a source of data holds: `examples` to split, `None` where only own code could tell.

    `test` is the size of a test set that the source brings itself. `content` is a digest
    of the files, '' for data that are known by name. `shape` is that of one example, where it
    is known, and `notes` are what was assumed.
    """

    task: Task | None
    examples: int | None
    test: int | None = None
    content: str = ""
    shape: tuple[int, ...] | None = None
    notes: tuple[str, ...] = ()
    classes: Classes = ()
    table: TableFacts | None = None


def facts_of(spec: DataSpec, *, smoke: bool = False) -> DataFacts:
    """Task, split sizes and fingerprint.

    Raises:
        DataError: the data cannot be read, or are too few to split.
    """
    source = source_of(spec)
    fingerprint = _fingerprint(spec, source)
    if source.examples is None:
        return DataFacts(fingerprint, source.task, None, None, None)
    train, validation, test = split_sizes(source, spec)
    if smoke:
        train, validation, test = (
            min(train, SMOKE_TRAIN),
            min(validation, SMOKE_OTHER),
            min(test, SMOKE_OTHER),
        )
    size, classes = size_of(spec), source.classes
    return DataFacts(
        fingerprint,
        source.task,
        train,
        validation,
        test,
        size,
        source.shape,
        source.notes,
        classes,
        source.table,
        source.content if spec.kind in FILES else "",
    )


def task_of_data(spec: DataSpec) -> Task | None:
    """What there is to learn, `None` where it cannot be told or the data cannot be read."""
    if spec.kind == "images":
        return "classification"
    try:
        return source_of(spec).task
    except DataError:
        return None


def split_sizes(source: Source, spec: DataSpec) -> tuple[int, int, int]:
    """Examples for training, validation and test, as `hpexp.train.data.split` divides them."""
    examples = source.examples or 0
    validation = share_size(examples, spec.split.validation)
    given = source.test is not None
    test = 0 if given else share_size(examples, spec.split.test)
    if validation + test >= examples:
        raise DataError(
            f"{spec.source}: {examples} examples are too few "
            f"for {validation} of validation and {test} of test",
            hint="lower the shares under split",
        )
    return examples - validation - test, validation, source.test if source.test is not None else test


def share_size(examples: int, share: float) -> int:
    """How many of the examples a share is: rounded, at least one where there is a share at all."""
    return max(1, round(examples * share)) if share > 0 else 0


def source_of(spec: DataSpec) -> Source:
    """What the data source holds.

    Raises:
        DataError: it cannot be read, or no model could learn from it.
    """
    if spec.kind == "builtin":
        examples = spec.options.get("examples", _MADE)
        assert isinstance(examples, int)
        task: Task = "regression" if spec.source == "diabetes" else "classification"
        examples = _TABLES.get(spec.source, examples)
        classes = builtin_classes(spec.source, examples, spec.options.get("classes"))
        return Source(task, examples, shape=SHAPES[spec.source], classes=classes)
    if spec.kind == "keras":
        return Source("classification", DOWNLOADS[spec.source], DOWNLOADED_TEST, shape=SHAPES[spec.source])
    if spec.kind == "python":
        code = read_own_code(spec.source.partition(":")[0], spec.folder)
        return Source(_chosen_task(spec.options.get("task")), None, content=code.digest)
    from hpexp.config.images import read_images

    options = tuple(sorted((name, str(value)) for name, value in spec.options.items()))
    try:
        if spec.kind == "images":
            shape = image_shape(spec.options)
            images = read_images(Path(spec.source), shape[:2])
            return Source(
                "classification",
                images.examples,
                content=images.content,
                shape=shape,
                notes=images.notes,
                classes=images.classes,
            )
        if spec.kind in TABLES:
            table = survey(TableFile.of(spec))
            content = _content(spec.source, stamp_of(spec.source))
            return Source(
                table.target.task,
                table.examples,
                content=content,
                notes=table.notes,
                classes=table.target.classes,
                table=table.facts,
            )
        return _read_archive(spec.source, options, stamp_of(spec.source))
    except OSError as error:
        path = error.filename if spec.kind == "images" and error.filename else spec.source
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error


@lru_cache(maxsize=16)
def _content(path: str, stamp: object) -> str:
    """A digest of a file's bytes, once as long as its `stamp` stays the same."""
    return content_of_file(path)


@lru_cache(maxsize=16)
def _read_archive(path: str, options: tuple[tuple[str, str], ...], stamp: object) -> Source:
    """Read an archive once, as long as its `stamp` stays the same."""
    given = dict(options)
    task = _chosen_task(given.get("task"))
    from hpexp.config.archive import read_archive

    archive = read_archive(Path(path), given.get("x", "x"), given.get("y", "y"), task)
    return Source(
        archive.task,
        archive.examples,
        content=archive.content,
        shape=archive.shape,
        notes=archive.notes,
        classes=archive.classes,
    )


def _chosen_task(task: Any) -> Task | None:
    return task if task in ("classification", "regression") else None


def _fingerprint(spec: DataSpec, source: Source) -> str:
    """16 hex digits of all that decides which examples are where; not where a file lies."""
    name = "" if spec.kind in FILES else spec.source
    parts: tuple[object, ...] = (spec.kind, name, sorted(spec.options.items()), spec.split, source.content)
    if spec.kind in ("npz", "python"):
        # Arrays once were scaled and reshaped where they looked like images.
        parts += ("as they are",)
    if spec.kind in TABLES:
        parts += (spec.table, TABLE_VERSION)
    return sha256(repr(parts).encode()).hexdigest()[:16]
