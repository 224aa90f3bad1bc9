"""Every error a person can meet, and the exit code each one ends with.

::

    HpexpError                 1   something asked for could not be done
    ├── ConfigError            2   an experiment file (or --set) is wrong; holds every problem found
    ├── UsageError             2   a command was called in a way that cannot work
    ├── DataError              2   the data named by an experiment cannot be had or read
    ├── StoreError             1   the run store is damaged, newer, or not writable
    │   ├── NoSpaceError       1   there is no space left for it
    │   ├── LogsGoneError      1   it was taken from under a run
    │   ├── DamagedStoreError  1   it is hpexp's, and cannot be read
    │   ├── NewerStoreError    1   a newer hpexp wrote it
    │   └── ForeignStoreError  1   something else lies where it should be
    ├── LogsBusyError          1   another hpexp holds the log folder
    └── BoardError             1   TensorBoard could not be started or stopped

`hpexp.cli` is the one place that turns these into exit codes. An error names what is
wrong and, in `hint`, what to do next.
"""

from __future__ import annotations

from dataclasses import dataclass

from hpexp.text import printable

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


class HpexpError(Exception):
    """Base of all expected errors; `str(error)` is one message for a person."""

    exit_code = EXIT_FAILED

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(HpexpError):
    """A command was called in a way that cannot work."""

    exit_code = EXIT_USAGE


class DataError(HpexpError):
    """The data an experiment names cannot be had or read."""

    exit_code = EXIT_USAGE


class StoreError(HpexpError):
    """The run store is damaged, written by a newer hpexp, or not writable."""


class NoSpaceError(StoreError):
    """There is no space left on the disk, or in a quota, for what was to be written."""


class LogsGoneError(StoreError):
    """The log folder, its store or its lock was moved, replaced or deleted while runs were trained."""


class DamagedStoreError(StoreError):
    """The run store is hpexp's and cannot be read."""


class NewerStoreError(StoreError):
    """The run store was written by a newer hpexp."""


class ForeignStoreError(StoreError):
    """What lies where the run store should be is not hpexp's."""


class LogsBusyError(HpexpError):
    """Another hpexp process holds the log folder."""


class BoardError(HpexpError):
    """TensorBoard could not be started, reached or stopped."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong in an experiment file.

    `line` and `column` count from 1; both are 0 when the place is not in a file
    (a `--set` override, say). `breadcrumb` is the path to the value: `grid.optimizer[1]`.
    """

    line: int
    column: int
    breadcrumb: str
    message: str


class ConfigError(HpexpError):
    """An experiment file is wrong. Holds all problems of the file, in file order."""

    exit_code = EXIT_USAGE

    def __init__(self, source: str, problems: list[Problem], *, hint: str | None = None) -> None:
        self.source = source
        self.problems = sorted(problems)
        super().__init__(self._text(), hint=hint)

    def _text(self) -> str:
        lines = []
        source = printable(self.source)
        for problem in self.problems:
            place = f"{source}:{problem.line}:{problem.column}" if problem.line else source
            crumb = f" {problem.breadcrumb}:" if problem.breadcrumb else ""
            lines.append(f"{place}:{crumb} {problem.message}")
        return "\n".join(lines)
