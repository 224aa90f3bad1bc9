"""The line to paste trains the run that it tells of."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from hpexp import config
from hpexp.plan import build_plan
from hpexp.summary.advice import epoch_setting, paste


@pytest.mark.parametrize("objective", ["", "objective: val_loss\n", "early_stopping: true\n"])
def test_a_point_of_an_axis_over_epochs_keeps_its_id(objective: str, tmp_path: Path) -> None:
    path = tmp_path / "epochs.yaml"
    path.write_text(f"data: iris\nmodel: mlp\ngrid: {{epochs: [2, 3], l2: [0, 0.1]}}\n{objective}")
    experiment = config.load(path)
    facts = config.data_facts(experiment)
    runs = build_plan(experiment, facts).runs
    for run in runs:
        overrides = epoch_setting(experiment.objective, run.axes)
        words = shlex.split(paste(str(path), overrides, run.axes, tmp_path))
        given = tuple(words[place + 1] for place, word in enumerate(words) if word == "--set")
        (again,) = build_plan(config.load(path, given), facts).runs
        assert again.id == run.id
