"""A folder of images by class, as far as it must be read to plan."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from hpexp.errors import DataError

FORMATS = (".bmp", ".gif", ".jpeg", ".jpg", ".png")
"""The files that keras.utils.image_dataset_from_directory takes."""


@dataclass(frozen=True, slots=True)
class ImageFacts:
    examples: int
    content: str
    """A digest of the images' relative names and bytes."""


def read_images(folder: Path) -> ImageFacts:
    """Count and digest the images; each folder in `folder` is a class.

    Raises:
        DataError: there are no images, or fewer than two classes.
    """
    classes = sorted(
        each.name for each in folder.iterdir() if each.is_dir() and not each.name.startswith(".")
    )
    if len(classes) < 2:
        found = f"only one, {classes[0]}" if classes else "none"
        raise DataError(f"{folder} needs a folder of images for each class, but has {found}")
    digest, examples = hashlib.sha256(), 0
    for name in classes:
        files = _images(folder / name)
        if not files:
            raise DataError(f"{folder / name} holds no images ({', '.join(FORMATS)})")
        examples += len(files)
        for file in files:
            digest.update(file.relative_to(folder).as_posix().encode(errors="surrogateescape") + b"\0")
            with file.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
    return ImageFacts(examples, digest.hexdigest())


def count_images(folder: Path) -> int:
    """How many images lie in `folder`, in its folders of one class each."""
    return sum(len(_images(each)) for each in folder.iterdir() if each.is_dir())


def _images(folder: Path) -> list[Path]:
    return sorted(
        Path(root, name)
        for root, _, names in os.walk(folder)
        for name in names
        if name.lower().endswith(FORMATS)
    )
