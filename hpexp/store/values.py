"""Parameters, metrics and facts as JSON text, and back with the same Python types."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from hpexp.errors import StoreError
from hpexp.model import Baseline, DataSummary, Divergence, FileFacts, Files, Params, Value

# NaN and infinity are written as Python's json writes them and read back as themselves.
_encode = json.JSONEncoder(separators=(",", ":")).encode
_decode = json.JSONDecoder().raw_decode


def to_text(value: Mapping[str, object]) -> str:
    """JSON text, on one line."""
    return _encode(value if type(value) is dict else dict(value))


def storable(text: str | None) -> str | None:
    """Text that SQLite can hold: a lone surrogate, of an undecodable byte say, is escaped."""
    return None if text is None else text.encode("utf-8", "backslashreplace").decode()


def to_facts(text: str) -> dict[str, Any]:
    """The mapping behind `to_text`.

    Raises:
        StoreError: the text is not such a mapping.
    """
    try:
        value, _ = _decode(text)
    except ValueError as error:
        raise StoreError(f"the run store is damaged: {error}", hint="`hpexp doctor` looks closer") from error
    if not isinstance(value, dict):
        raise StoreError("the run store is damaged: not a mapping", hint="`hpexp doctor` looks closer")
    return value


@lru_cache(maxsize=4096)
def to_params(text: str) -> Params:
    """Parameters: lists become the tuples they were. Runs with the same text share the mapping."""
    return {name: _value(value) for name, value in to_facts(text).items()}


def to_numbers(text: str) -> dict[str, float]:
    """Metrics; NaN and infinity included."""
    return {name: float(value) for name, value in to_facts(text).items()}


def divergence_text(divergence: Divergence | None) -> str | None:
    return to_text(asdict(divergence)) if divergence else None


def to_divergence(text: str | None) -> Divergence | None:
    return Divergence(**to_facts(text)) if text else None


def summary_text(summary: DataSummary) -> str:
    return to_text(asdict(summary))


def to_summary(text: str) -> DataSummary:
    facts = to_facts(text)
    return DataSummary(
        task=facts["task"],
        examples=facts["examples"],
        classes=tuple(facts["classes"]),
        counts={part: tuple(counts) for part, counts in facts["counts"].items()},
        baselines=tuple(Baseline(**each) for each in facts["baselines"]),
    )


def files_text(files: Files) -> str:
    return to_text({name: [facts.size, facts.checksum] for name, facts in files.items()})


def to_files(text: str) -> Files:
    return {name: FileFacts(*facts) for name, facts in to_facts(text).items()}


def _value(value: Any) -> Value:
    return tuple(value) if isinstance(value, list) else value
