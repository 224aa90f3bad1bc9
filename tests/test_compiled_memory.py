"""Data of MNIST's size with 64 lanes stays under 3 GB, TensorFlow and the data included."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

PROGRAM = """
import resource

import numpy as np

from hpexp.train.start import import_tensorflow

import_tensorflow()

from hpexp.messages import Finished, Job
from hpexp.model import Group
from hpexp.train.compiled import train_group
from hpexp.train.data import Arrays
from tests.engines import experiment, runs

random = np.random.default_rng(0)

def examples(count):
    return random.random((count, 784), np.float32), random.integers(0, 10, count).astype(np.int32)

classes = tuple("0123456789")
arrays = Arrays(*examples(60_000), *examples(10_000), *examples(10_000), "classification", classes)
rates = np.geomspace(1e-4, 1e-2, 64).tolist()
lanes = runs(hidden=[(128,)], optimizer=["adam"], learning_rate=rates, batch=[128], epochs=[1])
messages = []
train_group(Job(experiment(), Group(0, "compiled", lanes)), arrays, messages.append)
assert sum(isinstance(message, Finished) for message in messages) == 64
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


def test_64_lanes_on_60000_examples() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert int(done.stdout.split()[-1]) < 3e9
