"""The numbers of a benchmark in one JSON file that grows part by part."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Results:
    """`parts` maps a part (`a` … `e`, `overhead`, `startup`, `memory`, `machine`) to its numbers."""

    file: Path
    parts: dict[str, Any]

    @classmethod
    def open(cls, file: Path) -> Results:
        return cls(file, json.loads(file.read_text()) if file.exists() else {})

    def part(self, name: str, *, fresh: bool) -> dict[str, Any]:
        """The numbers of a part to add to; empty ones where they are to be measured anew."""
        if fresh or name not in self.parts:
            self.parts[name] = {}
        found: dict[str, Any] = self.parts[name]
        return found

    def save(self) -> None:
        """Replace the file; a benchmark killed meanwhile leaves the old one."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        new = self.file.with_suffix(".new")
        new.write_text(json.dumps(self.parts, indent=1) + "\n")
        os.replace(new, self.file)  # noqa: PTH105
