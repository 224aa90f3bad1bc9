"""Whether an own model gives what the task needs: its head, what was assumed, or what to change."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from hpexp.errors import HpexpError
from hpexp.failures import cause_of
from hpexp.model import ModelSpec, Params
from hpexp.train.ending import BOUNDS, Ending, ending_of, outputs_for
from hpexp.train.heads import Head, head_of
from hpexp.train.models import Problem

EXAMPLES = 16
"""So many are looked at."""


@dataclass(frozen=True, slots=True)
class Reading:
    """`notes` are sentences for the run's log: what was assumed, and what is odd."""

    head: Head
    notes: tuple[str, ...] = ()


def read_head(
    model: keras.Model, spec: ModelSpec, params: Params, problem: Problem, x: NDArray[Any], y: NDArray[Any]
) -> Reading:
    """The head of a model; `x` are some training examples, `y` training targets.

    Raises:
        HpexpError: an own model's outputs cannot be what the task needs.
    """
    stated = head_of(problem.task, params)
    if spec.kind != "python" or judges_itself(model):
        return Reading(stated)
    try:
        outputs = outputs_for(model, x[:EXAMPLES])
    except Exception as error:
        reason = cause_of(error)
        return Reading(stated, (f"{spec.source}: outputs taken as {stated}, unseen: {reason}",))
    _check_shape(spec.source, outputs, problem)
    width = int(outputs.shape[-1])
    found = ending_of(model, x[:EXAMPLES], np.asarray(outputs, np.float64))
    if found.kind == "softmax" and (width == 1 or not found.last_axis):
        what = "over one output is always 1" if width == 1 else "goes over another axis than the last"
        raise HpexpError(f"{_named(spec.source, found)} softmax, which {what}", hint=_end_in(problem, found))
    if problem.task == "regression":
        return Reading(Head.VALUES, _out_of_reach(spec.source, found, y))
    return _of_classes(spec.source, found, width, problem, stated)


def judges_itself(model: keras.Model) -> bool:
    """Whether the loss is the model's own affair, so that its outputs may be anything.

    A class may override Keras's methods, or code may put others on the model itself.
    """
    own = ("compute_loss", "train_step", "test_step")
    return any(
        getattr(getattr(model, name), "__func__", None) is not getattr(keras.Model, name) for name in own
    )


def _check_shape(source: str, outputs: Any, problem: Problem) -> None:
    if isinstance(outputs, list | tuple | dict):
        kind, count = type(outputs).__name__, len(outputs)
        raise HpexpError(
            f"{source}: the model gives a {kind} of {count} {'output' if count == 1 else 'outputs'}, "
            "but one tensor is needed",
            hint="give keras.Model the output itself",
        )
    shape, width = tuple(outputs.shape[1:]), problem.outputs
    if problem.task == "regression":
        fits = len(shape) > 0 and math.prod(shape) == width
        needed = f"targets of {width} {'number' if width == 1 else 'numbers'} an example need (n, {width})"
    else:
        fits = shape in ((width,), (1,) if width == 2 else (width,))
        needed = f"{width} classes need (n, {width}){' or (n, 1)' if width == 2 else ''}"
    if not fits:
        given = ", ".join(map(str, ("n", *shape)))
        raise HpexpError(
            f"{source}: the model's outputs have shape ({given}), but {needed}", hint=_end_in(problem)
        )


def _of_classes(source: str, found: Ending, width: int, problem: Problem, stated: Head) -> Reading:
    """`stated` is what the parameter `output` says, its default included."""
    ends = f"{_named(source, found)} {found.kind}"
    if width == 1:
        if found.kind == "sigmoid":
            return Reading(Head.PROBABILITY, (f"{ends}: binary cross-entropy of probabilities",))
        if stated is Head.PROBABILITIES:
            raise HpexpError(_no_probabilities(source), hint="write output: logits, or end in a sigmoid")
        return Reading(Head.LOGIT, (f"{source}: one output for two classes: binary cross-entropy of logits",))
    if found.kind == "sigmoid":
        why = f"but one of {width} classes is to be chosen, and such outputs need not sum to 1"
        raise HpexpError(f"{ends}, {why}", hint=_end_in(problem, found))
    if found.kind == "softmax":
        assumed = f"{ends}: its outputs are taken as probabilities, whatever the parameter output says"
        return Reading(Head.PROBABILITIES, () if stated is Head.PROBABILITIES else (assumed,))
    if stated is Head.PROBABILITIES:
        raise HpexpError(_no_probabilities(source), hint="write output: logits, or end in a softmax")
    odd = f"{ends}: logits that it bounds cannot tell classes apart freely; {_end_in(problem)}"
    return Reading(Head.LOGITS, () if found.kind == "other" else (odd,))


def _out_of_reach(source: str, found: Ending, y: NDArray[Any]) -> tuple[str, ...]:
    """What is said of targets that a bounded output cannot reach."""
    if found.kind == "other" or not y.size:
        return ()
    (low, high), least, most = BOUNDS[found.kind], float(y.min()), float(y.max())
    if low <= least and most <= high:
        return ()
    reach = f"from {low:g} to {high:g}" if math.isfinite(high) else f"from {low:g} up"
    return (
        f"{_named(source, found)} {found.kind}: its outputs lie {reach}, "
        f"but the targets go from {least:g} to {most:g}",
    )


def _named(source: str, found: Ending) -> str:
    """The beginning of a sentence about how the model ends."""
    return f"{source}: the model ends in" if found.by_graph else f"{source}: the outputs look like those of a"


def _no_probabilities(source: str) -> str:
    return f"{source}: output is softmax, but the model's outputs are no probabilities"


def _end_in(problem: Problem, found: Ending | None = None) -> str:
    layer = f"instead of the layer {found.name}, " if found is not None and found.name else ""
    with_what = "" if problem.task == "regression" else ", with no activation or softmax"
    return f"{layer}end in Dense(outputs){with_what}; outputs is the function's second argument"
