"""The fast import of TensorFlow."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

CODE = """
import gc, json, sys
from hpexp.train.start import hidden
import hpexp.train
from hpexp.train.start import use_threads
use_threads(1)
hidden_then = "sklearn" not in sys.modules
import keras
import tensorflow as tf
import sklearn.base
print(json.dumps({
    "hidden": hidden_then, "found": "sklearn.base" in sys.modules, "collects": gc.isenabled(),
    "frozen": gc.get_freeze_count(), "threads": tf.config.threading.get_intra_op_parallelism_threads(),
    "finders": [type(finder).__name__ for finder in sys.meta_path],
    "keras": [keras.config.floatx(), keras.config.epsilon(), keras.config.image_data_format(),
              keras.backend.backend(), keras.layers.Dense(1).compute_dtype, keras.config.max_epochs()],
}))
"""


def test_scikit_learn_is_hidden_from_keras_alone_and_keras_is_set_as_everywhere(tmp_path: Path) -> None:
    """Whatever a `keras.json` and environment variables say."""
    settings = {"floatx": "float16", "epsilon": 0.1, "image_data_format": "channels_first", "max_epochs": 1}
    (tmp_path / "keras.json").write_text(json.dumps({**settings, "backend": "torch"}))
    environment = {
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "KERAS_HOME": str(tmp_path),
        "KERAS_BACKEND": "torch",
        "KERAS_MAX_EPOCHS": "1",
    }
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
    assert found["keras"] == ["float32", 1e-7, "channels_last", "tensorflow", "float32", None]
