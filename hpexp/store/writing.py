"""Records -> rows. Every function writes in the open transaction; none commits."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence

from hpexp.model import DataSummary, Experiment, Files, Params, Program, Result, Run, Status, Verdict
from hpexp.reads import ReadFile
from hpexp.store.database import Database
from hpexp.store.values import divergence_text, files_text, storable, summary_text, to_text

_FORGET = """
    epochs = 0, best_epoch = NULL, metrics = '{}', test = '{}', seconds = 0, error = NULL, traceback = NULL,
    divergence = NULL, devices = '', engine_reason = '', fingerprint = '', finished = NULL, files = '{}',
    program = NULL, own_loss = 0
"""
_HAS_ANSWER = ", ".join(f"'{status}'" for status in Status if status.finished)


def put_experiment(database: Database, experiment: Experiment, now: float) -> None:
    database.write(
        "INSERT OR REPLACE INTO experiments"
        " (name, description, path, config, metric, mode, epoch, smoke, updated)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            experiment.name,
            storable(experiment.description),
            storable(experiment.path),
            storable(experiment.text),
            experiment.objective.metric,
            experiment.objective.mode,
            experiment.objective.epoch,
            experiment.smoke,
            now,
        ),
    )


def put_invocation(database: Database, experiment: str, row: Sequence[object]) -> int:
    """`row` is time, command, path, config and facts; returns the invocation's number."""
    return database.write(
        "INSERT INTO invocations (experiment, time, command, path, config, facts) VALUES (?, ?, ?, ?, ?, ?)",
        (experiment, *(storable(each) if isinstance(each, str) else each for each in row)),
    )


def put_runs(database: Database, experiment: str, runs: Sequence[Run]) -> None:
    """Make `runs` the planned ones; cheap where they are already."""
    # The seeds of a point share their mappings.
    texts: dict[int, str] = {}

    def text(values: Params) -> str:
        return texts.get(id(values)) or texts.setdefault(id(values), to_text(values))

    rows = [
        (run.id, position, run.point, text(run.params), text(run.axes), run.seed, run.repeat)
        for position, run in enumerate(runs)
    ]
    known = (
        "SELECT id, position, point, params, axes, seed, repeat FROM runs WHERE experiment = ? AND planned"
    )
    if rows == database.rows(f"{known} ORDER BY position", (experiment,)):
        return
    database.write("UPDATE runs SET planned = 0 WHERE experiment = ?", (experiment,))
    # The folder of a run that has its answer keeps the name it was written under.
    database.write_many(
        "INSERT INTO runs"
        " (experiment, planned, id, position, point, params, axes, seed, repeat, name, engine, status)"
        f" VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, '{Status.PENDING}')"
        " ON CONFLICT (experiment, id) DO UPDATE SET planned = 1, position = excluded.position,"
        " point = excluded.point, params = excluded.params, axes = excluded.axes, seed = excluded.seed,"
        " repeat = excluded.repeat,"
        f" name = iif(status IN ({_HAS_ANSWER}), name, excluded.name),"
        f" engine = iif(status IN ({_HAS_ANSWER}), engine, excluded.engine)",
        ((experiment, *row, run.name, run.engine) for row, run in zip(rows, runs, strict=True)),
    )


def put_data(
    database: Database, experiment: str, fingerprint: str, repeat: int, summary: DataSummary
) -> None:
    database.write(
        "INSERT OR REPLACE INTO data (experiment, fingerprint, repeat, summary) VALUES (?, ?, ?, ?)",
        (experiment, fingerprint, repeat, storable(summary_text(summary))),
    )


def forget_data(database: Database) -> None:
    """Delete what is known of data that no run was trained on; not while runs train."""
    for table in ("data", "reads"):
        database.write(
            f"DELETE FROM {table} WHERE (experiment, fingerprint) NOT IN"
            " (SELECT experiment, fingerprint FROM runs)"
        )


def put_verdict(database: Database, experiment: str, proof: str, versions: str, verdict: Verdict) -> None:
    """Instead of what other versions had found."""
    database.write(
        "INSERT OR REPLACE INTO verdicts (experiment, proof, versions, model, way, xla, reason)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (experiment, proof, versions, verdict.model, verdict.way, verdict.xla, storable(verdict.reason)),
    )


def forget_verdicts(database: Database, experiments: Collection[str]) -> None:
    """What was found of these experiments' own models is to be found again."""
    database.write_many("DELETE FROM verdicts WHERE experiment = ?", [(name,) for name in experiments])


def put_reads(database: Database, experiment: str, fingerprint: str, files: Iterable[ReadFile]) -> None:
    """What a data function has read for these data, instead of what it had read for them before."""
    database.write("DELETE FROM reads WHERE experiment = ? AND fingerprint = ?", (experiment, fingerprint))
    database.write_many(
        "INSERT OR REPLACE INTO reads (experiment, fingerprint, path, size, modified, digest)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            (experiment, fingerprint, storable(each.path), each.size, each.modified, each.digest)
            for each in files
        ),
    )


