"""What a run costs besides its training, and how that grows: one-epoch runs on iris."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from bench.compare import Place
from bench.hpexp_file import NAME, dump, program
from bench.processes import measure
from bench.results import Results

SIZES = {10: (10, 1), 100: (10, 10), 1000: (100, 10), 10_000: (100, 100)}
"""Runs: learning rates × seeds."""


def folder_of(place: Place, runs: int) -> Path:
    return place.work / f"overhead-{runs}"


def overhead(repeats: int, *, place: Place, results: Results, resume: bool, limit: float) -> None:
    """Time each size, the largest once; its logs stay for `startup`."""
    part = results.part("overhead", fresh=not resume)
    for repeat in range(repeats):
        for runs in SIZES:
            samples = part.setdefault(str(runs), [])
            if (runs == max(SIZES) and repeat) or (
                len(samples) > repeat and (folder_of(place, runs) / "logs").exists()
            ):
                continue
            sample = _sample(runs, place, limit)
            samples.append(sample)
            results.save()
            print(f"{runs} one-epoch runs: {sample.get('problem') or round(sample['wall'], 2)}", flush=True)


def _sample(runs: int, place: Place, limit: float) -> dict[str, Any]:
    rates, seeds = SIZES[runs]
    own = place.empty(folder_of(place, runs).name)
    (own / "bench.yaml").write_text(
        dump(
            {
                "name": NAME,
                "data": "iris",
                "model": "mlp",
                "params": {"hidden": [16], "epochs": 1},
                "grid": {"learning_rate": {"log": [1e-4, 1e-1], "n": rates}},
                "seeds": seeds,
            }
        )
    )
    command = [program(), "run", "bench.yaml", "--quiet"]
    measured = measure(command, folder=own, limit=limit)
    if measured.code != 0:
        return {"problem": f"exit code {measured.code}: {measured.output[-1500:]}", "wall": measured.wall}
    files = sum(
        name.startswith("events.out.tfevents")
        for _, _, names in os.walk(own / "logs" / NAME)
        for name in names
    )
    if files < 2 * runs:
        return {"problem": f"{files} event files for {runs} runs", "wall": measured.wall}
    size = sum(path.stat().st_size for path in (own / "logs").rglob("*") if path.is_file())
    return {
        "wall": measured.wall,
        "cpu": measured.cpu,
        "peak_memory": measured.peak_memory,
        "event_files": files,
        "bytes": size,
    }
