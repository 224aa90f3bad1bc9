"""Files whose names a person gives on the command line: nothing of another kind is replaced.

The one place that writes them. What is there already must be an empty file or one of the same
kind; devices, pipes, folders and links to nothing are refused, before anything is trained.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hpexp.errors import UsageError
from hpexp.text import printable

HEAD_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class OutputFile:
    """A file to write; `option` names it in errors: `--junit`.

    `kind` says what such a file is, `is_one` whether the first bytes of a file are of that kind.
    """

    option: str
    path: Path
    kind: str
    is_one: Callable[[bytes], bool]

    def check(self) -> None:
        """Raise UsageError where `write` would have to replace something, or cannot write."""
        path = self.path
        try:
            found = os.stat(path)  # noqa: PTH116 - a path of '' is refused, too
        except FileNotFoundError:
            self._check_new()
            return
        except (OSError, ValueError) as error:
            raise self._wrong(_reason(error)) from None
        if stat.S_ISDIR(found.st_mode):
            raise self._wrong(f"is a folder; name a file, such as {self.option.strip('-')}.xml")
        if not stat.S_ISREG(found.st_mode):
            raise self._wrong("is a device or a pipe; only regular files are written")
        try:
            with path.open("rb") as file:
                head = file.read(HEAD_BYTES)
        except OSError as error:
            raise self._wrong(_reason(error)) from None
        if head and not self.is_one(head):
            raise self._wrong(f"is there already and is no {self.kind}; it is not replaced")

    def write(self, content: bytes) -> None:
        """Write the file, whole or not at all, with the folders that it lies in.

        Raises:
            UsageError: it cannot be written, or `check` refuses it.
        """
        self.check()
        # Through a link to a file; the link stays.
        target = self.path.resolve()
        draft = target.with_name(f".hpexp-{secrets.token_hex(8)}.part")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with draft.open("xb") as file:
                file.write(content)
            if target.exists():
                draft.chmod(stat.S_IMODE(target.stat().st_mode))
            draft.replace(target)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise self._wrong(_reason(error)) from error

    def _check_new(self) -> None:
        if self.path.is_symlink():
            raise self._wrong("is a link to nothing")
        if not self.path.name:
            raise self._wrong("is no name of a file")
        folder = next(each for each in self.path.absolute().parents if each.exists())
        if not folder.is_dir():
            raise self._wrong(f"cannot be written: {folder} is a file")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise self._wrong(f"cannot be written: {folder} is not writable")

    def _wrong(self, what: str) -> UsageError:
        return UsageError(f"{self.option}: {printable(str(self.path))}: {what}")


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
