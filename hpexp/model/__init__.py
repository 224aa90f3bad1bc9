"""The words of hpexp as frozen values. They flow one way: Experiment -> Plan -> Result.

Everything here can be pickled and sent to a worker on another machine; nothing here
does anything. Mappings are plain dicts that nobody changes after construction.
"""

from __future__ import annotations

from hpexp.model.data import (
    Baseline,
    Column,
    DataFacts,
    DataSize,
    DataSpec,
    DataSummary,
    Split,
    TableFacts,
    TableOptions,
)
from hpexp.model.experiment import (
    Axis,
    Block,
    EarlyStopping,
    Experiment,
    Limits,
    ModelSpec,
    Objective,
    Resources,
    TensorBoardOptions,
    TrainingOptions,
)
from hpexp.model.plan import Collapse, Group, Idle, Lacks, Plan, Program, Reason, Run, Verdict
from hpexp.model.result import Divergence, FileFacts, Files, Result
from hpexp.model.words import FAILURES, Engine, EngineChoice, Mode, Params, Part, Status, Taken, Task, Value

__all__ = [
    "FAILURES",
    "Axis",
    "Baseline",
    "Block",
    "Collapse",
    "Column",
    "DataFacts",
    "DataSize",
    "DataSpec",
    "DataSummary",
    "Divergence",
    "EarlyStopping",
    "Engine",
    "EngineChoice",
    "Experiment",
    "FileFacts",
    "Files",
    "Group",
    "Idle",
    "Lacks",
    "Limits",
    "Mode",
    "ModelSpec",
    "Objective",
    "Params",
    "Part",
    "Plan",
    "Program",
    "Reason",
    "Resources",
    "Result",
    "Run",
    "Split",
    "Status",
    "TableFacts",
    "TableOptions",
    "Taken",
    "Task",
    "TensorBoardOptions",
    "TrainingOptions",
    "Value",
    "Verdict",
]  # fmt: skip
