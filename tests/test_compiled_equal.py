"""The compiled engine trains what `fit` trains: same weights, same numbers, same ends.

In float64 the two differ only by the order of sums, so that tolerances can be tight. Every
optimizer × activation family × batch mode × kind of model is covered in pairs here, and as a
full product by `make test-all`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import keras
import pytest

from hpexp.model import EarlyStopping, Experiment, ModelSpec, Objective, Run, Status, Taken, Value
from hpexp.train.compiled import part
from hpexp.vocabulary import ACTIVATIONS, INITIALIZERS, OPTIMIZERS
from tests.engines import assert_same, compiling, experiment, group, images, runs, same_run, train

pytestmark = pytest.mark.tensorflow

TIGHT = 1e-9
"""Relative, float64: sums in another order, a few hundred updates apart."""

BOTH = ("graph", "xla")

FAMILIES = (
    ("relu", "glu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh", "leaky_relu",
     "linear", "relu6", "soft_shrink", "threshold"),
    ("tanh", "sigmoid", "softsign", "sparse_sigmoid", "tanh_shrink"),
    ("gelu", "celu", "elu", "exponential", "log_sigmoid", "mish", "selu", "silu", "softplus", "sparse_plus",
     "squareplus", "swish"),
    ("softmax", "log_softmax", "sparsemax"),
)  # fmt: skip
"""Activations of straight pieces, S-shaped ones, smooth unbounded ones, and those across units."""

BATCHES: tuple[Value, ...] = ("full", "stochastic", "mini", 20)
MODELS = ("mlp", "cnn", "linear", "python")
WITH_ACTIVATION = MODELS[:2]

OWN_MODEL = """
import keras

def build(input_shape, outputs):
    inputs = keras.Input(input_shape)
    x = keras.layers.Dense(5, activation="gelu")(keras.layers.Flatten()(inputs))
    y = keras.layers.Dense(5, kernel_regularizer="l2")(keras.layers.LayerNormalization()(x))
    return keras.Model(inputs, keras.layers.Dense(outputs)(keras.layers.Add()([x, y])))
"""
"""Layers without rules for lanes; by hpexp's rules, and lane by lane: see test_compiled_lanes.py."""

CALM = tuple(
    name for name in INITIALIZERS if name.startswith(("glorot", "he_", "lecun", "orthogonal", "variance"))
)

Point = tuple[str, int, Value, str]
"""Optimizer, activation family, batch mode, kind of model."""


