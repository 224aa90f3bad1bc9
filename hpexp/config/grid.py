"""The grid: axes, ranges, zips, and single points."""

from __future__ import annotations

import math
from typing import Any

from hpexp.config import wording
from hpexp.config.collect import Collector
from hpexp.config.node import Path
from hpexp.config.values import check_value, parameter_of, whole
from hpexp.model import Axis, Block, Params, Value
from hpexp.vocabulary import PARAMETERS

MAX_POINTS = 1_000_000
MAX_AXIS = 100_000


def read_params(value: Any, collector: Collector, *, own: bool) -> Params:
    """One point: a map of parameters, each with one value."""
    if not isinstance(value, dict):
        collector.add((), f"{wording.kind(value)} is not a map of parameters")
        return {}
    result: dict[str, Value] = {}
    for name, each in value.items():
        if _known(name, (name,), collector, own=own):
            with collector.at((name,)):
                result[name] = check_value(name, each, own=own)
    return result


def read_points(value: Any, collector: Collector, *, own: bool) -> tuple[Params, ...]:
    """`include` and `exclude`: a list of points, or a single one."""
    points = value if isinstance(value, list) else [value]
    result = []
    for index, point in enumerate(points):
        inner = Collector()
        result.append(read_params(point, inner, own=own))
        if point == {}:
            inner.add((), "an empty point: name at least one parameter")
        _adopt(collector, inner, (index,) if isinstance(value, list) else ())
    return tuple(result)


def read_grid(value: Any, collector: Collector, *, own: bool) -> tuple[Block, ...]:
    """The blocks of a grid: one for a map, one for each map of a list."""
    if isinstance(value, dict):
        return (_block(value, collector, own=own),)
    if not isinstance(value, list):
        collector.add((), f"{wording.kind(value)} is not a map of axes, nor a list of such maps")
        return ()
    blocks = []
    for index, each in enumerate(value):
        inner = Collector()
        if isinstance(each, dict):
            blocks.append(_block(each, inner, own=own))
        else:
            inner.add((), f"{wording.kind(each)} is not a map of axes")
        _adopt(collector, inner, (index,))
    return tuple(blocks)


def count_points(grid: tuple[Block, ...]) -> int:
    """Points of a grid before anything collapses; 1 for none."""
    return sum(math.prod(len(axis.values) for axis in block) for block in grid) if grid else 1


def _block(value: dict[str, Any], collector: Collector, *, own: bool) -> Block:
    axes: list[Axis] = []
    places: dict[str, Path] = {}

    def add(names: list[str], columns: list[tuple[Value, ...]], path: Path) -> None:
        for name in names:
            if name in places:
                collector.add((*path, name), f"{name} is an axis of this block already", key=True)
            places[name] = path
        axes.append(Axis(tuple(names), tuple(zip(*columns, strict=True))))

    for key, each in value.items():
        if key == "zip":
            for path, zipped in _zips(each, collector):
                names, columns = _zip(zipped, path, collector, own=own)
                if names:
                    add(names, columns, path)
        elif _known(key, (key,), collector, own=own):
            values = _axis(key, each, (key,), collector, own=own)
            if values:
                add([key], [values], ())
    return tuple(axes)


def _zips(value: Any, collector: Collector) -> list[tuple[Path, Any]]:
    """The groups under `zip`, each with its path: a map is one group, and so is a list of single axes.

    Several groups are a list of maps with more than one axis each.
    """
    if isinstance(value, dict):
        return [(("zip",), value)]
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        collector.add(("zip",), f"{wording.kind(value)} is not a list of axes that move together")
        return []
    if any(len(each) > 1 for each in value):
        return [(("zip", index), each) for index, each in enumerate(value)]
    return [(("zip",), value)]


def _zip(
    value: Any, path: Path, collector: Collector, *, own: bool
) -> tuple[list[str], list[tuple[Value, ...]]]:
    """Names and values of the axes of one group, a map or a list of maps with one axis each."""
    names, columns = [], []
    if isinstance(value, list):
        axes = [((*path, index), item) for index, each in enumerate(value) for item in each.items()]
    else:
        axes = [(path, item) for item in value.items()]
    for above, (name, each) in axes:
        place: Path = (*above, name)
        if _known(name, place, collector, own=own):
            values = _axis(name, each, place, collector, own=own)
            if values:
                names.append(name)
                columns.append(values)
    lengths = {name: len(column) for name, column in zip(names, columns, strict=True)}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        collector.add(path, f"axes that move together need equally many values; {told}")
        return [], []
    if not value:
        collector.add(path, "no axes under zip")
    return names, columns


