"""Wrong data of a function, through the command: a sentence, exit code 2, and nothing written."""

from __future__ import annotations

from tests.e2e.conftest import Command

MODULE = """
import numpy as np

def nan():
    return np.full((90, 2), np.nan), np.arange(90) % 2

def labels():
    return np.ones((90, 2)), np.eye(3)[np.arange(90) % 3]
"""
CONFIG = "model: linear\ndata: {{python: own:{function}}}\nparams: {{epochs: 1}}\nseeds: 2\n"


def test_wrong_data_are_a_wrong_file(hpexp: Command) -> None:
    hpexp.write("own.py", MODULE)
    for function in ("nan", "labels"):
        hpexp.write(f"{function}.yaml", CONFIG.format(function=function))
    done = hpexp("run", "labels.yaml", "nan.yaml", code=2)
    assert "error: nan.yaml:2:7: data: own:nan: example 0 holds NaN or infinity" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (hpexp.folder / "logs").exists()
    done = hpexp("run", "labels.yaml")
    assert "rows with a single 1 are taken as one-hot, 3 classes" in done.stderr
