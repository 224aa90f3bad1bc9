"""What would leak into numbers from a person's surroundings."""

from __future__ import annotations

import json
from pathlib import Path

from hpexp.fixed import VARIABLES, overridden, refused, rounding, worker_environment


def test_workers_have_their_own_settings_and_keep_the_rest() -> None:
    theirs = {"KERAS_BACKEND": "torch", "KERAS_MAX_EPOCHS": "1", "PATH": "/bin", "XLA_FLAGS": "--x"}
    assert worker_environment(theirs) == {
        "KERAS_BACKEND": "tensorflow", "PYTHONHASHSEED": "0", "PATH": "/bin", "XLA_FLAGS": "--x",
    }  # fmt: skip


def test_what_is_overridden_is_said(tmp_path: Path) -> None:
    settings = {"floatx": "float16", "epsilon": 1e-7, "backend": "torch", "max_epochs": 2}
    (tmp_path / "keras.json").write_text(json.dumps(settings))
    told = list(overridden({"KERAS_HOME": str(tmp_path), "TF_USE_LEGACY_KERAS": "1"}))
    assert [line.partition(" ")[0] for line in told] == [
        "TF_USE_LEGACY_KERAS=1",
        "floatx:",
        "backend:",
        "max_epochs:",
    ]
    assert "workers: float32" in told[1]


def test_nothing_is_said_where_all_is_as_in_workers(tmp_path: Path) -> None:
    settings = {
        "floatx": "float32",
        "epsilon": 1e-07,
        "backend": "tensorflow",
        "image_data_format": "channels_last",
    }
    (tmp_path / "keras.json").write_text(json.dumps(settings))
    given = {name: value for name, value in VARIABLES.items() if value} | {"KERAS_HOME": str(tmp_path)}
    assert list(overridden(given)) == []
    (tmp_path / "keras.json").write_text("[no json")
    assert list(overridden({"KERAS_HOME": str(tmp_path), "PYTHONHASHSEED": "random"})) == []


def test_what_changes_rounding_is_written_down() -> None:
    assert rounding({"XLA_FLAGS": "--x", "TF_ENABLE_ONEDNN_OPTS": "", "PATH": "/bin"}) == {"XLA_FLAGS": "--x"}


def test_what_keras_cannot_be_imported_with(tmp_path: Path) -> None:
    given = {"KERAS_HOME": str(tmp_path)}
    (tmp_path / "keras.json").write_text(
        '{"floatx": "bfloat16", "epsilon": 1, "image_data_format": "channels_first"}'
    )
    assert list(refused(given)) == ['floatx: "bfloat16"', "epsilon: 1"]
    (tmp_path / "keras.json").write_text('{"floatx": "float16"}')
    assert list(refused(given)) == []
