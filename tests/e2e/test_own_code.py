"""Own code through the command: whose modules, and what it prints."""

from __future__ import annotations

import json
from pathlib import Path

from tests.e2e.conftest import Command

NET = """\
import logging, os, subprocess, sys, warnings
import keras
import parts

print(f"{parts.NAME} imported")

class Loud(keras.layers.Layer):
    def call(self, x):
        print(f"{parts.NAME} traced")
        return x

def data():
    import numpy as np
    print(f"{parts.NAME} data")
    return np.random.normal(size=(60, 3)), np.arange(60) % 2

def build(shape, outputs):
    import late
    print(f"{late.NAME} built")
    os.write(1, b"written\\n")
    warnings.warn("warned")
    logging.getLogger("own").error("logged")
    subprocess.run(["echo", "echoed"])
    return keras.Sequential([keras.Input(shape), keras.layers.Dense(4), Loud(), keras.layers.Dense(outputs)])
"""


def test_folders_of_the_same_modules_and_what_they_print(hpexp: Command) -> None:
    """The folder `a` begins like `ab`; by either engine all that is printed is in the logs alone."""
    for name, engine in (("ab", "compiled"), ("a", "fit")):
        (hpexp.folder / name).mkdir()
        text = "data: {python: 'net:data', task: classification}\nmodel: {python: 'net:build'}\nseeds: 2\n"
        hpexp.write(f"{name}/{name}.yaml", f"{text}params: {{epochs: 1, batch: full}}\nengine: {engine}\n")
        hpexp.write(f"{name}/net.py", NET)
        for module in ("parts", "late"):
            hpexp.write(f"{name}/{module}.py", f"NAME = {name!r}\n")
    done = hpexp("run", "ab/ab.yaml", "a/a.yaml", "--jobs", "1", "--quiet")
    for name in ("ab", "a"):
        rows = json.loads(hpexp("results", name, "--format", "json").stdout)
        assert [row["status"] for row in rows] == ["done", "done"]
        logs = [Path(hpexp.folder, "logs", name, row["name"], "log.txt").read_text() for row in rows]
        assert f"{name} imported\n" in "".join(logs)
        assert f"{name} traced\n" in "".join(logs)
        for log in logs:
            for line in (f"{name} built", "written", "logged", "echoed"):
                assert f"{line}\n" in log, (name, line, log)
            assert "UserWarning: warned" in log
            assert "absl::InitializeLog" not in log
        assert f"{name} data\n" in "".join(logs)
    assert "built" not in done.stdout + done.stderr
    assert "traced" not in done.stdout + done.stderr
