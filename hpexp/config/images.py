"""A folder of images by class, as far as it must be read to plan."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hpexp.config.classes import Classes
from hpexp.config.pictures import WORDS, look
from hpexp.errors import DataError
from hpexp.text import counted

FORMATS = (".bmp", ".gif", ".jpeg", ".jpg", ".png")
"""The files that keras.utils.image_dataset_from_directory takes."""
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class ImageFacts:
    examples: int
    content: str
    """A digest of the images' relative names and bytes."""
    notes: tuple[str, ...] = ()
    """What is left out, and what a person may not expect of what is read."""
    classes: Classes = ()


@dataclass(frozen=True, slots=True)
class ImageFolder:
    """The images of each class, in the order in which Keras lists them, and what is no image."""

    classes: tuple[str, ...]
    files: tuple[tuple[int, Path], ...]
    """The number of its class, and the file."""
    hidden: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(slots=True)
class _Found:
    hidden: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


def list_images(folder: Path) -> ImageFolder:
    """The images in `folder`, in which each folder is a class; what is hidden is left out.

    Raises:
        DataError: there are fewer than two classes, or one has no images.
        OSError: a folder cannot be read.
    """
    found = _Found()
    classes = []
    for each in sorted(folder.iterdir(), key=lambda path: path.name):
        if each.name.startswith("."):
            found.hidden.append(each.name)
        elif each.is_dir():
            classes.append(each.name)
        else:
            found.others.append(each.name)
    if len(classes) < 2:
        what = f"only one, {classes[0]}" if classes else "none"
        raise DataError(f"{folder} needs a folder of images for each class, but has {what}")
    files = []
    for number, name in enumerate(classes):
        images = list(_images(folder / name, found))
        if not images:
            raise DataError(f"{folder / name} holds no images ({', '.join(FORMATS)})")
        files += [(number, image) for image in images]
    return ImageFolder(tuple(classes), tuple(files), tuple(found.hidden), tuple(found.others))


def _images(folder: Path, found: _Found) -> Iterator[Path]:
    walked = []
    for root, folders, names in os.walk(folder, onerror=_raise):
        found.hidden += [name for name in folders if name.startswith(".")]
        folders[:] = [name for name in folders if not name.startswith(".")]
        walked.append((root, names))
    for root, names in sorted(walked):
        for name in sorted(names):
            path = Path(root, name)
            if name.startswith("."):
                found.hidden.append(name)
            elif name.lower().endswith(FORMATS) and (path.is_file() or not path.exists()):
                yield path
            else:
                found.others.append(name)


def _raise(error: OSError) -> None:
    raise error


def read_images(folder: Path, size: tuple[int, int]) -> ImageFacts:
    """Count, check and digest the images, which will be scaled to `size`: rows and columns.

    Raises:
        DataError: there are no images, fewer than two classes, or a file that is no image.
        OSError: a file or folder cannot be read.
    """
    listed = list_images(folder)
    digest, odd = hashlib.sha256(), Counter[str]()
    for file in sorted(path for _, path in listed.files):
        data = file.read_bytes()
        digest.update(_line(file.relative_to(folder), data))
        picture = look(data)
        if picture.wrong:
            raise DataError(f"{file} {picture.wrong}", hint="mend it or take it out of the folder")
        odd.update(picture.odd)
        odd["stretched"] += picture.is_stretched_to(size)
    notes = [*_left_out(listed)]
    notes += [WORDS[what].format(counted(odd[what], "image"), *size) for what in WORDS if odd[what]]
    counts = Counter(number for number, _ in listed.files)
    classes = tuple((name, counts[number]) for number, name in enumerate(listed.classes))
    return ImageFacts(len(listed.files), digest.hexdigest(), tuple(notes), classes)


def digest_images(folder: Path) -> str:
    """The `content` of `read_images`, without looking at the images; raises as `list_images` does."""
    digest = hashlib.sha256()
    for file in sorted(path for _, path in list_images(folder).files):
        digest.update(_line(file.relative_to(folder), file.read_bytes()))
    return digest.hexdigest()


def _line(name: Path, data: bytes) -> bytes:
    return name.as_posix().encode(errors="surrogateescape") + b"\0" + hashlib.sha256(data).digest()


def _left_out(listed: ImageFolder) -> Iterator[str]:
    for names, what in ((listed.hidden, "hidden"), (listed.others, "of other kinds")):
        if names:
            shown = ", ".join([*dict.fromkeys(names)][:_SHOWN]) + (", …" if len(set(names)) > _SHOWN else "")
            yield f"left out: {len(names):,} {what} ({shown})"
