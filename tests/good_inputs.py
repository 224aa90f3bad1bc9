"""Experiment files that are right, in every form that a key may take."""

from __future__ import annotations

from tests.bad_inputs import HEAD, MAIN, Files, X, Y, npz
from tests.pictures import COLOUR, encoded

TABLE = "a,b,y\n" + "".join(f"{n},{'uv'[n % 2]},{n % 3}\n" for n in range(30))
NETS = "def build(input_shape, outputs, width=8, depth=1, widths=(), act='relu'): ...\n"

LR = """\
# yaml-language-server: $schema=../docs/schema.json
name: lr
description: How far can the learning rate go?
data: digits
model: mlp
params:
  hidden: [128]
  activation: relu
  optimizer: sgd
  learning_rate: 0.01
  batch: mini
  epochs: 30
grid:
  learning_rate: [1e-4, 1e-3, 1e-2, 1e-1, 1]
  optimizer: [sgd, adam, rmsprop]
seeds: 3
early_stopping: {monitor: val_loss, patience: 3, min_delta: 0, restore_best: true}
objective: val_accuracy
"""

EVERYTHING = """\
$schema: ../docs/schema.json
name: every.thing-1_2
description: on
data: {name: blobs, examples: 200, noise: 1.5, classes: 4, seed: 7, split: {validation: 0.25, test: 0,
  seed: 1}}
model: {name: cnn}
params: {hidden: 64, filters: [8, 16], normalize: none, nesterov: true, weight_decay: null, epochs: 1e1}
grid:
  - optimizer: [sgd]
    momentum: {linear: [0, 0.9], n: 4}
    zip:
      - batch: [full, stochastic, mini, 16]
      - learning_rate: {log: [1e-3, 1], n: 4}
  - optimizer: adam
    zip: {dropout: [0, 0.5], hidden: [[64], [128, 64]]}
  - zip: [{dropout: [0.1, 0.2], l2: [0, 1e-4]}, {epochs: [1, 2], batch: [8, 16]}]
include:
  - {optimizer: lion, learning_rate: 1e-4}
exclude: {optimizer: sgd, batch: full}
seeds: [0, 7, 42]
early_stopping: true
objective: {metric: loss, mode: min}
tensorboard: {graph: all, histograms: 5}
training: {checkpoint_every: 10, save_model: true}
limits: {timeout: 5m, idle_timeout: 30s}
retries: 2
max_failures: 3
resources: {memory: 4GB, jobs: 2}
"""


def _files(text: str, **files: str | bytes) -> Files:
    return {MAIN: text, **files}


PNG = encoded(COLOUR, "PNG")

GOOD_INPUTS: dict[str, Files] = {
    "lr": _files(LR),
    "everything": _files(EVERYTHING),
    "the least": _files(HEAD),
    "a byte order mark": {MAIN: b"\xef\xbb\xbf" + HEAD.encode()},
    "carriage returns": {MAIN: HEAD.replace("\n", "\r\n").encode()},
    "keys without values": _files(
        HEAD + "params:\ngrid:\nsplit:\nearly_stopping:\nobjective:\ntensorboard:\n"
    ),
    "empty maps": _files(HEAD + "params: {}\ngrid: {}\nsplit: {}\nlimits: {}\n"),
    "empty lists": _files(HEAD + "grid: []\ninclude: []\nexclude: []\n"),
    "early stopping off": _files(HEAD + "early_stopping: false\n"),
    "graph as a flag": _files(HEAD + "tensorboard: {graph: true}\n"),
    "no graph": _files(HEAD + "tensorboard: {graph: false}\n"),
    "limits at the top": _files(HEAD + "timeout: 90\nidle_timeout: 1.5h\n"),
    "bytes of memory": _files(HEAD + "resources: {memory: 1e9}\n"),
    "no limit": _files(HEAD + "limits: {timeout: null}\n"),
    "a layer list without layers": _files(HEAD + "grid: {hidden: [[], 64, [64, 32]]}\n"),
    "an axis of one value": _files(HEAD + "grid: {epochs: 3}\n"),
    "a repeated value": _files(HEAD + "grid: {epochs: [3, 3]}\n"),
    "an anchor": _files(
        "data: digits\nmodel: mlp\nparams: &p {epochs: 1}\ninclude: [*p, {<<: *p, batch: 8}]\n"
    ),
    "regression": _files("data: diabetes\nmodel: linear\nobjective: val_mae\n"),
    "a download": _files("data: mnist\nmodel: cnn\n"),
    "a table": {MAIN: "data: {csv: t.csv, target: y, task: regression}\nmodel: mlp\n", "t.csv": TABLE},
    "a table of few rows": {
        MAIN: "data: {csv: t.csv, target: y}\nmodel: mlp\nparams: {batch: 64}\n",
        "t.csv": "a,y\n1,0\n2,1\n3,0\n4,1\n",
    },
    "an archive": {
        MAIN: "data: {npz: d/a.npz, x: in, y: out}\nmodel: mlp\n",
        "d/a.npz": npz(**{"in": X}, out=Y),
    },
    "images": {
        MAIN: "data: {images: pets, size: [16, 24], color: grayscale}\nmodel: cnn\n",
        **{f"pets/{kind}/{n}.PNG": PNG for kind in ("cat", "dog") for n in range(4)},
    },
    "images of one size": {
        MAIN: "data: {images: pets, size: 16}\nmodel: cnn\n",
        **{f"pets/{kind}/{n}.jpg": PNG for kind in ("cat", "dog") for n in range(4)},
    },
    "own code": {
        MAIN: "data: {python: 'mine.sets:load', rows: 100, shape: [2, 3], task: regression}\n"
        "model: {python: 'nets:build', act: tanh}\n"
        "params: {width: 16, depth: 2}\n"
        "grid: {width: {linear: [8, 32], n: 4}, widths: [[1, 2], [3]], optimizer: [sgd, adam]}\n",
        "nets.py": NETS,
        "mine/sets.py": "def load(rows, shape): ...\n",
    },
    "an installed module": _files("data: digits\nmodel: {python: 'json:loads'}\n"),
}
