"""What is worth a look in a table that can be learned from, with what to set; a sentence each."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from hpexp.config import wording
from hpexp.config.tables.cells import numbers_of
from hpexp.config.tables.column import ColumnSurvey
from hpexp.config.tables.target import Target

_MONEY = re.compile(r"[-+(]?\s*[$€£¥]?\s*[0-9]{1,3}(?:[,.' ]?[0-9]{3})*(?:[.,][0-9]+)?\s*[$€£¥%)]?")
"""Numbers with a currency, a percent sign or separators of thousands."""
_ID = re.compile(r"(id|index|idx|row|rownum|key|uuid|guid)|.*[_ -]id|.*[a-z]I[dD]", re.IGNORECASE)
_DATE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?"
    r" ?(Z|[-+][0-9]{2}(:?[0-9]{2})?)?)?"
)
"""Dates, and dates with times, of ISO 8601."""
_ENOUGH = 10
"""Rows from which a coincidence is unlikely."""
_EXACT = 2.0**53
_SHOWN = 5


def of(target: Target, cells: ColumnSurvey, inputs: Iterable[ColumnSurvey]) -> Iterator[str]:
    """Notes on the target, whose column is `cells`, then on the inputs."""
    rows = cells.cells - cells.missing
    if cells.missing:
        yield f"{_plural(cells.missing, 'row')} without a value of {wording.show(cells.name)} left out"
    yield from _on_classes(target, cells, rows)
    for column in inputs:
        yield from _on_input(column)


def _on_classes(target: Target, cells: ColumnSurvey, rows: int) -> Iterator[str]:
    name, classes = f"the target {wording.show(target.name)}", [word for word, _ in target.classes]
    if cells.odd.count and _are_money(classes):
        yield (
            f"{name} is text such as {wording.show(classes[0])}, taken as {len(classes):,} classes; "
            f"if these are amounts, write them as plain numbers{_other_decimal(classes)}"
        )
    elif 2 * len(classes) > rows:
        choose = "another target, or task: regression" if not cells.odd.count else "another target"
        yield f"{name} has {len(classes):,} classes in {_plural(rows, 'row')}; if that is wrong: {choose}"
    elif cells.odd.count and cells.numbers:
        shown, verb = wording.show(cells.odd.first[0][1]), "holds" if cells.odd.count == 1 else "hold"
        yield f"{name}: {cells.at(cells.odd)} {verb} no number ({shown}), so that its texts are classes"
    same: dict[float, list[str]] = {}
    for word, value in zip(classes, numbers_of(classes, cells.decimal), strict=True):
        if value is not None and abs(value) < _EXACT:
            same.setdefault(value, []).append(word)
    twins = [words for words in same.values() if len(words) > 1]
    if twins:
        shown = "; ".join(" and ".join(words) for words in twins[:_SHOWN])
        yield f"{name}: classes are texts, so that {shown} are different ones, though the same number"


def _on_input(column: ColumnSurvey) -> Iterator[str]:
    name, drop = wording.show(column.name), f"drop: [{_yaml(column.name)}]"
    if not column.name:
        yield f"column {int(column.key) + 1} has no name, taken as an input; if it numbers the rows: {drop}"
    elif column.is_text:
        words = len(column.words)
        if column.name not in column.file.options.categorical and _are_dates(column.words):
            yield (
                f"column {name} is dates such as {wording.show(min(filter(None, column.words)))}, each of "
                f"which becomes an input: {drop}, or turn it into numbers first; "
                f"if they are categories: categorical: [{_yaml(column.name)}]"
            )
        elif 2 * words > column.cells >= _ENOUGH:
            yield (
                f"column {name} is text with {words:,} different values in {_plural(column.cells, 'row')}, "
                f"each of which becomes an input; if it is an id: {drop}"
            )
        elif _are_money(column.words):
            yield (
                f"column {name} is text such as {wording.show(min(column.words))}; "
                f"if these are amounts, write them as plain numbers{_other_decimal(column.words)}"
            )
    elif column.counts_rows and column.cells >= _ENOUGH:
        yield f"column {name} goes up by one from row to row and is an input; if it numbers the rows: {drop}"
    elif _ID.fullmatch(column.name):
        yield f"column {name} is taken as a number; if it is an id: {drop}"
    if not column.is_text and column.largest > _EXACT:
        yield (
            f"column {name} has numbers of more than 15 digits, which are rounded; "
            f"if they are codes: {drop} or categorical: [{_yaml(column.name)}]"
        )
    if not column.is_text and column.leading_zero:
        yield (
            f"column {name} has leading zeros ({column.leading_zero}), taken as a number; "
            f"if these are codes: categorical: [{_yaml(column.name)}]"
        )


def _are_money(words: Collection[str]) -> bool:
    few = [word for word in list(words)[:1000] if word]
    return bool(few) and all(_MONEY.fullmatch(word) for word in few)


def _are_dates(words: Collection[str]) -> bool:
    filled = [word for word in words if word]
    return bool(filled) and all(_DATE.fullmatch(word) for word in filled)


def _other_decimal(words: Collection[str]) -> str:
    commas = all(
        "." not in word and re.fullmatch(r"[-+]?[0-9]+(,[0-9]+)?", word) for word in list(words)[:1000]
    )
    return ', or set decimal: ","' if commas else ""


def _yaml(name: str) -> str:
    return wording.show(name) if name else '""'


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