def rename(database: Database, runs: Iterable[tuple[str, int]]) -> None:
    """Folders' names of runs, by number: those of runs that are trained anew are as planned."""
    database.write_many("UPDATE runs SET name = ? WHERE number = ?", runs)


def interrupt_running(database: Database) -> None:
    database.write(
        "UPDATE runs SET status = ?, epochs = (SELECT count(*) FROM epochs WHERE run = number)"
        " WHERE status = ?",
        (Status.INTERRUPTED, Status.RUNNING),
    )


def reset(database: Database, numbers: Collection[int]) -> None:
    each = [(number,) for number in numbers]
    database.write_many("DELETE FROM epochs WHERE run = ?", each)
    database.write_many(
        f"UPDATE runs SET status = '{Status.PENDING}', started = NULL, invocation = NULL, {_FORGET}"
        " WHERE number = ?",
        each,
    )


def start(database: Database, number: int, time: float, fingerprint: str, invocation: int) -> None:
    database.write("DELETE FROM epochs WHERE run = ?", (number,))
    database.write(
        f"UPDATE runs SET status = ?, started = ?, invocation = ?, {_FORGET} WHERE number = ?",
        (Status.RUNNING, time, invocation, number),
    )
    database.write("UPDATE runs SET fingerprint = ? WHERE number = ?", (fingerprint, number))


def put_program(database: Database, numbers: Collection[int], program: Program) -> None:
    """These runs train in this program from now on."""
    made = database.write(
        'INSERT INTO programs (lanes, threads, xla, "left", resumed) VALUES (?, ?, ?, ?, ?)',
        (json.dumps(program.lanes), program.threads, program.xla, json.dumps(program.left), program.resumed),
    )
    each = ((made, number) for number in numbers)
    database.write_many("UPDATE runs SET program = ? WHERE number = ?", each)


def put_epochs(database: Database, rows: Iterable[tuple[int, int, float, str]]) -> None:
    """Each row is a run's number, an epoch, a time and its numbers as JSON."""
    database.write_many("INSERT OR REPLACE INTO epochs (run, epoch, time, logs) VALUES (?, ?, ?, ?)", rows)


def finish(
    database: Database, number: int, result: Result, files: Files, now: float, invocation: int
) -> None:
    """A result without epochs or seconds, of a worker that died, gets those the store knows."""
    database.write(
        f"""
        UPDATE runs SET status = :status, best_epoch = :best_epoch, metrics = :metrics, test = :test,
            epochs = max(:epochs, (SELECT count(*) FROM epochs WHERE run = number)),
            seconds = iif(:seconds > 0, :seconds, max(0, coalesce(:now - started, 0))),
            finished = :now, error = :error, traceback = :traceback, divergence = :divergence,
            engine = iif(:status IN ({_HAS_ANSWER}), :engine, engine),
            devices = :devices, engine_reason = :engine_reason,
            fingerprint = iif(:fingerprint <> '', :fingerprint, fingerprint),
            invocation = :invocation, files = :files, own_loss = :own_loss
        WHERE number = :number
        """,
        {
            "status": result.status,
            "epochs": result.epochs,
            "best_epoch": result.best_epoch,
            "metrics": to_text(result.metrics),
            "test": to_text(result.test),
            "seconds": result.seconds,
            "now": now,
            "error": storable(result.error),
            "traceback": storable(result.traceback),
            "divergence": divergence_text(result.divergence),
            "engine": result.engine,
            "devices": storable(result.devices),
            "engine_reason": storable(result.engine_reason),
            "fingerprint": result.fingerprint,
            "invocation": invocation,
            "files": files_text(files),
            "own_loss": result.own_loss,
            "number": number,
        },
    )


def put_files(database: Database, number: int, files: Files) -> None:
    database.write("UPDATE runs SET files = ? WHERE number = ?", (files_text(files), number))


def delete(database: Database, experiment: str | None, ids: Collection[str] | None) -> None:
    """Delete runs, and what nothing refers to afterwards."""
    wanted = None if ids is None else frozenset(ids)
    each = [
        (number,)
        for number, name, run_id in database.rows("SELECT number, experiment, id FROM runs")
        if experiment in (None, name) and (wanted is None or run_id in wanted)
    ]
    database.write_many("DELETE FROM epochs WHERE run = ?", each)
    database.write_many("DELETE FROM runs WHERE number = ?", each)
    database.write("DELETE FROM experiments WHERE name NOT IN (SELECT experiment FROM runs)")
    forget_data(database)
    database.write("DELETE FROM verdicts WHERE experiment NOT IN (SELECT experiment FROM runs)")
    database.write("DELETE FROM programs WHERE id NOT IN (SELECT program FROM runs WHERE program NOT NULL)")
    database.write(
        "DELETE FROM invocations WHERE id NOT IN (SELECT invocation FROM runs WHERE invocation NOT NULL)"
    )