def _axis(name: str, value: Any, path: Path, collector: Collector, *, own: bool) -> tuple[Value, ...]:
    """The values of one axis: a list, a range, or a single value."""
    if isinstance(value, dict):
        with collector.at(path):
            return tuple(check_value(name, each, axis=True, own=own) for each in _range(name, value, own=own))
        return ()
    if not isinstance(value, list):
        with collector.at(path):
            return (check_value(name, value, own=own),)
        return ()
    if not value:
        collector.add(path, "an axis needs at least one value")
    if len(value) > MAX_AXIS:
        collector.add(path, f"an axis of {len(value):,} values; at most {MAX_AXIS:,} are allowed")
        return ()
    result = []
    for index, each in enumerate(value):
        with collector.at((*path, index)):
            result.append(check_value(name, each, axis=True, own=own))
    return tuple(result) if len(result) == len(value) else ()


def _range(name: str, value: dict[str, Any], *, own: bool) -> list[float]:
    """The values of `{log: [low, high], n: 5}` or `{linear: [low, high], n: 4}`, ends included.

    Rounded to 12 digits, so that 1e-3 is 1e-3; to whole numbers for a count.
    """
    example = "write {log: [1e-4, 1], n: 5} or {linear: [0, 0.9], n: 4}"
    spacing = [key for key in ("log", "linear") if key in value]
    unknown = [key for key in value if key not in ("log", "linear", "n")]
    if unknown:
        raise ValueError(f"{wording.unknown_key(unknown[0], ('log', 'linear', 'n'))}; {example}")
    if len(spacing) != 1 or "n" not in value:
        raise ValueError(f"a range needs its ends and n, the number of values; {example}")
    (kind,) = spacing
    parameter = parameter_of(name, own=own)
    if parameter is not None and parameter.kind not in ("number", "count", "batch"):
        raise ValueError(f"{name} is no number, so it takes a list of values, not a range")
    n = whole(value["n"])
    if n is None or not 1 <= n <= MAX_AXIS:
        raise ValueError(f"n: {wording.kind(value['n'])} is not a whole number from 1 to {MAX_AXIS}")
    ends = value[kind]
    if not isinstance(ends, list) or len(ends) != 2 or not all(_is_number(end) for end in ends):
        raise ValueError(f"{kind}: {wording.kind(ends)} is not a pair of numbers; {example}")
    low, high = (float(end) for end in ends)
    if kind == "log" and not (low > 0 and high > 0):
        raise ValueError(f"log: the ends must be above 0, but are {low:g} and {high:g}")
    shares = [index / (n - 1) if n > 1 else 0.0 for index in range(n)]
    if kind == "log":
        start, stop = math.log10(low), math.log10(high)
        values = [10 ** (start + (stop - start) * share) for share in shares]
    else:
        values = [low + (high - low) * share for share in shares]
    if n > 1:
        values[0], values[-1] = low, high
    rounded = [float(f"{each:.12g}") for each in values]
    if parameter is not None and parameter.kind in ("count", "batch"):
        return list(dict.fromkeys(round(each) for each in rounded))
    return rounded


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def _known(name: str, path: Path, collector: Collector, *, own: bool) -> bool:
    if name in PARAMETERS or collector.full:
        return name in PARAMETERS
    if own:
        if name.isidentifier():
            return True
        collector.add(path, f"{wording.show(name)} cannot be a keyword parameter of a function", key=True)
        return False
    if name in ("seed", "seeds"):
        collector.add(path, "seeds are no parameter; write seeds: 3, or a list of them, at the top", key=True)
    else:
        collector.add(path, wording.unknown_key(name, tuple(PARAMETERS), "parameter"), key=True)
    return False


def _adopt(collector: Collector, inner: Collector, path: Path) -> None:
    collector.problems += [(kind, (*path, *below), message) for kind, below, message in inner.problems]
