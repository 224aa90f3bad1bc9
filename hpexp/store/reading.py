"""Rows -> records."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import replace

from hpexp.dataloss import adds_to_loss, completed, tells_both
from hpexp.messages import EpochEnd
from hpexp.model import DataSummary, Files, Objective, Program, Status, Verdict
from hpexp.reads import ReadFile
from hpexp.store.database import Database
from hpexp.store.records import Invocation, StoredExperiment, StoredRun
from hpexp.store.values import to_divergence, to_facts, to_files, to_numbers, to_params, to_summary

_RUN_COLUMNS = """
    experiment, id, point, name, params, axes, seed, engine, status, epochs, best_epoch, metrics,
    test, seconds, error, traceback, divergence, devices, started, finished, planned,
    fingerprint, files, repeat, engine_reason, own_loss, invocation
"""
_HAVE_ANSWER = [str(status) for status in Status if status.finished]


def program(database: Database, experiment: str, run_id: str) -> Program | None:
    """The program that a run was trained in."""
    rows = database.rows(
        'SELECT lanes, threads, xla, "left", resumed FROM programs'
        " WHERE id = (SELECT program FROM runs WHERE experiment = ? AND id = ?)",
        (experiment, run_id),
    )
    for lanes, threads, xla, left, resumed in rows:
        return Program(tuple(json.loads(lanes)), threads, bool(xla), tuple(json.loads(left)), bool(resumed))
    return None


def runs(database: Database, experiment: str | None, *, all_: bool) -> list[StoredRun]:
    """Runs in the order of their plan, those that are no longer planned last."""
    rows = database.rows(
        f"SELECT {_RUN_COLUMNS} FROM runs WHERE (:one IS NULL OR experiment = :one) AND (planned OR :all)"
        " ORDER BY experiment, planned DESC, position, number",
        {"one": experiment, "all": all_},
    )
    made = _invocations(database, {row[-1] for row in rows})
    data = _data(database, experiment)
    found = [
        StoredRun(
            experiment=row[0],
            id=row[1],
            point=row[2],
            name=row[3],
            params=to_params(row[4]),
            axes=to_params(row[5]),
            seed=row[6],
            engine=row[7],
            status=Status(row[8]),
            epochs=row[9],
            best_epoch=row[10],
            metrics=to_numbers(row[11]),
            test=to_numbers(row[12]),
            seconds=row[13],
            error=row[14],
            traceback=row[15],
            divergence=to_divergence(row[16]),
            devices=row[17],
            started=row[18],
            finished=row[19],
            planned=bool(row[20]),
            fingerprint=row[21],
            made=made.get(row[-1]),
            files=to_files(row[22]),
            repeat=row[23],
            engine_reason=row[24],
            own_loss=bool(row[25]),
            data=data.get((row[0], row[21], row[23])),
        )
        for row in rows
    ]
    return _comparable(found)


def _comparable(runs: list[StoredRun]) -> list[StoredRun]:
    """Runs whose loss is the data's own tell so, where others of their experiment tell both."""
    both = {run.experiment for run in runs if tells_both(run.metrics)}
    return [
        replace(run, metrics=completed(run.metrics))
        if run.experiment in both and not tells_both(run.metrics) and _has_one_loss(run)
        else run
        for run in runs
    ]


def _has_one_loss(run: StoredRun) -> bool:
    """What a file still asks for tells two where it has two; of other runs the parameters say it.

    Of a model whose losses are its own affair none is known to be the data's.
    """
    if run.own_loss:
        return False
    return run.planned or ("l2" in run.params and not adds_to_loss(run.params))


def files(database: Database, experiment: str) -> dict[str, tuple[str, Files]]:
    """Folder and event files, by id, of the planned runs that have their answer."""
    rows = database.rows(
        "SELECT id, name, files FROM runs WHERE experiment = ? AND planned"
        f" AND status IN ({', '.join('?' * len(_HAVE_ANSWER))})",
        (experiment, *_HAVE_ANSWER),
    )
    return {run_id: (name, to_files(text)) for run_id, name, text in rows}


def _invocations(database: Database, wanted: set[int | None]) -> dict[int, Invocation]:
    found = database.rows("SELECT id, time, command, path, config, facts FROM invocations")
    return {
        number: Invocation(time, command, path, config, to_facts(facts))
        for number, time, command, path, config, facts in found
        if number in wanted
    }


def experiments(database: Database) -> list[StoredExperiment]:
    """Experiments by name."""
    counts: defaultdict[str, Counter[Status]] = defaultdict(Counter)
    grouped = "SELECT experiment, status, count(*) FROM runs WHERE planned GROUP BY experiment, status"
    for name, status, count in database.rows(grouped):
        counts[name][Status(status)] = count
    return [
        StoredExperiment(
            row[0], row[1], row[2], row[3], Objective(*row[4:7]), bool(row[7]), row[8], counts[row[0]]
        )
        for row in database.rows(
            "SELECT name, description, path, config, metric, mode, epoch, smoke, updated"
            " FROM experiments ORDER BY name"
        )
    ]


def reads(database: Database, experiment: str, fingerprints: Collection[str]) -> list[ReadFile]:
    """What the experiment's data function has read for data of these fingerprints."""
    columns = "SELECT fingerprint, path, size, modified, digest FROM reads WHERE experiment = ? ORDER BY path"
    rows = database.rows(columns, (experiment,))
    return list(dict.fromkeys(ReadFile(*row) for fingerprint, *row in rows if fingerprint in fingerprints))


def _data(database: Database, experiment: str | None) -> dict[tuple[str, str, int], DataSummary]:
    """What data came to, by experiment, fingerprint and repeat of the split."""
    rows = database.rows(
        "SELECT experiment, fingerprint, repeat, summary FROM data WHERE :one IS NULL OR experiment = :one",
        {"one": experiment},
    )
    return {(name, fingerprint, repeat): to_summary(text) for name, fingerprint, repeat, text in rows}


def verdicts(database: Database, experiment: str, versions: str) -> dict[str, Verdict]:
    """What these versions found of an experiment's own models, by the runs' `proof`."""
    rows = database.rows(
        "SELECT proof, model, way, xla, reason FROM verdicts WHERE experiment = ? AND versions = ?",
        (experiment, versions),
    )
    return {proof: Verdict(model, way, bool(xla), reason) for proof, model, way, xla, reason in rows}


def epochs(database: Database, experiment: str, run_id: str) -> list[EpochEnd]:
    """A run's epochs in order."""
    rows = database.rows(
        "SELECT epoch, logs, time FROM epochs WHERE run ="
        " (SELECT number FROM runs WHERE experiment = ? AND id = ?) ORDER BY epoch",
        (experiment, run_id),
    )
    return [EpochEnd(run_id, epoch, to_numbers(logs), time) for epoch, logs, time in rows]
