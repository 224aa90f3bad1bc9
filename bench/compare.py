"""Contenders on a workload, interleaved, each repeated."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import machine
from bench.check import WrongLogsError, check
from bench.contenders import Contender
from bench.extrapolate import Span, whole
from bench.processes import Measured, measure
from bench.results import Results
from bench.workloads import Workload, flops


@dataclass(frozen=True, slots=True)
class Place:
    """Folders: the repository, the data, and one for what contenders write (emptied)."""

    repository: Path
    data: Path
    work: Path

    def empty(self, name: str) -> Path:
        folder = self.work / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder


def compare(
    workload: Workload,
    contenders: Sequence[Contender],
    repeats: int,
    *,
    place: Place,
    results: Results,
    resume: bool,
    limit: float,
) -> None:
    """Measure every contender `repeats` times, in turns, and store each number as it comes."""
    part = results.part(workload.key, fresh=not resume)
    if resume:
        _forget_problems(part)
    part.update(title=workload.title, runs=workload.runs, epochs=workload.epochs, flops=flops(workload))
    part["matmul_rate"] = machine.matmul_rate()
    stored = part.setdefault("contenders", {})
    for repeat in range(repeats):
        for contender in contenders:
            entry = stored.setdefault(contender.key, {"title": contender.title, "samples": []})
            if len(entry["samples"]) > repeat or any("problem" in each for each in entry["samples"]):
                continue
            sample = _sample(workload, contender, place, limit)
            entry["samples"].append(sample)
            results.save()
            _tell(workload, contender, repeat, sample)


def _forget_problems(part: dict[str, Any]) -> None:
    for entry in part.get("contenders", {}).values():
        entry["samples"] = [sample for sample in entry["samples"] if "problem" not in sample]


def _sample(workload: Workload, contender: Contender, place: Place, limit: float) -> dict[str, Any]:
    part = workload.part_for(contender.key, peer=contender.peer)
    own = place.empty(f"{workload.key}-{contender.key}")
    command = contender.command(part, place.data, own)
    measured = measure(command, folder=own, limit=limit, environment={"PYTHONPATH": str(place.repository)})
    problem = _problem(measured, limit)
    if problem is None:
        try:
            seen = check(own / "logs", part)
        except WrongLogsError as error:
            problem = str(error)
    if problem is not None:
        shutil.rmtree(own)
        return {"problem": problem, "wall": measured.wall}
    spans = _spans(own) if contender.peer else _stored_spans(own / "logs")
    shutil.rmtree(own)
    all_of_it = whole(measured.wall, spans, workload.runs)
    return {
        "wall": measured.wall,
        "cpu": measured.cpu,
        "peak_memory": measured.peak_memory,
        "measured_runs": part.runs,
        "whole": all_of_it.wall,
        "start_up": all_of_it.start_up,
        "training": all_of_it.training,
        "warm_epoch": seen.warm_epoch,
        "extrapolated": all_of_it.extrapolated,
        "event_files": seen.event_files,
        "best_accuracy": seen.best_accuracy,
        "mean_accuracy": seen.mean_accuracy,
    }


def _problem(measured: Measured, limit: float) -> str | None:
    if measured.code is None:
        return f"took more than {limit:.0f} s"
    return f"exit code {measured.code}: {measured.output[-1500:]}" if measured.code else None


def _spans(own: Path) -> list[Span]:
    lines = (own / "marks.jsonl").read_text().splitlines()
    return [tuple(json.loads(line)) for line in lines]


def _stored_spans(logs: Path) -> list[Span]:
    """From hpexp's own store, as its driver saw the runs begin and end."""
    from hpexp.paths import LogsFolder
    from hpexp.store import Store

    store = Store.read(LogsFolder(logs))
    assert store is not None
    with store:
        return [(run.started, run.finished) for run in store.runs(None) if run.started and run.finished]


def _tell(workload: Workload, contender: Contender, repeat: int, sample: dict[str, Any]) -> None:
    start = f"{workload.key} #{repeat + 1} {contender.title}: "
    if "problem" in sample:
        print(start + f"FAILED after {sample['wall']:.1f} s: {sample['problem']}", flush=True)
        return
    note = ""
    if sample["extrapolated"]:
        note = f" (extrapolated from {sample['measured_runs']} runs in {sample['wall']:.1f} s)"
    memory = sample["peak_memory"] / 2**20
    print(f"{start}{sample['whole']:.1f} s{note}, {memory:.0f} MB", flush=True)
