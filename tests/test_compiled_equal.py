"""The compiled engine trains what `fit` trains: same weights, same numbers, same ends.

In float64 the two differ only by the order of sums, so that tolerances can be tight. Many
lanes share one program, because each costs a second to trace and each `fit` another.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import keras
import pytest

from hpexp.model import EarlyStopping, Status
from hpexp.vocabulary import ACTIVATIONS, OPTIMIZERS
from tests.engines import assert_same, experiment, group, runs, train

pytestmark = [
    pytest.mark.tensorflow,
    # Keras's saving still calls NumPy 1's `__array__`.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

TIGHT = 1e-9
"""Relative, float64: sums in another order, a few hundred updates apart."""

BOTH = ("graph", "xla")


@pytest.fixture
def float64() -> Iterator[None]:
    before = keras.config.floatx()
    for precision in ("float64", before):
        keras.config.set_floatx(precision)
        keras.config.set_dtype_policy(precision)
        if precision == "float64":
            yield


@pytest.mark.usefixtures("float64")
class TestFloat64:
    def test_every_optimizer_and_activation(self, tmp_path: Path) -> None:
        optimizers = [
            runs(optimizer=[optimizer], activation=[activation], learning_rate=[0.01], epochs=[2])
            for optimizer, activation in zip(OPTIMIZERS, ACTIVATIONS, strict=False)
        ]
        others = runs(activation=ACTIVATIONS[len(OPTIMIZERS) :], epochs=[2])
        assert_same(experiment(), group(*optimizers, others), TIGHT, tmp_path)

    def test_every_optimizer_compiled(self) -> None:
        lanes = runs(optimizer=OPTIMIZERS, learning_rate=[0.01], epochs=[2])
        assert_same(experiment(), lanes, TIGHT, ways=["xla"])

    def test_optimizer_options(self) -> None:
        lanes = group(
            runs(optimizer=["sgd"], momentum=[0.0, 0.9], weight_decay=[0.1], clipnorm=[None, 0.05]),
            runs(optimizer=["sgd"], momentum=[0.8], nesterov=[True]),
            runs(optimizer=["rmsprop"], momentum=[0.9], rho=[0.8], learning_rate=[0.01]),
            runs(optimizer=["adam", "lamb"], beta_1=[0.8], beta_2=[0.9], epsilon=[1e-3], clipnorm=[0.1]),
            runs(optimizer=["adamw"], weight_decay=[0.0, 0.3], learning_rate=[0.01]),
        )
        assert_same(experiment(), lanes, TIGHT)

    @pytest.mark.parametrize("batch", ["full", "stochastic", "mini", 40, 36])
    def test_every_batch_mode(self, batch: str | int) -> None:
        """36 divides the examples; 32 and 40 leave a smaller last batch."""
        lanes = group(runs(batch=[batch], epochs=[2]), runs(batch=[batch], optimizer=["adam"], seed=[1]))
        assert_same(experiment(), lanes, TIGHT, ways=BOTH if batch == "mini" else ["graph"])

    def test_lane_values(self) -> None:
        """Everything that may differ from lane to lane, in one program."""
        lanes = group(
            runs(dropout=[0.4], seed=[0, 1]),
            runs(l2=[0.01], label_smoothing=[0.1], initializer=["he_normal", "orthogonal"]),
            runs(schedule=["cosine", "exponential", "step"], decay_rate=[0.3], decay_epochs=[0.5]),
            runs(learning_rate=[0.0, 0.3], epochs=[1, 4]),
        )
        assert_same(experiment(), lanes, TIGHT, ways=BOTH)

    def test_structures(self) -> None:
        """Runs that cannot share a program may still share a group."""
        lanes = group(
            runs(hidden=[()], normalize=["standard"]),
            runs(hidden=[(6, 5)], normalize=["minmax"]),
            runs(output=["softmax"], batch_norm=[True], dropout=[0.2], batch=[40]),
        )
        assert_same(experiment(), lanes, TIGHT)

    def test_linear_and_regression(self) -> None:
        assert_same(experiment(model="linear"), runs(l2=[0.0, 0.1]), TIGHT)
        spec = experiment(data="diabetes")
        assert_same(spec, runs(normalize=["standard"], learning_rate=[0.001], epochs=[2]), TIGHT)

    def test_cnn(self, tmp_path: Path) -> None:
        lanes = runs(
            filters=[(3, 4)], kernel_size=[3], activation=["relu", "tanh"],
            optimizer=["adam"], learning_rate=[0.01], batch=[100], epochs=[2],
        )  # fmt: skip
        assert_same(experiment(data="digits", model="cnn"), lanes, TIGHT, tmp_path, BOTH)
        other = runs(filters=[(3,)], kernel_size=[2], batch_norm=[True], batch=[200], epochs=[1])
        assert_same(experiment(data="digits", model="cnn"), other, TIGHT)

    @pytest.mark.parametrize(
        ("monitor", "mode", "restore_best"),
        [("val_loss", "min", True), ("val_loss", "min", False), ("accuracy", "max", True)],
    )
    def test_early_stopping(self, monitor: str, mode: str, restore_best: bool, tmp_path: Path) -> None:
        rule = EarlyStopping(monitor, 2, 0.001, restore_best, mode)  # type: ignore[arg-type]
        lanes = runs(learning_rate=[1e-4, 0.1, 1.0], optimizer=["adam"], epochs=[8])
        trained = assert_same(experiment(early_stopping=rule), lanes, TIGHT, tmp_path)
        assert len({result.epochs for result in trained.results.values()}) > 1
        assert Status.STOPPED in {result.status for result in trained.results.values()}


def test_float32() -> None:
    """At the precision that people train in, while the dynamics are stable: 1e-4 relative."""
    lanes = runs(optimizer=["sgd", "adam", "rmsprop"], dropout=[0.0, 0.3])
    assert_same(experiment(), lanes, 1e-4, ways=BOTH)


def test_a_diverged_lane_leaves_its_neighbours_alone() -> None:
    """A lane at learning rate 1e6 ends as it does under `fit`; the others are bit for bit as without it."""
    spec = experiment(data="diabetes")
    calm = runs(learning_rate=[0.001, 0.002], epochs=[4], normalize=["standard"], activation=["relu"])
    wild = runs(learning_rate=[1e6, 10.0], epochs=[4], normalize=["standard"], activation=["relu"])
    lanes = group(calm, wild)
    assert_same(spec, lanes, 1e-4, ways=BOTH)
    together, apart = train("compiled", spec, lanes), train("compiled", spec, group(calm, calm))
    assert together.results["r2"].status is Status.DIVERGED
    for run in calm:
        assert together.epochs[run.id] == apart.epochs[run.id]
