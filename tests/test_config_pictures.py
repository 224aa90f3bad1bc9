"""What the bytes of an image file tell, and what is said of a folder of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hpexp.config.facts import facts_of
from hpexp.config.images import list_images, read_images
from hpexp.config.pictures import look
from hpexp.errors import DataError
from hpexp.model import DataSpec
from tests.pictures import CLEAR, COLOUR, DEEP, GREY, animated, encoded, folder_of, turned

PNG = encoded(COLOUR, "PNG")


@pytest.mark.parametrize(
    ("data", "odd"),
    [
        (PNG, ()),
        (encoded(GREY, "PNG"), ()),
        (encoded(COLOUR.convert("P"), "PNG"), ()),
        (encoded(CLEAR, "PNG"), ("alpha",)),
        (encoded(COLOUR.convert("P"), "PNG", transparency=0), ("alpha",)),
        (encoded(DEEP, "PNG"), ("16 bits",)),
        (animated("PNG"), ("animated",)),
        (encoded(COLOUR, "JPEG"), ()),
        (encoded(COLOUR, "JPEG", progressive=True, comment=b"x" * 300), ()),
        (turned(), ("turned",)),
        (encoded(COLOUR.convert("P"), "GIF"), ()),
        (animated("GIF"), ("animated",)),
        (encoded(COLOUR, "BMP"), ()),
        (encoded(CLEAR, "BMP"), ("alpha",)),
    ],
)
def test_headers(data: bytes, odd: tuple[str, ...]) -> None:
    picture = look(data)
    assert (picture.wrong, picture.rows, picture.columns, picture.odd) == ("", 6, 8, odd)
    assert picture.is_stretched_to((5, 5))
    assert not picture.is_stretched_to((3, 4))
    assert not picture.is_stretched_to((12, 16))


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        (b"", "is empty"),
        (b"hello", "is not a JPEG, PNG, GIF or BMP image"),
        (PNG[:-1], "ends early"),
        (PNG[:-40], "ends early"),
        (PNG[:20], "ends early"),
        (encoded(COLOUR, "JPEG")[:30], "ends early"),
        (encoded(COLOUR.convert("P"), "GIF")[:-9], "ends early"),
        (b"BM", "ends early"),
    ],
)
def test_files_that_are_no_images(data: bytes, wrong: str) -> None:
    assert look(data).wrong == wrong


@pytest.mark.parametrize("data", [PNG, turned(), animated("GIF"), encoded(CLEAR, "BMP")])
def test_every_beginning_of_a_file_is_looked_at_without_a_crash(data: bytes) -> None:
    for end in range(len(data)):
        look(data[:end])
        look(data[:end] + b"\xff" * 50)


def test_what_is_hidden_or_no_image_is_left_out_and_told(tmp_path: Path) -> None:
    clean = {f"{name}/{number}.png": PNG for name in "ab" for number in range(3)}
    folder = folder_of(tmp_path / "clean", clean)
    more = folder_of(
        tmp_path / "more",
        {
            **clean,
            ".ipynb_checkpoints/x.png": PNG,
            "a/.ipynb_checkpoints/0-checkpoint.png": PNG,
            "a/._0.png": b"\0\5",
            "b/.DS_Store": b"",
            "b/notes.txt": b"text",
            "labels.csv": b"",
        },
    )
    os.mkfifo(more / "b" / "pipe.png")
    assert len(list_images(more).files) == 6
    first, second = (facts_of(DataSpec("images", str(each), {"size": (6, 8)})) for each in (folder, more))
    assert (second.fingerprint, second.train, second.size) == (first.fingerprint, first.train, first.size)
    assert first.notes == ()
    assert second.notes == (
        "left out: 4 hidden (.ipynb_checkpoints, ._0.png, .DS_Store)",
        "left out: 3 of other kinds (labels.csv, notes.txt, pipe.png)",
    )


def test_what_happens_to_odd_images_is_told(tmp_path: Path) -> None:
    odd = [encoded(CLEAR, "PNG"), encoded(DEEP, "PNG"), animated("GIF"), turned(), turned()]
    files = {f"b/{number}.png": data for number, data in enumerate(odd)}
    folder = folder_of(tmp_path, {"a/1.png": PNG, **files})
    assert read_images(folder, (6, 8)).notes == (
        "1 image with an alpha channel, which is left out",
        "1 image of 16 bits a channel, of which the upper 8 are taken",
        "1 image of several pictures, of which the first is taken",
        "2 images to be shown turned (Exif orientation), taken as stored",
    )
    assert read_images(folder, (32, 32)).notes[-1] == (
        "6 images of other proportions than 32 × 32, stretched to that size"
    )


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [("a/bad.png", b"", "a/bad.png is empty"), ("b/bad.jpg", b"no", "b/bad.jpg is not a JPEG"),
     ("b/c/bad.png", PNG[:-20], "b/c/bad.png ends early")],
)  # fmt: skip
def test_a_bad_image_is_named(name: str, data: bytes, message: str, tmp_path: Path) -> None:
    folder_of(tmp_path, {"a/1.png": PNG, "b/1.png": PNG, name: data})
    with pytest.raises(DataError, match=message):
        facts_of(DataSpec("images", str(tmp_path)))


def test_a_link_to_nowhere_is_named(tmp_path: Path) -> None:
    folder_of(tmp_path, {"a/1.png": PNG, "b/1.png": PNG})
    (tmp_path / "a" / "2.png").symlink_to("nowhere")
    with pytest.raises(DataError, match=r"a/2.png cannot be read: No such file"):
        facts_of(DataSpec("images", str(tmp_path)))
