"""Every name an experiment file may use for a parameter, an optimizer, an activation …

Written out, because reading them from Keras costs seconds; a test holds the lists equal
to what the installed Keras knows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from hpexp.model import Lacks, Params, Reason, Value

OPTIMIZERS = (
    "adadelta", "adafactor", "adagrad", "adam", "adamax", "adamw", "ftrl", "lamb", "lion",
    "muon", "nadam", "rmsprop", "sgd",
)  # fmt: skip

OPTIMIZERS_LEFT_OUT = {
    "schedulefreeadamw": "is left out: Keras's forgets the starting weights and is not that of its paper "
    "(docs/decisions); adamw with schedule: cosine is the nearest",
}
"""Keras's optimizers that hpexp does not train with, and why."""

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
TABLES = ("csv", "parquet")
"""Files of rows and columns."""
FILES = (*TABLES, "npz", "images")
"""Data whose source is a path."""
KERAS_DATA = ("mnist", "fashion_mnist", "cifar10", "cifar100")
MODELS = ("mlp", "cnn", "linear")

_OF_ALL: Params = {"learning_rate": 0.001, "weight_decay": 0.0, "clipnorm": None}
_OF_ADAM: Params = {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}

OPTIMIZER_DEFAULTS: Mapping[str, Params] = {
    "adadelta": {**_OF_ALL, "rho": 0.95, "epsilon": 1e-7},
    "adafactor": {**_OF_ALL},
    "adagrad": {**_OF_ALL, "epsilon": 1e-7},
    "adam": {**_OF_ALL, **_OF_ADAM},
    "adamax": {**_OF_ALL, **_OF_ADAM},
    "adamw": {**_OF_ALL, **_OF_ADAM, "weight_decay": 0.004},
    "ftrl": {**_OF_ALL},
    "lamb": {**_OF_ALL, **_OF_ADAM},
    "lion": {**_OF_ALL, "beta_1": 0.9, "beta_2": 0.99},
    "muon": {**_OF_ALL, "weight_decay": 0.004, "momentum": 0.95, "nesterov": True, "epsilon": 1e-7},
    "nadam": {**_OF_ALL, **_OF_ADAM},
    "rmsprop": {**_OF_ALL, "momentum": 0.0, "rho": 0.9, "epsilon": 1e-7},
    "sgd": {**_OF_ALL, "learning_rate": 0.01, "momentum": 0.0, "nesterov": False},
}
"""What each optimizer's constructor takes of hpexp's parameters, with Keras's defaults; no weight
decay is 0."""

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
    dead: Callable[[Params], Reason | None] = lambda point: None


def _without(*models: str) -> Callable[[Params], Reason | None]:
    def dead(point: Params) -> Reason | None:
        return Lacks("model", str(point["model"])) if point["model"] not in models else None

    return dead


def _optimizer(name: str) -> Callable[[Params], Reason | None]:
    def dead(point: Params) -> Reason | None:
        optimizer = str(point["optimizer"])
        return None if name in OPTIMIZER_DEFAULTS[optimizer] else Lacks("optimizer", optimizer)

    return dead


def _activation(point: Params) -> Reason | None:
    if point["model"] == "mlp" and point["hidden"] == ():
        return "there is no hidden layer"
    return _without("mlp", "cnn")(point)


def _nesterov(point: Params) -> Reason | None:
    momentum = "" if point["momentum"] else "momentum is 0"
    return _optimizer("nesterov")(point) or momentum or None


def _decay_rate(point: Params) -> Reason | None:
    used = point["schedule"] in ("exponential", "step")
    return None if used else Lacks("schedule", str(point["schedule"]))


def _decay_epochs(point: Params) -> Reason | None:
    return _decay_rate(point)


def _classification(point: Params) -> Reason | None:
    return "the task is regression" if point.get("task") == "regression" else None


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
        Parameter("momentum", "number", None, "momentum; Keras's is 0, under muon 0.95", lane=True, low=0,
                  high=1, dead=_optimizer("momentum")),
        Parameter("nesterov", "flag", None, "Nesterov momentum; Keras's is false, under muon true",
                  lane=True, dead=_nesterov),
        Parameter("weight_decay", "number", None, "decoupled weight decay", lane=True, low=0),
        Parameter("beta_1", "number", None, "decay of the first moment", low=0, high=1, open_high=True,
                  lane=True, dead=_optimizer("beta_1")),
        Parameter("beta_2", "number", None, "decay of the second moment", low=0, high=1, open_high=True,
                  lane=True, dead=_optimizer("beta_2")),
        Parameter("rho", "number", None, "decay of the squared gradients", low=0, high=1, open_high=True,
                  lane=True, dead=_optimizer("rho")),
        Parameter("epsilon", "number", None, "guard against division by zero", low=0,
                  lane=True, dead=_optimizer("epsilon")),
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

OF_OPTIMIZERS = frozenset(name for known in OPTIMIZER_DEFAULTS.values() for name in known)
"""Parameters whose default is the optimizer's own."""

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
BALANCED = "balanced_accuracy"
"""The mean of the classes' accuracies."""
CLASSIFICATION_METRICS = (
    "loss", "accuracy", BALANCED, "data_loss",
    "val_loss", "val_accuracy", f"val_{BALANCED}", "val_data_loss",
)  # fmt: skip
REGRESSION_METRICS = ("loss", "mae", "data_loss", "val_loss", "val_mae", "val_data_loss")
"""Losses are mean cross-entropy (classification) and mean squared error (regression), as Keras tells them;
data losses are those without penalties and label smoothing."""


def optimizer_default(optimizer: Value, name: str) -> Value:
    """An optimizer's own default of a parameter; None where it takes none."""
    return OPTIMIZER_DEFAULTS[str(optimizer)].get(name)


def optimizer_kind(params: Params) -> tuple[str, ...]:
    """What of its optimizer and its loss a run has in common with others that train by the same formulas.

    The optimizer's name, and which of the options that change a formula are in use.
    """
    optimizer = str(params.get("optimizer", "sgd"))

    def used(option: str) -> bool:
        value = params.get(option)
        return bool(optimizer_default(optimizer, option) if value is None else value)

    return (optimizer, *filter(used, ("momentum", "nesterov", "weight_decay", "clipnorm", "label_smoothing")))


def batch_size(batch: Value, examples: int) -> int:
    """Examples per update for a batch mode, never more than there are."""
    sizes: dict[object, int] = {"full": examples, "stochastic": 1, "mini": MINI_BATCH}
    size = sizes[batch] if isinstance(batch, str) else batch
    assert isinstance(size, int)
    return min(size, examples)


def metric_mode(metric: str) -> Literal["min", "max"]:
    """Whether a metric is better high or low: accuracies high, losses and errors low."""
    return "max" if metric.endswith("accuracy") else "min"
