"""TensorBoard event files, written without TensorFlow and without NumPy."""

from __future__ import annotations

from hpexp.events.experiment import expected_metrics, write_experiment
from hpexp.events.hparams import text_columns
from hpexp.events.run import RunEvents
from hpexp.events.sound import damaged, short

__all__ = ["RunEvents", "damaged", "expected_metrics", "short", "text_columns", "write_experiment"]