def covering() -> list[Point]:
    """Points in which every two values of two factors meet."""
    points: list[Point] = []
    for place, optimizer in enumerate(OPTIMIZERS):
        for family in range(len(FAMILIES)):
            batch = (place + family) % len(BATCHES)
            model = (place // 2 + family) % len(WITH_ACTIVATION)
            points.append((optimizer, family, BATCHES[batch], WITH_ACTIVATION[model]))
        for shift, model in enumerate(MODELS[2:]):
            batch = (place + shift) % len(BATCHES)
            points.append((optimizer, place % len(FAMILIES), BATCHES[batch], model))
    return points


def lanes_of(points: Sequence[Point]) -> tuple[Run, ...]:
    """A run each; the activations of a family take turns, and so do the initializers.

    Only those that give every unit random weights large enough to be alive. Where units are alike
    or dead, outputs tie or gradients are zero but for rounding, and rounding decides what is learned:
    before log_softmax, `identity` leaves units without a gradient, whose noise adafactor scales up.
    """
    made = []
    for optimizer, family, batch, _ in points:
        activation = FAMILIES[family][OPTIMIZERS.index(optimizer) % len(FAMILIES[family])]
        widths: dict[str, tuple[Value, ...]] = {"hidden": ((6,),), "filters": ((4,),)}
        made.append(
            runs(
                optimizer=[optimizer], activation=[activation], batch=[batch], learning_rate=[0.01],
                initializer=[CALM[(OPTIMIZERS.index(optimizer) + family) % len(CALM)]], epochs=[2], **widths,
            )
        )  # fmt: skip
    return group(*made)


def spec_of(model: str, folder: Path) -> Experiment:
    spec = replace(experiment(model=model), data=images(folder))
    if model == "python":
        (folder / "own_equal.py").write_text(OWN_MODEL)
        spec = replace(spec, model=ModelSpec("python", "own_equal:build", {}, str(folder)))
    return spec


def pairs(points: Sequence[Point]) -> set[tuple[int, Value, int, Value]]:
    """What meets: factor and value, twice."""
    return {
        (one, point[one], other, point[other])
        for point in points
        for one, other in itertools.combinations(range(len(point)), 2)
    }


def test_the_points_cover_all_pairs() -> None:
    assert sorted(itertools.chain(*FAMILIES)) == sorted(ACTIVATIONS)
    points, families = covering(), range(len(FAMILIES))
    assert {pair for pair in pairs(points) if 1 not in pair[::2]} == {
        pair for pair in pairs(list(itertools.product(OPTIMIZERS, families, BATCHES, MODELS)))
        if 1 not in pair[::2]
    }  # fmt: skip
    activated = [point for point in points if point[3] in WITH_ACTIVATION]
    product = itertools.product(OPTIMIZERS, families, BATCHES, WITH_ACTIVATION)
    assert pairs(activated) == pairs(list(product))
    assert {run.params["activation"] for run in lanes_of(activated)} == set(ACTIVATIONS)


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
    @pytest.mark.parametrize("batch", BATCHES)
    @pytest.mark.parametrize("model", MODELS)
    def test_optimizers_activations_batches_and_models(
        self, model: str, batch: Value, tmp_path: Path
    ) -> None:
        points = [point for point in covering() if point[2:] == (batch, model)]
        # XLA takes seconds to compile: one of each model and of each batch mode.
        way = BOTH[MODELS.index(model) == BATCHES.index(batch)]
        trained = assert_same(spec_of(model, tmp_path), lanes_of(points), TIGHT, [way])
        assert {result.status for result in trained.results.values()} == {Status.DONE}

    @pytest.mark.slow
    @pytest.mark.timeout(1800)
    @pytest.mark.parametrize("batch", BATCHES)
    @pytest.mark.parametrize("model", MODELS)
    def test_the_full_product(self, model: str, batch: Value, tmp_path: Path) -> None:
        families = range(len(FAMILIES)) if model in WITH_ACTIVATION else [0]
        points = [(optimizer, family, batch, model) for optimizer in OPTIMIZERS for family in families]
        assert_same(spec_of(model, tmp_path), lanes_of(points), TIGHT, BOTH)

    def test_optimizer_options(self) -> None:
        lanes = group(
            runs(optimizer=["sgd"], momentum=[0.0, 0.9], weight_decay=[0.1], clipnorm=[0.05]),
            runs(optimizer=["sgd"], momentum=[0.8], nesterov=[True]),
            runs(optimizer=["rmsprop"], momentum=[0.9], rho=[0.8], learning_rate=[0.01]),
            runs(optimizer=["adam", "lamb"], beta_1=[0.8], beta_2=[0.9], epsilon=[1e-3], clipnorm=[0.1]),
            runs(optimizer=["adamw"], weight_decay=[0.0, 0.3], learning_rate=[0.01]),
            runs(optimizer=["muon"], momentum=[0.0, 0.5, None], nesterov=[True, False], learning_rate=[0.01]),
        )
        assert_same(experiment(), lanes, TIGHT)

    def test_lane_values(self) -> None:
        """Everything that may differ from lane to lane, in one program."""
        lanes = group(
            runs(dropout=[0.4], seed=[0, 1]),
            runs(l2=[0.01], label_smoothing=[0.1], initializer=["ones", "zeros"]),
            runs(schedule=["cosine", "exponential", "step"], decay_rate=[0.3], decay_epochs=[0.5]),
            runs(learning_rate=[0.0, 0.3], epochs=[1, 4]),
        )
        assert_same(experiment(), lanes, TIGHT, ["xla"])

    @pytest.mark.parametrize("way", BOTH)
    @pytest.mark.parametrize("chunk", [7, 10])
    def test_validation_in_chunks(self, chunk: int, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Chunks that divide the 30 examples and chunks that do not, with a penalty, two seeds and a softmax.

        The loss of the data and the balanced accuracy are told as well.
        """
        monkeypatch.setattr(part, "VALIDATION_CHUNK", chunk)
        lanes = group(runs(l2=[0.01], label_smoothing=[0.1], seed=[0, 1]), runs(output=["softmax"]))
        objective = Objective("val_balanced_accuracy", "max")
        trained = assert_same(experiment(params={"l2": 0.01}, objective=objective), lanes, TIGHT, [way])
        assert {"val_data_loss", "balanced_accuracy"} <= set(trained.epochs["r0"][0])

    def test_structures(self) -> None:
        """Runs that cannot share a program may still share a group; 45 divides the 90 examples."""
        lanes = group(
            runs(hidden=[()], normalize=["standard"], batch=[45]),
            runs(hidden=[(6, 5)], normalize=["minmax"]),
            runs(output=["softmax"], batch_norm=[True], dropout=[0.2], batch=[40]),
        )
        assert_same(experiment(), lanes, TIGHT)

    def test_regression_and_normed_convolutions(self, tmp_path: Path) -> None:
        spec = experiment(data="diabetes", params={"l2": 0.1})
        lanes = runs(normalize=["standard"], learning_rate=[0.001], l2=[0.1], epochs=[2])
        trained = assert_same(spec, lanes, TIGHT)
        assert trained.epochs["r0"][0]["val_data_loss"] < trained.epochs["r0"][0]["val_loss"]
        lanes = runs(filters=[(3, 2)], kernel_size=[2], batch_norm=[True], batch=[20], epochs=[2])
        assert_same(spec_of("cnn", tmp_path), lanes, TIGHT)

    @pytest.mark.parametrize(
        ("monitor", "mode", "epoch"), [("val_loss", "min", "best"), ("accuracy", "max", "last")]
    )
    def test_early_stopping(self, monitor: str, mode: str, epoch: Taken) -> None:
        rule = EarlyStopping(monitor, 2, 0.001, mode)  # type: ignore[arg-type]
        lanes = runs(learning_rate=[1e-4, 0.1, 1.0], optimizer=["adam"], epochs=[8])
        objective = Objective("val_loss", "min", epoch)
        trained = assert_same(experiment(early_stopping=rule, objective=objective), lanes, TIGHT)
        assert len({result.epochs for result in trained.results.values()}) > 1
        assert Status.STOPPED in {result.status for result in trained.results.values()}


def test_float32() -> None:
    """At the precision that people train in, while the dynamics are stable: 1e-4 relative."""
    lanes = runs(optimizer=["sgd", "adam", "rmsprop"], dropout=[0.3], learning_rate=[0.01])
    assert_same(experiment(), lanes, 1e-4)


@pytest.mark.parametrize("way", ["graph", pytest.param("xla", marks=pytest.mark.slow)])
def test_a_diverged_lane_leaves_its_neighbours_alone(way: str) -> None:
    """A lane at learning rate 1e6 ends as it does under `fit`; the others are bit for bit as without it."""
    spec = experiment(data="diabetes")
    calm = runs(learning_rate=[0.001, 0.002], epochs=[4], normalize=["standard"], activation=["relu"])
    wild = runs(learning_rate=[1e6, 10.0], epochs=[4], normalize=["standard"], activation=["relu"])
    lanes = group(calm, wild)
    with compiling(way):
        together, apart = train("compiled", spec, lanes), train("compiled", spec, group(calm, calm))
    expected = train("fit", spec, lanes)
    for run in lanes:
        same_run(run, together, expected, 1e-4)
    assert together.results["r2"].status is Status.DIVERGED
    for run in calm:
        assert together.epochs[run.id] == apart.epochs[run.id]
