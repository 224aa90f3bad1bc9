"""Deleting files and folders below one folder, never through a link."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import groupby
from pathlib import Path, PurePath


def delete_files(root: Path, files: Iterable[PurePath]) -> list[str]:
    """Delete files given relative to `root`, in order; returns what could not be deleted and why.

    Each is reached folder by folder from `root`, so that a folder which has become a link
    since it was looked at leads nowhere.
    """
    problems = []
    for folder, inside in groupby(files, key=lambda path: path.parent):
        try:
            with _opened(root, folder) as descriptor:
                for path in inside:
                    try:
                        os.unlink(path.name, dir_fd=descriptor)
                    except FileNotFoundError:
                        continue
                    except OSError as error:
                        problems.append(f"{root / path}: {error.strerror}")
        except FileNotFoundError:
            continue
        except OSError as error:
            problems.append(f"{root / folder}: {error.strerror}")
    return problems


def remove_empty(root: Path, folders: Iterable[PurePath]) -> None:
    """Remove those of the folders, given relative to `root` and deepest first, that are empty."""
    for folder in folders:
        with suppress(OSError), _opened(root, folder.parent) as descriptor:
            os.rmdir(folder.name, dir_fd=descriptor)


@contextmanager
def _opened(root: Path, folder: PurePath) -> Iterator[int]:
    """A descriptor of `root / folder`; an error where a part of `folder` is a link."""
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in folder.parts:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)
