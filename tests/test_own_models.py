"""A corpus of own models: compiled, they train as under `fit`, or they are not compiled and say why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import keras
import pytest

from hpexp.messages import Job, LogText
from hpexp.model import Experiment, Group, ModelSpec
from hpexp.train.compiled.table import Lane, sort_lanes
from hpexp.train.compiled.verdicts import judge
from hpexp.train.data.load import load
from tests import own_models
from tests.engines import assert_close, compiling, experiment, runs, train

pytestmark = pytest.mark.tensorflow

Function = Callable[..., keras.Model]


def spec_of(function: Function) -> Experiment:
    source = f"own_models:{function.__name__}"
    return replace(experiment("iris"), model=ModelSpec("python", source, {}, str(Path(__file__).parent)))
