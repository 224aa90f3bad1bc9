"""The fast import of TensorFlow."""

from __future__ import annotations

import json
import subprocess
import sys

CODE = """
import gc, json, sys
from hpexp.train.start import hidden
import hpexp.train
from hpexp.train.start import use_threads
use_threads(1)
hidden_then = "sklearn" not in sys.modules
import tensorflow as tf
import sklearn.base
print(json.dumps({
    "hidden": hidden_then, "found": "sklearn.base" in sys.modules, "collects": gc.isenabled(),
    "frozen": gc.get_freeze_count(), "threads": tf.config.threading.get_intra_op_parallelism_threads(),
    "finders": [type(finder).__name__ for finder in sys.meta_path],
}))
"""


def test_scikit_learn_is_hidden_from_keras_alone() -> None:
    environment = {"TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [sys.executable, "-c", CODE], env=environment, capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    assert found["hidden"]
    assert found["found"]
    assert found["collects"]
    assert found["frozen"] > 100_000
    assert found["threads"] == 1
    assert "_Hidden" not in found["finders"]
