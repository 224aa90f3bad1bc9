"""Experiment and DataFacts -> Plan."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping

from hpexp.errors import ConfigError, Problem
from hpexp.memory import too_large, wrong_batch
from hpexp.model import DataFacts, EngineChoice, Experiment, Plan, Reason, Run, Value
from hpexp.plan.collapse import Collapser
from hpexp.plan.engine import choose
from hpexp.plan.expand import Point, grid_points, has_own_model, included_points, varied_names
from hpexp.plan.group import make_groups
from hpexp.plan.identity import Identity
from hpexp.plan.idle import find_idle
from hpexp.plan.naming import Names, point_text
from hpexp.plan.own import read_own_model
from hpexp.plan.proof import Proofs
from hpexp.plan.resolve import Resolver, matches
from hpexp.plan.values import canonical_json
from hpexp.sources import read_own_code
from hpexp.vocabulary import batch_size


def build_plan(experiment: Experiment, facts: DataFacts, *, engine: EngineChoice | None = None) -> Plan:
    """What an experiment comes to: its runs in the order of the file, seeds innermost, and their groups.

    `engine` is what the command line asks for; without it the file's `engine` holds.

    Raises:
        ConfigError: `exclude` leaves no point, or a batch of data that stay on disk is larger
            than the memory budget.
    """
    own = read_own_model(experiment.model) if experiment.model.kind == "python" else None
    varied = varied_names(experiment)
    resolver = Resolver(experiment, facts.task, own, varied)
    identity, proofs = Identity(experiment, facts, own), Proofs(experiment, facts, own)
    several = experiment.repeats > 1
    replicates = list(itertools.product(range(experiment.repeats), dict.fromkeys(experiment.seeds)))
    on_disk = too_large(facts.size, experiment.resources)
    chosen, reason = choose(engine, experiment.engine, too_large=on_disk)
    collapser, names = Collapser(varied), Names()
    runs: list[Run] = []
    dropped: dict[str, dict[Reason, None]] = {}
    points, last = 0, None
    matched: set[int] = set()
    batches: dict[Value, None] = {}
    for point, full in _points(experiment, resolver, matched):
        points += 1
        batches[full["batch"]] = None
        resolved = resolver.resolve(point, full)
        if resolved.dropped is not last:
            # Points that are alike share the mapping.
            last = resolved.dropped
            for name, why in last.items():
                dropped.setdefault(name, {})[why] = None
        text = canonical_json(resolved.said)
        if not collapser.is_new(text, point, resolved):
            continue
        params = resolved.params
        axes = {name: params[name] for name in varied if name in params}
        updates = _updates_per_epoch(params["batch"], facts.train)
        point_id, ids = identity.of_point(text, replicates)
        described = point_text(axes)
        proof = {
            repeat: proofs.of(params, repeat) if chosen == "compiled" else ""
            for repeat in range(experiment.repeats)
        }
        for (repeat, seed), run_id in zip(replicates, ids, strict=True):
            runs.append(
                Run(
                    run_id,
                    point_id,
                    experiment.name,
                    names.name(described, seed, run_id, repeat if several else None),
                    params,
                    axes,
                    seed,
                    chosen,
                    reason,
                    updates,
                    repeat=repeat,
                    proof=proof[repeat],
                )
            )
    if not points:
        raise ConfigError(experiment.path, [Problem(0, 0, "exclude", "every point of the grid is excluded")])
    if on_disk:
        _check_batches(experiment, facts, batches)
    return Plan(
        experiment,
        facts,
        tuple(runs),
        make_groups(runs, own),
        collapser.collapsed(),
        points * len(replicates),
        tuple(entry for place, entry in enumerate(experiment.exclude) if place not in matched),
        find_idle(experiment, runs, dropped, varied, own),
        {**(own.hashes if own is not None else {}), **_data_code(experiment)},
    )


def _data_code(experiment: Experiment) -> Mapping[str, str]:
    data = experiment.data
    return read_own_code(data.source.partition(":")[0], data.folder).hashes if data.kind == "python" else {}


def _points(
    experiment: Experiment, resolver: Resolver, matched: set[int]
) -> Iterator[tuple[Point, dict[str, Value]]]:
    """The points of the grid that are not excluded, then the included ones, each with defaults filled in.

    The places of the `exclude` entries that held at a point go into `matched`.
    """
    own = has_own_model(experiment)
    for point in grid_points(experiment):
        full = resolver.filled(point)
        held = [
            place for place, entry in enumerate(experiment.exclude) if matches(entry, point, full, own=own)
        ]
        if held:
            matched.update(held)
        else:
            yield point, full
    for point in included_points(experiment):
        yield point, resolver.filled(point)


def _check_batches(experiment: Experiment, facts: DataFacts, batches: Iterable[Value]) -> None:
    """Raise ConfigError for the batches of data on disk that do not fit in memory."""
    assert facts.size is not None
    problems = []
    for batch in batches:
        wrong = wrong_batch(batch, facts.train or 0, facts.size, experiment.resources)
        if wrong:
            problems.append(Problem(0, 0, "batch", wrong))
    if problems:
        raise ConfigError(experiment.path, problems)


def _updates_per_epoch(batch: Value, examples: int | None) -> int | None:
    """Weight updates of one epoch; the last, smaller batch counts."""
    return -(-examples // batch_size(batch, examples)) if examples else None
