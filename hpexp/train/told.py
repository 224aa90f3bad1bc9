"""Which numbers a run tells after each epoch, and the Keras metrics that compute them under `fit`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from hpexp.dataloss import DATA_LOSS, canonical
from hpexp.model import Experiment, Task
from hpexp.train.data import Arrays, Data
from hpexp.train.heads import Head
from hpexp.train.losses import example_metrics, make_data_loss, make_metric, metric_name
from hpexp.train.penalties import tells_data_loss
from hpexp.vocabulary import BALANCED

UNEVEN = 1.5
"""Classes are uneven where the largest has at least so many times the examples of the smallest."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the runs of an experiment tell of a split: the loss and the metric, and what else.

    `data_loss`: the loss of the data alone, because Keras's holds more. `balanced`: the mean of the
    classes' accuracies, because the classes are uneven or it is asked for. `validated`: whether there
    are validation examples.
    """

    task: Task
    data_loss: bool = False
    balanced: bool = False
    validated: bool = True

    @property
    def scores(self) -> tuple[str, ...]:
        """The names of one split's numbers; each is a mean over examples."""
        more = {DATA_LOSS: self.data_loss, BALANCED: self.balanced}
        return ("loss", metric_name(self.task), *(name for name, told in more.items() if told))

    @property
    def names(self) -> tuple[str, ...]:
        """The names in an epoch's logs, in their order."""
        validation = tuple(f"val_{name}" for name in self.scores) if self.validated else ()
        return (*self.scores, *validation)

    def metrics(self, head: Head, classes: int) -> list[Any]:
        """The Keras metrics for `scores`, without the loss."""
        makers = {
            metric_name(self.task): lambda: make_metric(head),
            DATA_LOSS: lambda: make_data_loss(head),
            BALANCED: lambda: BalancedAccuracy(head, classes),
        }
        return [makers[name]() for name in self.scores[1:]]


def told_of(experiment: Experiment, model: keras.Model, data: Data) -> Told:
    """What the experiment's runs of such a model tell."""
    train, validation = (
        (data.y_train, data.y_validation) if isinstance(data, Arrays) else (data.train.y, data.validation.y)
    )
    return Told(
        data.task,
        data_loss=tells_data_loss(experiment, model, data.problem),
        balanced=data.task == "classification"
        and (_asked_for(experiment) or _uneven(train, data.problem.outputs)),
        validated=len(validation) > 0,
    )


def balancing(y: NDArray[Any], classes: int) -> NDArray[np.float64]:
    """A weight for each class, so that the weighted mean of hits is the mean of the classes' accuracies.

    Classes that `y` has no example of do not count, as in sklearn.metrics.balanced_accuracy_score.
    """
    counts = np.bincount(y, minlength=classes)
    there = counts > 0
    return np.divide(len(y), counts * there.sum(), out=np.zeros(classes), where=there)


class BalancedAccuracy(keras.metrics.Metric):
    """The mean of the accuracies of the classes that there are examples of."""

    def __init__(self, head: Head, classes: int) -> None:
        super().__init__(name=BALANCED)
        self._head = head
        self._classes = classes
        self._hits = self.add_variable((classes,), "zeros", name="hits")
        self._counts = self.add_variable((classes,), "zeros", name="counts")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        labels = ops.cast(ops.reshape(y_true, (-1,)), "int32")
        members = ops.one_hot(labels, self._classes, dtype=self._hits.dtype)
        hits = ops.cast(example_metrics(self._head, y_pred, labels), self._hits.dtype)
        self._counts.assign_add(ops.sum(members, axis=0))
        self._hits.assign_add(ops.sum(members * hits[:, None], axis=0))

    def result(self) -> Any:
        there = ops.cast(self._counts > 0, self._hits.dtype)
        shares = self._hits / ops.maximum(self._counts, 1)
        return ops.sum(shares) / ops.maximum(ops.sum(there), 1)


def _asked_for(experiment: Experiment) -> bool:
    stopping = experiment.early_stopping
    asked = [experiment.objective.metric, *([stopping.monitor] if stopping else [])]
    return any(canonical(metric).removeprefix("val_") == BALANCED for metric in asked)


def _uneven(y: NDArray[Any], classes: int) -> bool:
    counts = np.bincount(y, minlength=classes)
    return bool(counts.max() >= UNEVEN * counts.min())
