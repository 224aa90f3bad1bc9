"""What `hpexp clean` tells the person, before and after."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hpexp.clean.clean import Cleaning
from hpexp.text import counted

_SHOWN = 12


def announcement(cleaning: Cleaning, logs: Path) -> str:
    """What will be done, one thing a line, with what stays."""
    found = cleaning.doomed
    lines = [f"stop {cleaning.holder}, which needs --force"] if cleaning.holder else []
    lines += [
        f"stop TensorBoard {server.pid} ({server.url or 'not serving yet'})" for server in cleaning.servers
    ]
    if found:
        lines.append(f"delete {_deleted(cleaning)} in {logs}")
        lines += [f"  {line}" for line in _shortened([f"{exp}/{run}" for exp, run in found.runs])]
        if not found.runs:
            lines += [f"  {line}" for line in _shortened([str(path) for path in found.files])]
    if cleaning.entries:
        stale = counted(len(cleaning.entries), "stale entry", "stale entries")
        lines.append(f"remove {stale} of TensorBoard's registry")
    return "\n".join([*lines, *kept(cleaning)])


def kept(cleaning: Cleaning) -> list[str]:
    """What stays, as lines."""
    paths = cleaning.doomed.kept
    if not paths:
        return []
    return ["keep what hpexp did not write", *(f"  {line}" for line in _shortened([str(p) for p in paths]))]


def summary(cleaning: Cleaning) -> str:
    """What was done, in one line."""
    parts = []
    if cleaning.holder:
        parts.append(f"stopped process {cleaning.holder.pid} ({cleaning.holder.command})")
    if cleaning.servers:
        parts.append(f"stopped {counted(len(cleaning.servers), 'TensorBoard server')}")
    if cleaning.doomed:
        parts.append(f"deleted {_deleted(cleaning)}")
    if cleaning.entries:
        parts.append(f"removed {counted(len(cleaning.entries), 'stale entry', 'stale entries')}")
    if staying := cleaning.doomed.kept:
        parts.append(f"kept {counted(len(staying), 'path')} that hpexp did not write")
    return ", ".join(parts)


def as_json(cleaning: Cleaning, *, dry_run: bool) -> dict[str, object]:
    """What was done, or would be, as JSON values; paths are relative to the log folder."""
    found = cleaning.doomed
    return {
        "dry_run": dry_run,
        "runs": [{"experiment": experiment, "name": name} for experiment, name in found.runs],
        "files": [str(path) for path in found.files],
        "bytes": found.size,
        "kept": [str(path) for path in found.kept],
        "stopped": [{"pid": server.pid, "url": server.url} for server in cleaning.servers],
        "held_by": cleaning.holder.pid if cleaning.holder else None,
        "entries": [str(path) for path in cleaning.entries],
    }


def size_in_words(size: int) -> str:
    """Bytes for a person: 512 B, 1.2 MB."""
    value = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            break
        value /= 1000
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"


def _deleted(cleaning: Cleaning) -> str:
    found = cleaning.doomed
    what = counted(len(found.runs), "run") if found.runs else counted(len(found.files), "file")
    return f"{what} ({size_in_words(found.size)})"


def _shortened(lines: list[str]) -> Iterator[str]:
    yield from lines[:_SHOWN]
    if len(lines) > _SHOWN:
        yield f"… and {len(lines) - _SHOWN:,} more"
