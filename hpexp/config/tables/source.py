"""Which table, and how the experiment file says its cells are read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from hpexp.model import DataSpec, TableOptions, Task


@dataclass(frozen=True, slots=True)
class TableFile:
    """A csv or parquet file with the column to learn; `task` where the experiment file says it."""

    path: str
    kind: Literal["csv", "parquet"]
    target: str
    task: Task | None = None
    options: TableOptions = field(default_factory=TableOptions)

    @classmethod
    def of(cls, spec: DataSpec) -> TableFile:
        task: Task | None = None
        match spec.options.get("task"):
            case "classification" | "regression" as task:
                pass
        kind: Literal["csv", "parquet"] = "parquet" if spec.kind == "parquet" else "csv"
        return cls(spec.source, kind, str(spec.options.get("target", "")), task, spec.table)

    @property
    def place(self) -> str:
        """What a row is called when a person is to find it."""
        return "line" if self.kind == "csv" else "row"
