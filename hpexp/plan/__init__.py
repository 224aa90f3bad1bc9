"""Experiment -> Plan: expand the grid, collapse what is equal, name, choose engines, group.

Pure, but for the source of an own model, which is read (never run) to learn what its
function takes and to make it part of a run's identity, and for a look at the free memory
where data are large and the experiment sets no budget.
"""

from hpexp.plan.build import build_plan
from hpexp.plan.idle import refuse_idle_grid
from hpexp.plan.proof import with_verdicts

__all__ = ["build_plan", "refuse_idle_grid", "with_verdicts"]
