"""TFRecord framing: length, masked CRC-32C of the length, data, masked CRC-32C of the data.

tensorboard's own RecordWriter does the same, and imports NumPy.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import lru_cache

_POLYNOMIAL = 0x82F63B78
_MASK_DELTA = 0xA282EAD8


def frame(data: bytes) -> bytes:
    """One record of an event file."""
    header = struct.pack("<Q", len(data))
    return header + _header_checksum(header) + data + _checksum(data)


def read_frames(content: bytes) -> Iterator[bytes]:
    """The data of each whole record; a record that was cut off ends it. Checksums are not looked at."""
    at = 0
    while at + 12 <= len(content):
        (size,) = struct.unpack_from("<Q", content, at)
        end = at + 12 + size + 4
        if end > len(content):
            return
        yield content[at + 12 : end - 4]
        at = end


def crc32c(data: bytes) -> int:
    """The Castagnoli CRC."""
    crc = 0xFFFFFFFF
    table = _table()
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def _checksum(data: bytes) -> bytes:
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + _MASK_DELTA) & 0xFFFFFFFF)


# Events of one kind have one length.
_header_checksum = lru_cache(maxsize=4096)(_checksum)


@lru_cache(maxsize=1)
def _table() -> tuple[int, ...]:
    return tuple(_entry(byte) for byte in range(256))


def _entry(crc: int) -> int:
    for _ in range(8):
        crc = crc >> 1 ^ _POLYNOMIAL if crc & 1 else crc >> 1
    return crc
