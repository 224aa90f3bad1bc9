"""How long the light commands take, on a small and on a large store."""

from __future__ import annotations

import statistics
import subprocess
from pathlib import Path

from bench.compare import Place
from bench.hpexp_file import NAME, program
from bench.overhead import folder_of
from bench.processes import wall_seconds
from bench.results import Results

SMALL, LARGE = 10, 10_000
LIMIT_SECONDS = 120.0

COMMANDS: dict[str, tuple[list[str], int | None]] = {
    "hpexp --help": (["--help"], None),
    "hpexp plan": (["plan", "bench.yaml"], SMALL),
    "hpexp results": (["results", NAME], SMALL),
    "hpexp clean --dry-run": (["clean", "--dry-run"], SMALL),
    "hpexp run, nothing to do": (["run", "bench.yaml"], SMALL),
    "hpexp plan, 10,000 runs": (["plan", "bench.yaml"], LARGE),
    "hpexp results, 10,000 runs": (["results", NAME], LARGE),
    "hpexp results --format json, 10,000 runs": (["results", NAME, "--format", "json"], LARGE),
    "hpexp clean --dry-run, 10,000 runs": (["clean", "--dry-run"], LARGE),
    "hpexp run, nothing to do, 10,000 runs": (["run", "bench.yaml"], LARGE),
}
"""What is timed, and on the logs of how many runs."""

REPEATS = {None: 15, SMALL: 15, LARGE: 5}


def startup(*, place: Place, results: Results) -> None:
    """Medians, after one call that is not counted; needs the logs of `overhead`."""
    part = results.part("startup", fresh=True)
    for title, (arguments, size) in COMMANDS.items():
        folder = Path(place.work) if size is None else folder_of(place, size)
        if size is not None and not (folder / "logs").exists():
            part[title] = {"problem": f"the part `overhead` left no logs of {size} runs"}
            continue
        try:
            times = [
                wall_seconds([program(), *arguments], folder=folder, limit=LIMIT_SECONDS)
                for _ in range(1 + REPEATS[size])
            ][1:]
        except subprocess.SubprocessError as error:
            output = getattr(error, "stdout", b"") or b""
            part[title] = {"problem": f"{error} {output.decode(errors='replace')[-500:]}"}
        else:
            part[title] = {"seconds": statistics.median(times), "samples": times}
        results.save()
        print(title, part[title].get("problem") or f"{part[title]['seconds']:.3f} s", flush=True)
