"""What the bytes of an image file tell before it is decoded: JPEG, PNG, GIF, BMP, WebP.

Sources: ISO/IEC 15948 (PNG), ISO/IEC 10918-1 (JPEG), Exif 2.32 (orientation), GIF89a.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

WORDS = {
    "alpha": "{0} with an alpha channel, which is left out",
    "16 bits": "{0} of 16 bits a channel, of which the upper 8 are taken",
    "animated": "{0} of several pictures, of which the first is taken",
    "turned": "{0} to be shown turned (Exif orientation), taken as stored",
    "stretched": "{0} of other proportions than {1} × {2}, stretched to that size",
}
"""What is said of images that a person may expect otherwise: how many, and the rows and columns asked for."""

_PNG = b"\x89PNG\r\n\x1a\n"
_ALONE = {0x01, *range(0xD0, 0xD9)}
"""JPEG markers without a length."""
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_SCAN = 0xDA


@dataclass(frozen=True, slots=True)
class Picture:
    """`wrong` says why the file is no image. `rows` and `columns` are 0 where they are not known."""

    wrong: str = ""
    rows: int = 0
    columns: int = 0
    odd: tuple[str, ...] = ()
    """Keys of WORDS."""

    def is_stretched_to(self, size: tuple[int, int]) -> bool:
        """Whether scaling to these rows and columns changes the proportions by more than rounding."""
        if not self.rows or not self.columns:
            return False
        rows = self.rows * size[1] / self.columns
        return abs(rows - size[0]) >= 1


def look(data: bytes) -> Picture:
    """What the bytes of a file tell."""
    if not data:
        return Picture("is empty")
    try:
        for start, read in _READERS:
            if data.startswith(start):
                return read(data)
    except (struct.error, IndexError):
        return Picture("ends early")
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Picture()
    return Picture("is not a JPEG, PNG, GIF or BMP image")


def _png(data: bytes) -> Picture:
    columns, rows, bits, color = struct.unpack_from(">IIBB", data, 16)
    kinds = set(_png_chunks(data))
    if b"IEND" not in kinds:
        return Picture("ends early")
    odd = {"16 bits": bits == 16, "alpha": color in (4, 6) or b"tRNS" in kinds, "animated": b"acTL" in kinds}
    return _picture(rows, columns, odd)


def _png_chunks(data: bytes) -> Iterator[bytes]:
    place = len(_PNG)
    while place + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, place)
        if place + 12 + length <= len(data):
            yield data[place + 4 : place + 8]
        place += 12 + length


def _jpeg(data: bytes) -> Picture:
    rows = columns = 0
    turned = False
    place = 2
    while True:
        if data[place] != 0xFF:
            return Picture("is not a whole JPEG image")
        marker = data[place + 1]
        if marker == 0xFF or marker in _ALONE:
            place += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack_from(">H", data, place + 2)
        body = data[place + 4 : place + 2 + length]
        if marker in _FRAMES:
            rows, columns = struct.unpack_from(">HH", body, 1)
        elif marker == 0xE1 and body.startswith(b"Exif\0\0"):
            turned = _orientation(body[6:]) > 1
        elif marker == _SCAN:
            return _picture(rows, columns, {"turned": turned})
        place += 2 + max(length, 2)


def _orientation(exif: bytes) -> int:
    """1 for upright; 1, too, where it cannot be read."""
    order = "<" if exif[:2] == b"II" else ">"
    try:
        (first,) = struct.unpack_from(f"{order}I", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, first)
        for entry in range(first + 2, first + 2 + 12 * count, 12):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", exif, entry)
            if tag == 0x0112:
                return int(value)
    except struct.error:
        pass
    return 1


def _gif(data: bytes) -> Picture:
    columns, rows = struct.unpack_from("<HH", data, 6)
    return _picture(rows, columns, {"animated": _gif_pictures(data) > 1})


def _gif_pictures(data: bytes) -> int:
    """Raises IndexError where the file ends before its trailer."""
    count, place = 0, 13 + _colours(data[10])
    while data[place] != 0x3B:
        if data[place] == 0x2C:
            count += 1
            place += 11 + _colours(data[place + 9])
        else:
            place += 2
        while data[place]:
            place += 1 + data[place]
        place += 1
    return count


def _colours(flags: int) -> int:
    """Bytes of a GIF's table of colours."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _bmp(data: bytes) -> Picture:
    columns, rows, _, bits = struct.unpack_from("<iiHH", data, 18)
    return _picture(abs(rows), columns, {"alpha": bits == 32})


def _picture(rows: int, columns: int, odd: dict[str, bool]) -> Picture:
    return Picture("", rows, columns, tuple(what for what, holds in odd.items() if holds))


_READERS = ((_PNG, _png), (b"\xff\xd8", _jpeg), (b"GIF8", _gif), (b"BM", _bmp))
