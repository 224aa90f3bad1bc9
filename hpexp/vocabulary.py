"""Every name an experiment file may use for a parameter, an optimizer, an activation …

Written out, because reading them from Keras costs seconds; a test holds the lists equal
to what the installed Keras knows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from hpexp.model import Params, Value

OPTIMIZERS = (
    "adadelta", "adafactor", "adagrad", "adam", "adamax", "adamw", "ftrl", "lamb", "lion",
    "muon", "nadam", "rmsprop", "schedulefreeadamw", "sgd",
)  # fmt: skip

ACTIVATIONS = (
    "celu", "elu", "exponential", "gelu", "glu", "hard_shrink", "hard_sigmoid", "hard_silu",
    "hard_swish", "hard_tanh", "leaky_relu", "linear", "log_sigmoid", "log_softmax", "mish",
    "relu", "relu6", "selu", "sigmoid", "silu", "soft_shrink", "softmax", "softplus",
    "softsign", "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus", "swish", "tanh",
    "tanh_shrink", "threshold",
)  # fmt: skip

INITIALIZERS = (
    "glorot_normal", "glorot_uniform", "he_normal", "he_uniform", "identity", "lecun_normal",
    "lecun_uniform", "ones", "orthogonal", "random_normal", "random_uniform",
    "truncated_normal", "variance_scaling", "zeros",
)  # fmt: skip

BUILTIN_DATA = ("digits", "iris", "wine", "breast_cancer", "diabetes", "blobs", "moons", "spirals")
KERAS_DATA = ("mnist", "fashion_mnist", "cifar10", "cifar100")
MODELS = ("mlp", "cnn", "linear")

LEARNING_RATES = {
    "adamw": 0.001, "ftrl": 0.001, "sgd": 0.01, "schedulefreeadamw": 0.0025,
}  # fmt: skip
"""Keras's own default learning rates where they are not 0.001."""

WEIGHT_DECAYS = {"adamw": 0.004, "muon": 0.004}
"""Keras's own default weight decay where it is not 0."""

Kind: TypeAlias = Literal["number", "count", "flag", "name", "batch", "widths"]
"""`count` is a whole number from 1, `widths` a list of them, `batch` a mode or a count."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of the built-in models and of training.

    `lane` tells that the compiled engine can train runs that differ in it in one program,
    as numbers of each lane or in stretches of lanes; the others decide the program's
    structure. `low`/`high` bound a number (inclusive, unless `open_high`). `dead` says why
    the parameter has no effect at a point, or `None` where it has one; it sees the point
    with the defaults filled in, the model's kind under `model` and the data's under `task`.
    """

    name: str
    kind: Kind
    default: Value
    help: str
    lane: bool = False
    allowed: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    open_high: bool = False
    dead: Callable[[Params], str | None] = lambda point: None


def _without(*models: str) -> Callable[[Params], str | None]:
    def dead(point: Params) -> str | None:
        return f"model {point['model']} has none" if point["model"] not in models else None

    return dead


def _optimizers(*names: str) -> Callable[[Params], str | None]:
    def dead(point: Params) -> str | None:
        used = point["optimizer"] in names
        return None if used else f"optimizer {point['optimizer']} has none"

    return dead


def _activation(point: Params) -> str | None:
    if point["model"] == "mlp" and point["hidden"] == ():
        return "there is no hidden layer"
    return _without("mlp", "cnn")(point)


def _nesterov(point: Params) -> str | None:
    if point["optimizer"] != "sgd":
        return f"optimizer {point['optimizer']} has none"
    return None if point["momentum"] else "momentum is 0"


def _decay_rate(point: Params) -> str | None:
    used = point["schedule"] in ("exponential", "step")
    return None if used else f"schedule {point['schedule']} has none"


def _decay_epochs(point: Params) -> str | None:
    return _decay_rate(point)


def _classification(point: Params) -> str | None:
    return "the task is regression" if point.get("task") == "regression" else None


_BETA_1 = ("adam", "adamax", "adamw", "lamb", "lion", "nadam", "schedulefreeadamw")
_EPSILON = ("adadelta", "adagrad", "adam", "adamax", "adamw", "lamb", "muon", "nadam", "rmsprop",
            "schedulefreeadamw")  # fmt: skip

