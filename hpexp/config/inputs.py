"""What is said of arrays of inputs that are taken as they are."""

from __future__ import annotations

BYTES = (
    "the inputs are bytes, taken as they are and not divided by 255; "
    "`params: {normalize: minmax}` scales them to 0..1"
)


def note(shape: tuple[int, ...], *, is_bytes: bool) -> str:
    """What a person may not expect of inputs `[examples, …]` of this shape, '' for nothing."""
    return BYTES if is_bytes and len(shape) > 2 else ""
