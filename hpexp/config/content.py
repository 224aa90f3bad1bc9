"""What the files of data hold: a digest that any change of theirs changes."""

from __future__ import annotations

from hashlib import file_digest
from pathlib import Path

from hpexp.config.images import digest_images
from hpexp.model import DataSpec
from hpexp.vocabulary import FILES


def content_of(spec: DataSpec) -> str:
    """The digest that a plan has in its `DataFacts.content`; '' for data that are no files.

    Raises:
        OSError: a file or folder cannot be read.
        DataError: a folder holds no images any more.
    """
    if spec.kind not in FILES:
        return ""
    return digest_images(Path(spec.source)) if spec.kind == "images" else content_of_file(spec.source)


def content_of_file(path: str) -> str:
    """A digest of a file's bytes."""
    with Path(path).open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def stamp_of(path: str) -> object:
    """Changes when the file does."""
    status = Path(path).stat()
    return status.st_size, status.st_mtime_ns, status.st_ino
