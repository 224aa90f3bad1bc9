"""What is said of an exception: one line with the cause, and the whole traceback.

The one place that looks at exceptions of own code and of Keras. Theirs may be of any size, may
raise where they are turned into text, and hold any character.
"""

from __future__ import annotations

import re
import sysconfig
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from hpexp.errors import HpexpError
from hpexp.model import Result, Status
from hpexp.text import printable

LINE = 500
"""Characters of an error's line."""
HEAD = 120
"""Of them, those of its beginning, where it is too long."""
TRACEBACK = 20_000
"""Characters of a traceback in a row of the store, and so in a JUnit report; `log.txt` has all."""
MOST_READ = 1_000_000
"""Characters of a message that are looked at from each end."""
MOST_FRAMES = 40

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_NOISE = re.compile(
    r"Graph execution error:|Detected at node .*|Stack trace for op definition:.*|File \".*|<stack.*"
    r"|\[\[.*node .*\]\].*|\t \[\[.*|\d+ root error\(s\) found\.|\(\d+\) .*: Graph execution error:"
)
"""Lines with which TensorFlow tells where in its graph something happened, not what."""
_ARGUMENTS = re.compile(r"\n\s*\n?Arguments received by ", re.DOTALL)
"""What Keras lists after the cause: the arguments of a call, as long as they may be."""
_FRAME = re.compile(r' *File "([^"\n]+)", line (\d+), in ([^\n]+)(?:\n {4}[^\n]*)*')
_NOT_OWN = (
    str(Path(__file__).parent), *(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib"))
)  # fmt: skip
_PACKAGES = ("site-packages", "dist-packages", "__autograph_generated_file")


def failure(error: BaseException) -> Result:
    """A failed run: the error as one line, and the traceback."""
    return Result(status=Status.FAILED, error=line_of(error), traceback=traceback_of(error))


def line_of(error: BaseException) -> str:
    """What was raised and why, in at most `LINE` characters: `ValueError: the cause`."""
    text = cause(_text_of(error)) or "no message"
    if isinstance(error, HpexpError):
        text += f" ({error.hint})" if error.hint else ""
    else:
        text = f"{type(error).__name__}: {text}"
    place = _place(error)
    return shortened(printable(text), f" ({place})" if place else "")


def cause_of(error: BaseException) -> str:
    """Why, as one line, without the kind of the exception and where it came from."""
    return shortened(printable(cause(_text_of(error)))) or type(error).__name__


def cause(message: str) -> str:
    """The part of a message that says why, as one line: its last lines rather than where it was met."""
    message = _COLOURS.sub("", message)
    if len(message) > MOST_READ:
        message = message[:MOST_READ] + "\n" + message[-MOST_READ:]
    lines = [line.strip() for line in _ARGUMENTS.split(message)[0].splitlines()]
    kept = [line for line in lines if line and not _NOISE.fullmatch(line)]
    return " ".join(" ".join(kept or lines).split())


def shortened(line: str, after: str = "") -> str:
    """A line, and what comes `after` it, without its middle where it is too long: causes stand at ends."""
    most = LINE - len(after)
    if len(line) > most:
        line = f"{line[:HEAD]} … {line[HEAD + 3 - most :]}"
    return line + after


def traceback_of(error: BaseException) -> str:
    """The whole traceback, whatever the exception does when it is asked for its text."""
    try:
        text = "".join(traceback.format_exception(error))
    except BaseException as wrong:  # its own attributes may raise anything
        frames = "".join(traceback.format_tb(error.__traceback__))
        text = (
            f"Traceback (most recent call last):\n{frames}"
            f"{type(error).__name__}: (its traceback raised {type(wrong).__name__})\n"
        )
    return _COLOURS.sub("", text).encode("utf-8", "backslashreplace").decode()


def stored(result: Result) -> Result:
    """A result for a row: its error a line, its traceback without the middle where it is huge."""
    text = result.traceback
    if result.error is not None:
        result = replace(result, error=shortened(printable(result.error)))
    if text is None or len(text) <= TRACEBACK:
        return result
    return replace(result, traceback=_without_middle(text))


def _without_middle(text: str) -> str:
    """The beginning, the frames of own files, and the end."""
    head, tail = TRACEBACK // 4, TRACEBACK // 2
    middle = text[head:-tail]
    frames = [match[0] for match in _FRAME.finditer(middle, 0, MOST_READ) if _is_own(match[1])]
    own = "\n".join(frames[-MOST_FRAMES:])[-TRACEBACK // 4 :]
    note = f"… {len(middle):,} characters, which log.txt has …"
    return "\n".join([text[:head], note, *([own, "…"] if own else []), text[-tail:]])


def _place(error: BaseException) -> str:
    """Where in the person's own files it came from: `net.py:7, in build`; '' where in none."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        own = [each for each in _frames(link) if _is_own(each[0])]
        if own:
            file, line, function = own[-1]
            return printable(f"{Path(file).name}:{line}, in {function}")
        link = link.__cause__ or link.__context__
    return ""


def _frames(error: BaseException) -> Iterator[tuple[str, int, str]]:
    """Those of the graph, which the message tells, then those of Python: the innermost last."""
    text = _text_of(error)[:MOST_READ]
    yield from ((match[1], int(match[2]), match[3].strip()) for match in _FRAME.finditer(text))
    for frame, line in traceback.walk_tb(error.__traceback__):
        yield frame.f_code.co_filename, line, frame.f_code.co_name


def _is_own(file: str) -> bool:
    if file.startswith("<") or any(part in file for part in _PACKAGES):
        return False
    return not any(file.startswith(folder) for folder in _NOT_OWN if folder)


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException as wrong:
        return f"(its text raised {type(wrong).__name__})"
