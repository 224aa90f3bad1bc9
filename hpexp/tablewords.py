"""What `hpexp plan` says of a table: its target, and whether each column is a number or a category."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hpexp.model import Column, TableFacts
from hpexp.text import printable

_SHOWN = 8


def table_lines(table: TableFacts | None) -> Iterator[str]:
    """A line each on the target, numbers, categories and filled columns of a table; none for other data."""
    if table is None:
        return
    yield f"target      {printable(table.target)}"
    numbers = [column.name for column in table.columns if column.is_number]
    words = [(each.name, len(each.words)) for each in table.columns if each.words is not None]
    missing = [(each.name, each.missing) for each in table.columns if each.missing]
    if numbers:
        yield f"numbers     {len(numbers):,}: {_listed(numbers)}"
    if words:
        yield f"categories  {len(words):,}: {_listed(f'{name} ({count:,})' for name, count in words)}"
    filled = [f"{name} ({count:,})" for name, count in missing if name in numbers]
    if filled:
        yield f"filled      with the mean of the training split: {_listed(filled)}"
    apart = [f"{name} ({count:,})" for name, count in missing if name not in numbers]
    if apart:
        yield f"missing     a value of its own in {_listed(apart)}"


def table_as_dict(table: TableFacts | None) -> dict[str, object]:
    """The same as JSON values, with every column."""
    return {"target": table.target, "columns": [_as_dict(each) for each in table.columns]} if table else {}


def _as_dict(column: Column) -> dict[str, object]:
    kind: dict[str, object] = {"type": "number"}
    if column.words is not None:
        kind = {"type": "category", "values": len(column.words)}
    return {"name": column.name, **kind, "missing": column.missing}


def _listed(names: Iterable[str]) -> str:
    names = [printable(name) or '""' for name in names]
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