PARAMETERS: dict[str, Parameter] = {
    parameter.name: parameter
    for parameter in (
        Parameter("hidden", "widths", (128,), "widths of the hidden dense layers",
                  dead=_without("mlp", "cnn")),
        Parameter("filters", "widths", (16, 32), "filters of the convolution layers", dead=_without("cnn")),
        Parameter("kernel_size", "count", 3, "width of a convolution's window", low=1, dead=_without("cnn")),
        Parameter("activation", "name", "relu", "hidden layers' activation", lane=True, allowed=ACTIVATIONS,
                  dead=_activation),
        Parameter("initializer", "name", "glorot_uniform", "kernels' initializer", allowed=INITIALIZERS,
                  lane=True, dead=_without("mlp", "cnn", "linear")),
        Parameter("dropout", "number", 0.0, "share of hidden units dropped", lane=True, low=0, high=1,
                  open_high=True, dead=_activation),
        Parameter("batch_norm", "flag", False, "batch normalization in hidden layers", dead=_activation),
        Parameter("l2", "number", 0.0, "L2 penalty on kernels", lane=True, low=0,
                  dead=_without("mlp", "cnn", "linear")),
        Parameter("output", "name", "logits", "what the last layer gives the loss",
                  allowed=("logits", "softmax"), dead=_classification),
        Parameter("optimizer", "name", "sgd", "Keras optimizer", lane=True, allowed=OPTIMIZERS),
        Parameter("learning_rate", "number", None, "step size; Keras's default where not set", lane=True,
                  low=0),
        Parameter("momentum", "number", 0.0, "momentum", lane=True, low=0, high=1,
                  dead=_optimizers("sgd", "rmsprop")),
        Parameter("nesterov", "flag", False, "Nesterov momentum", lane=True, dead=_nesterov),
        Parameter("weight_decay", "number", None, "decoupled weight decay", lane=True, low=0),
        Parameter("beta_1", "number", None, "decay of the first moment", low=0, high=1, open_high=True,
                  lane=True, dead=_optimizers(*_BETA_1)),
        Parameter("beta_2", "number", None, "decay of the second moment", low=0, high=1, open_high=True,
                  lane=True, dead=_optimizers(*_BETA_1)),
        Parameter("rho", "number", None, "decay of the squared gradients", low=0, high=1, open_high=True,
                  lane=True, dead=_optimizers("adadelta", "rmsprop")),
        Parameter("epsilon", "number", None, "guard against division by zero", low=0,
                  lane=True, dead=_optimizers(*_EPSILON)),
        Parameter("clipnorm", "number", None, "largest norm of each weight's gradient", lane=True, low=0),
        Parameter("schedule", "name", "constant", "how the learning rate falls", lane=True,
                  allowed=("constant", "cosine", "exponential", "step")),
        Parameter("decay_rate", "number", 0.5, "factor of one decay", lane=True, low=0, high=1,
                  dead=_decay_rate),
        Parameter("decay_epochs", "number", 10.0, "epochs from one decay to the next", lane=True, low=0,
                  dead=_decay_epochs),
        Parameter("batch", "batch", "mini", "full, stochastic, mini (32) or a number",
                  allowed=("full", "stochastic", "mini"), low=1),
        Parameter("epochs", "count", 10, "passes over the training data", lane=True, low=1),
        Parameter("normalize", "name", "none", "scaling of the inputs, fitted on the training split",
                  allowed=("none", "standard", "minmax")),
        Parameter("label_smoothing", "number", 0.0, "share of the target spread over all classes", lane=True,
                  low=0, high=1, open_high=True, dead=_classification),
    )
}  # fmt: skip

DEFAULTS: Params = {parameter.name: parameter.default for parameter in PARAMETERS.values()}

OF_BUILT_IN_MODELS = frozenset(
    name
    for name, each in PARAMETERS.items()
    if each.dead({**DEFAULTS, "model": "python"}) and not each.dead({**DEFAULTS, "model": "cnn"})
)
"""Parameters that say how a built-in model is made: hidden, activation, … With an own model they are
no parameters of hpexp's: its function may give these names any meaning."""

LANES = frozenset(parameter.name for parameter in PARAMETERS.values() if parameter.lane)
"""Parameters in which runs of one compiled program may differ; all others decide its structure."""

MINI_BATCH = 32
CLASSIFICATION_METRICS = ("loss", "accuracy", "val_loss", "val_accuracy")
REGRESSION_METRICS = ("loss", "mae", "val_loss", "val_mae")
"""Losses are mean cross-entropy (classification) and mean squared error (regression)."""


def default_learning_rate(optimizer: str) -> float:
    """Keras's default learning rate of an optimizer."""
    return LEARNING_RATES.get(optimizer, 0.001)


def default_weight_decay(optimizer: str) -> float:
    """Keras's default weight decay of an optimizer; 0 for none."""
    return WEIGHT_DECAYS.get(optimizer, 0.0)


def batch_size(batch: Value, examples: int) -> int:
    """Examples per update for a batch mode, never more than there are."""
    sizes: dict[object, int] = {"full": examples, "stochastic": 1, "mini": MINI_BATCH}
    size = sizes[batch] if isinstance(batch, str) else batch
    assert isinstance(size, int)
    return min(size, examples)


def metric_mode(metric: str) -> Literal["min", "max"]:
    """Whether a metric is better high or low: accuracies high, losses and errors low."""
    return "max" if metric.endswith("accuracy") else "min"
