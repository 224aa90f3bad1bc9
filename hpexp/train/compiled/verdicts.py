"""Which lanes of an own model the compiled engine may train, and how: known, or found by trying."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence

import keras
import numpy as np
import tensorflow as tf

from hpexp.failures import line_of
from hpexp.messages import Job, Message, Proved
from hpexp.model import Verdict
from hpexp.train.compiled.blueprint import Blueprint, Way
from hpexp.train.compiled.custom import Traced, refusal, trace
from hpexp.train.compiled.part import VALIDATION_CHUNK
from hpexp.train.compiled.proof import Apart, Kind, differences
from hpexp.train.compiled.small import Small
from hpexp.train.compiled.table import Lane
from hpexp.train.data import Arrays, prepare
from hpexp.train.pipeline import scored
from hpexp.vocabulary import optimizer_kind

SPARSE = frozenset(("sgd", "lion"))
"""Optimizers of Keras that do with a gradient in rows what they do with a whole one.

The others square the rows before they add up those of one index.
"""

_TRIED = 8
"""Examples that tell whether outputs depend on the batch."""

_known: dict[str, Verdict] = {}
"""What this process has found, by `proof`: a group may be split into several jobs."""


def judge(
    job: Job, lanes: Sequence[Lane], arrays: Arrays, emit: Callable[[Message], None]
) -> list[tuple[Kind, Verdict]]:
    """The verdict on each kind of optimizer among the lanes of one structure; new ones are told.

    Told are those that would be found again: where something was raised (no memory, say), lanes go
    through `fit` this time. `arrays` are as loaded.
    """
    kinds: dict[tuple[str, ...], list[Lane]] = {}
    for lane in lanes:
        kinds.setdefault(optimizer_kind(lane.params), []).append(lane)
    arrays = prepare(arrays, job.experiment.model, lanes[0].params)
    blueprint = Blueprint(job.experiment.model, lanes, arrays)
    model = _tried_with(job, blueprint.model)
    found: list[tuple[Kind, Verdict]] = []
    unknown: list[Kind] = []
    for kind in kinds.values():
        proof = kind[0].run.proof
        verdict = _known.get(proof) or job.verdicts.get(proof) if proof else None
        if verdict is not None and verdict.model == model:
            found.append((kind, verdict))
        else:
            unknown.append(kind)
    answers = _tried(job, blueprint, unknown, arrays)
    for tried, (way, xla, reason, lasts) in zip(unknown, answers, strict=True):
        verdict = Verdict(model, way, xla, reason)
        found.append((tried, verdict))
        run = tried[0].run
        if run.proof and lasts:
            _known[run.proof] = verdict
            emit(Proved(run.id, run.proof, verdict))
    return found


_Found = tuple[str, bool, str, bool]
"""Way, whether XLA may compile, and reason, as in a Verdict; and whether it was found for good."""


def _tried(job: Job, blueprint: Blueprint, kinds: Sequence[Kind], arrays: Arrays) -> list[_Found]:
    if not kinds:
        return []
    spec, model = job.experiment.model, blueprint.model
    plain = refusal(model)
    if plain is not None:
        return [("", False, plain, True)] * len(kinds)
    try:
        small = Small.of(arrays, kinds[0][0])
        traced = trace(model, [small.batch, *arrays.problem.input_shape])
        plain = traced.refusal or _of_batches(model, arrays, traced)
        reasons = [plain or _of_sparse(traced, kind) for kind in kinds]
        rest = [kind for kind, why in zip(kinds, reasons, strict=True) if not why]
        names = [v.path for v in [*model.trainable_variables, *model.non_trainable_variables]]
        tried = differences(spec, blueprint.head, rest, arrays, blueprint.ways, names) if rest else {}
    except Exception as error:
        return [("", False, line_of(error), False)] * len(kinds)
    by_kind = iter(_first_equal(tried, place) for place in range(len(rest)))
    found: list[_Found] = []
    for why in reasons:
        way, apart = (None, Apart(why)) if why else next(by_kind)
        reason = apart.reason if apart else ""
        found.append((way or "", way is Way.RULES or traced.xla, reason, apart is None or apart.compared))
    return found


def _first_equal(tried: Mapping[Way, Sequence[Apart | None]], place: int) -> tuple[Way | None, Apart | None]:
    """The first way in which a kind trains as under `fit`; or none, and what differed in the last."""
    apart = None
    for way, found in tried.items():
        apart = found[place]
        if apart is None:
            return way, None
    return None, apart


def _of_sparse(traced: Traced, kind: Kind) -> str:
    optimizer, *options = optimizer_kind(kind[0].params)
    if not traced.sparse or (optimizer in SPARSE and "clipnorm" not in options):
        return ""
    layer = traced.sparse[0].rpartition("/")[0]
    return f"the gradients of {layer} are sparse, and Keras's {optimizer} treats repeated rows one by one"


def _of_batches(model: keras.Model, arrays: Arrays, traced: Traced) -> str:
    """Why validation in batches of another size than under `fit` would tell something else."""
    x = tf.constant(arrays.x_train[:_TRIED], keras.config.floatx())
    some = len(x) // 2
    alone, among = (np.asarray(model(batch, training=False)) for batch in (x[:some], x))
    close = np.allclose(alone, among[:some], rtol=1e-4, atol=1e-4 * float(np.max(np.abs(among), initial=0)))
    if close and not traced.own_losses:
        return ""
    for split in ("validation", "test"):
        found = scored(arrays, split)
        if found is not None and len(found[0]) > min(found[2], VALIDATION_CHUNK):
            what = "its own losses depend" if close else "its outputs in inference depend"
            return f"{what} on the batch, and the {split} examples do not fit in one"
    return ""


def _tried_with(job: Job, model: keras.Model) -> str:
    """What a verdict holds for: the model; and what a data function has given, which no plan knows."""
    data = job.fingerprint if job.experiment.data.kind == "python" else ""
    return "-".join(filter(None, (fingerprint(model), data)))


def fingerprint(model: keras.Model) -> str:
    """A hash of the model's classes, configuration and variables, and of the versions that compute it.

    Numbers that Keras gives to names in the order of their making are left out.
    """
    layers = [model, *model._flatten_layers()]
    try:
        config = json.dumps(model.get_config(), sort_keys=True, default=repr)
    except Exception:
        # A class of a person's own need not have one; its source is in the key of the verdict.
        config = ""
    parts = [
        keras.__version__,
        tf.__version__,
        *(f"{type(layer).__module__}.{type(layer).__qualname__} {layer.compute_dtype}" for layer in layers),
        *(f"{v.path} {tuple(v.shape)} {v.dtype} {v.trainable}" for v in model.variables),
        config,
    ]
    text = re.sub(r"_\d+(?=[\"/ ]|$)", "", "\n".join(parts))
    return hashlib.sha256(re.sub(r" at 0x[0-9a-f]+", "", text).encode()).hexdigest()[:16]
