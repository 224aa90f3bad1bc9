"""Small image files of every kind, encoded by Pillow."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

_RANDOM = np.random.default_rng(0)
COLOUR = Image.fromarray(_RANDOM.integers(0, 256, (6, 8, 3)).astype(np.uint8))
"""6 rows and 8 columns."""
GREY = COLOUR.convert("L")
CLEAR = COLOUR.copy()
CLEAR.putalpha(GREY)
DEEP = Image.fromarray(_RANDOM.integers(0, 65536, (6, 8)).astype(np.uint16))


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(COLOUR, "JPEG", exif=exif)


def animated(kind: str) -> bytes:
    first, second = (image.convert("P") if kind == "GIF" else image for image in (COLOUR, COLOUR.rotate(180)))
    return encoded(first, kind, save_all=True, append_images=[second])


def folder_of(place: Path, files: dict[str, bytes]) -> Path:
    """Files by their paths below a folder."""
    for name, data in files.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return place
