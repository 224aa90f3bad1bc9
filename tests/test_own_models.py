"""A corpus of own models: compiled, they train as under `fit`; or they are not compiled, and say why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import keras
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpexp.messages import Job
from hpexp.model import Experiment, Group, ModelSpec, Value
from hpexp.train.compiled.table import Lane, sort_lanes
from hpexp.train.compiled.verdicts import judge
from hpexp.train.data.load import load
from tests import own_models
from tests.engines import compiling, experiment, runs, same_run, train

pytestmark = [pytest.mark.tensorflow, pytest.mark.filterwarnings("ignore:Gradients do not exist")]

Function = Callable[..., keras.Model]

TIGHT = 1e-9
"""Relative, float64."""

LOOSE = {own_models.in_float32: 1e-4, own_models.regularized: 1e-4}
"""Models that cannot be trained in float64."""

LANES = runs(optimizer=["adam"], learning_rate=[0.01, 0.02], epochs=[2])


def spec_of(function: Function, **options: Value) -> Experiment:
    source = f"own_models:{function.__name__}"
    return replace(experiment("iris"), model=ModelSpec("python", source, options, str(Path(__file__).parent)))


@contextmanager
def precision(floats: str) -> Iterator[None]:
    before = keras.config.floatx()

    def choose(each: str) -> None:
        keras.config.set_floatx(each)
        keras.config.set_dtype_policy(each)

    choose(floats)
    try:
        yield
    finally:
        choose(before)


def trained(function: Function, **options: Value) -> str:
    """The engine that trains it when the compiled one is asked for; raises where that differs from `fit`."""
    spec = spec_of(function, **options)
    with precision("float32" if function in LOOSE else "float64"):
        with compiling("graph"):
            mine = train("compiled", spec, LANES)
        (engine,) = {result.engine for result in mine.results.values()}
        expected = train("fit", spec, LANES) if engine == "compiled" else mine
    if engine == "compiled":
        for run in LANES:
            same_run(run, mine, expected, LOOSE.get(function, TIGHT))
    return engine


def named(function: Function) -> str:
    return function.__name__


@pytest.mark.parametrize("function", own_models.QUICK, ids=named)
def test_compiled_they_train_as_under_fit(function: Function) -> None:
    assert trained(function) == "compiled"


@pytest.mark.parametrize("function", own_models.REFUSED, ids=named)
def test_what_two_steps_cannot_prove_is_refused(function: Function) -> None:
    spec = spec_of(function)
    job = Job(spec, Group(0, "compiled", LANES))
    lanes = sort_lanes([Lane(run, 2) for run in LANES])
    ((_, verdict),) = judge(job, lanes, load(spec.data), lambda message: None)
    assert own_models.REFUSED[function] in verdict.reason


def test_the_corpus_is_large() -> None:
    everything = [*own_models.COMPILED, *own_models.REFUSED]
    assert len(set(everything)) == len(everything) >= 40
    assert set(own_models.QUICK) <= set(own_models.COMPILED)


NODES = ("dense", "shared", "norm", "add", "multiply", "join", "inner", "sine")

graphs = st.lists(
    st.tuples(st.sampled_from(NODES), st.integers(0, 6), st.integers(0, 6)), min_size=2, max_size=6
).map(lambda nodes: ";".join(f"{kind} {one} {other}" for kind, one, other in nodes))


def drawn_settings(count: int) -> settings:
    return settings(max_examples=count, deadline=None, derandomize=True)


@drawn_settings(1)
@given(plan=graphs)
def test_a_drawn_graph(plan: str) -> None:
    assert trained(own_models.drawn, plan=plan) == "compiled"


@pytest.mark.slow
@pytest.mark.timeout(3600)
@drawn_settings(25)
@given(plan=graphs)
def test_drawn_graphs(plan: str) -> None:
    assert trained(own_models.drawn, plan=plan) == "compiled"


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_whole_corpus() -> None:
    """Prints how many are compiled, how many go through fit, and how many come apart: none."""
    engines: Counter[str] = Counter()
    apart: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for function in [*own_models.COMPILED, *own_models.REFUSED]:
        try:
            engine = trained(function)
        except AssertionError as error:
            apart[function.__name__] = str(error)
            continue
        engines[engine] += 1
        if (engine == "compiled") is not (function in own_models.COMPILED):
            wrong[function.__name__] = engine
    print(f"compiled {engines['compiled']}, through fit {engines['fit']}, apart {len(apart)}")
    assert not apart
    assert not wrong
