"""Does memory grow from run to run? 300 runs through `fit` in one worker."""

from __future__ import annotations

from collections.abc import Sequence

from bench.compare import Place
from bench.hpexp_file import NAME, dump, program
from bench.processes import measure
from bench.results import Results

RUNS = 300
SETTLED = 10
"""Runs after which a process has loaded what it needs; growth is counted from there."""

Samples = Sequence[tuple[float, int]]


def memory(*, place: Place, results: Results, limit: float) -> None:
    """Growth in resident bytes of the driver and of each worker."""
    part = results.part("memory", fresh=True)
    own = place.empty("memory")
    (own / "bench.yaml").write_text(
        dump(
            {
                "name": NAME,
                "data": "digits",
                "model": "mlp",
                "params": {"epochs": 1},
                "grid": {"learning_rate": {"log": [1e-4, 1e-1], "n": 50}, "activation": ["relu", "tanh"]},
                "seeds": 3,
            }
        )
    )
    command = [program(), "run", "bench.yaml", "--quiet", "--engine", "fit", "--jobs", "1"]
    measured = measure(command, folder=own, limit=limit, keep_samples=True)
    if measured.code != 0:
        part["problem"] = f"exit code {measured.code}: {measured.output[-1500:]}"
        results.save()
        print("memory:", part["problem"])
        return
    ends = _ends(place)
    driver, *others = measured.memory.values()
    workers = [samples for samples in others if max(size for _, size in samples) > 100 * 2**20]
    part.update(
        runs=len(ends),
        wall=measured.wall,
        workers=len(workers),
        driver_peak=max(size for _, size in driver),
        driver_growth=growth(driver, ends),
        worker_peak=max(size for samples in workers for _, size in samples),
        worker_growth=max(growth(samples, ends) for samples in workers),
    )
    results.save()
    print(
        f"{part['runs']} runs through fit, {part['workers']} worker(s): the driver grew by "
        f"{part['driver_growth'] / 2**20:.0f} MB, a worker by {part['worker_growth'] / 2**20:.0f} MB",
        flush=True,
    )


def growth(samples: Samples, ends: Sequence[float]) -> int:
    """Bytes a process grew by after its first SETTLED runs; `ends` are the runs' ends, in order."""
    lived_through = [end for end in ends if end >= samples[0][0]]
    settled = lived_through[min(SETTLED, len(lived_through)) - 1] if lived_through else samples[0][0]
    after = [size for time, size in samples if time >= settled]
    return max(after) - after[0] if after else 0


def _ends(place: Place) -> list[float]:
    from hpexp.paths import LogsFolder
    from hpexp.store import Store

    store = Store.read(LogsFolder(place.work / "memory" / "logs"))
    assert store is not None
    with store:
        return sorted(run.finished for run in store.runs(None) if run.finished)
