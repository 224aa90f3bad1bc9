"""The one place that writes to standard output and standard error.

Results go to standard output, progress and messages to standard error. Texts of people are
never read as markup, and no control character of theirs gets through: what a printer has not
made printable itself is escaped here.
"""

from __future__ import annotations

import codecs
import io
import json
import sys
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

from hpexp.text import json_safe, printable_lines

if TYPE_CHECKING:
    from rich.console import Console

LEAST_WIDTH = 140
"""Of a table that goes to a pipe, which has no width of its own."""

_READABLE = "hpexp.readable"
_SIGNS = {
    "±": "+-", "×": "x", "–": "-", "—": "-", "…": "...", "→": "->", "≤": "<=", "≥": ">=",
    "│": "|", "┤": "|", "└": "+", "─": "-", "━": "-", "╸": "-", "╺": "-", "•": "*", "é": "e",
}  # fmt: skip
"""Signs that hpexp prints, for streams that have only ASCII."""
_BRAILLE = range(0x2800, 0x2900)


class _Nowhere(io.TextIOBase):
    """A stream that takes everything and keeps nothing."""

    def write(self, text: str) -> int:
        return len(text)


def open_streams() -> None:
    """Let no sign end a command: what a stream cannot encode is written as near as it can."""
    codecs.register_error(_READABLE, _readable)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            # Closed by the caller: `hpexp run … >&-`.
            setattr(sys, name, _Nowhere())
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_READABLE)


def _readable(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_nearest, error.object[error.start : error.end])), error.end


def _nearest(sign: str) -> str:
    if ord(sign) in _BRAILLE:
        return "*" if ord(sign) > _BRAILLE.start else " "
    return _SIGNS.get(sign) or sign.encode("ascii", "backslashreplace").decode()


@cache
def _safe_console() -> type[Console]:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.segment import Segment

    class SafeConsole(Console):
        """Takes texts as they are, without markup, and escapes the control characters in them."""

        def __init__(self, **options: Any) -> None:
            super().__init__(markup=False, emoji=False, highlight=False, **options)

        def render(
            self, renderable: RenderableType, options: ConsoleOptions | None = None
        ) -> Iterable[Segment]:
            for segment in super().render(renderable, options):
                if segment.control or segment.text == "\n" or segment.text.isprintable():
                    yield segment
                else:
                    yield Segment(printable_lines(segment.text), segment.style)

    return SafeConsole


def console(**options: Any) -> Console:
    """A console of rich's that is safe for texts of people; `options` are those of rich's."""
    return _safe_console()(**options)


@cache
def output() -> Console:
    """The console for results. A pipe has no width of its own; tables are not squeezed there."""
    found = console()
    return found if found.is_terminal else console(width=max(found.width, LEAST_WIDTH))


@cache
def messages() -> Console:
    """The console for progress, messages and errors."""
    return console(stderr=True)


def say(text: str, *, error: bool = False) -> None:
    """One or more lines for a person, without a console's colours and width."""
    print(printable_lines(text), file=sys.stderr if error else sys.stdout, flush=True)


def note(text: str) -> None:
    """A remark beside the results, on standard error."""
    messages().print(text, style="dim", soft_wrap=True)


def write(text: str) -> None:
    """Text in a form for programs (CSV, Markdown, JSON), whose maker has made it safe."""
    sys.stdout.write(text)


def write_lines(lines: Iterable[str], to: Console) -> None:
    """Plain lines that are printable already, without taking thousands of them apart as rich does."""
    to.file.write("\n".join(lines) + "\n")


def json_text(value: object) -> str:
    """JSON on one line, in letters that standard output has; control characters as escapes; never NaN."""
    encoding = codecs.lookup(getattr(sys.stdout, "encoding", None) or "utf-8").name
    return json_safe(json.dumps(value, ensure_ascii=not encoding.startswith("utf"), allow_nan=False))


def write_json(value: object) -> None:
    """A JSON value on a line of its own."""
    write(json_text(value) + "\n")
    sys.stdout.flush()
