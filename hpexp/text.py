"""Numbers, values and counts as a person reads them."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Collection

from hpexp.model import Value

NOTHING = "–"
_JOINERS = "\u200c\u200d"
"""Of letters and emoji; they move nothing."""
_HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ESCAPED = re.compile("[^ -~]")


def printable(text: str) -> str:
    """Text of people as one line that moves no cursor, sends no command and reorders nothing.

    Control characters, line breaks among them, marks of direction and half surrogates are
    written as escapes: `\\x1b`, `\\n`, `\\u202e`. What has been made printable stays as it is.
    """
    if text.isprintable():
        return text
    return _ESCAPED.sub(_escaped, text)


def printable_lines(text: str) -> str:
    """`printable`, line by line: line feeds stay."""
    return "\n".join(map(printable, text.split("\n")))


def json_safe(text: str) -> str:
    """JSON whose control characters and marks of direction are written as its own escapes."""
    if text.isprintable():
        return text
    return _ESCAPED.sub(_json_escaped, text)


def _json_escaped(match: re.Match[str]) -> str:
    if _escaped(match) == match[0]:
        return match[0]
    units = match[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[place : place + 4]}" for place in range(0, len(units), 4))


def _escaped(match: re.Match[str]) -> str:
    character = match[0]
    if unicodedata.category(character) not in _HIDDEN or character in _JOINERS:
        return character
    code = ord(character)
    width = "x" if code < 0x100 else "u" if code < 0x10000 else "U"
    digits = {"x": 2, "u": 4, "U": 8}[width]
    return _SHORT.get(character, f"\\{width}{code:0{digits}x}")


_SYNONYMS = {
    "dataset": "data", "net": "model", "network": "model", "hyperparameters": "params", "metric": "objective",
    "repeats": "seeds", "seed": "seeds", "callbacks": "early_stopping", "lr": "learning_rate",
    "layers": "hidden", "units": "hidden", "wd": "weight_decay", "kernel_initializer": "initializer",
    "scaler": "normalize", "batch_size": "batch",
}  # fmt: skip
"""What other tools call the same thing."""


def number(value: float | None) -> str:
    """A metric in a table: four decimals, or three significant digits where those say nothing."""
    if value is None:
        return NOTHING
    if not math.isfinite(value) or value == 0:
        return f"{value:g}"
    return f"{value:.4f}" if 0.001 <= abs(value) < 10000 else f"{value:.2e}"


def brief(value: float) -> str:
    """A metric in a line of progress: four significant digits."""
    return f"{value:.4g}"


def spread(mean: float | None, std: float | None) -> str:
    """`0.9123 ± 0.0045`; the mean alone where there is one value."""
    if std is None:
        return number(mean)
    return f"{number(mean)} ± {number(std) if std else '0.0000'}"


def share(part: int, whole: int) -> str:
    """`3` where it is all of them, else `2/3`."""
    return str(whole) if part == whole else f"{part}/{whole}"


def seconds(value: float) -> str:
    """Three significant digits or whole seconds."""
    return f"{value:.2f}" if value < 1 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def clock(value: float | None) -> str:
    """Seconds as `1:05` or `2:03:04`, or `-:--` when not known."""
    if value is None:
        return "-:--"
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def short(value: Value) -> str:
    """A parameter's value: 0.01, 1e-05, 64x64, true; text in one line, printable."""
    return printable(plain(value))


def plain(value: Value) -> str:
    """`short`, with text as it is: for names of files, which take few characters anyway."""
    if value is None:
        return "default"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, tuple):
        return "x".join(map(str, value)) or "none"
    return str(value)


def param(value: Value) -> str:
    """`short` for a cell of a table of runs, where nothing is set as plain as can be."""
    return NOTHING if value is None else "[]" if value == () else short(value)


def amount_of_bytes(size: int) -> str:
    """`1.5 GB`, `320 bytes`."""
    for unit, name in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if size >= unit:
            return f"{size / unit:,.4g} {name}"
    return f"{size} bytes"


def counted(count: int, one: str, many: str = "") -> str:
    """`1 run`, `2,000 runs`; `many` is the plural where it is not `one` with an s."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def nearest(name: str, allowed: Collection[str]) -> str:
    """`; did you mean adam?`, or '' where nothing is near."""
    from difflib import get_close_matches

    if len(name) > 100:
        return ""
    parts = [part.strip() for part in name.split(",")]
    if len(parts) > 1 and set(parts) <= set(allowed):
        return f"; a list is written [{', '.join(parts)}]"
    folded = {each.lower(): each for each in allowed}
    meant = _SYNONYMS.get(name.lower(), "")
    close = [meant] if meant in folded else get_close_matches(name.lower(), list(folded), n=1, cutoff=0.6)
    return f"; did you mean {folded[close[0]]}?" if close else ""
