"""`python -m bench`: measure, then write docs/benchmarks.md and the chart."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

from bench import machine, report
from bench.compare import Place, compare
from bench.contenders import CONTENDERS
from bench.memory import memory
from bench.overhead import overhead
from bench.results import Results
from bench.startup import startup
from bench.workloads import WORKLOADS, smallest

REPOSITORY = Path(__file__).resolve().parent.parent
PARTS = (*WORKLOADS, "overhead", "startup", "memory", "report")


def main() -> None:
    options = _options()
    out = options.out.resolve()
    results = Results.open(out / "results.json")
    place = Place(REPOSITORY, out / "data", out / "work")
    place.work.mkdir(parents=True, exist_ok=True)
    measuring = [part for part in options.only if part != "report"]
    if measuring:
        _prepare(place, results, options.contenders)
    for part in measuring:
        began = time.perf_counter()
        if part in WORKLOADS:
            workload = smallest(WORKLOADS[part]) if options.smoke else WORKLOADS[part]
            compare(
                workload,
                [CONTENDERS[key] for key in options.contenders if key not in workload.without],
                options.repeats,
                place=place,
                results=results,
                resume=options.resume,
                limit=options.limit,
            )
        elif part == "overhead":
            overhead(
                options.repeats, place=place, results=results, resume=options.resume, limit=options.limit
            )
        elif part == "startup":
            startup(place=place, results=results)
        else:
            memory(place=place, results=results, limit=options.limit)
        results.part("took", fresh=False)[part] = time.perf_counter() - began
        results.save()
    print(report.text(results.parts))
    if options.write or (set(measuring) >= set(WORKLOADS) and not options.no_write) or not measuring:
        report.write(results.parts, REPOSITORY)


def _prepare(place: Place, results: Results, contenders: list[str]) -> None:
    """Data, facts of the machine, and every contender's modules read once, so that no disk is cold."""
    if not (place.data / "complete").exists():
        _quietly([sys.executable, "-m", "bench.data", str(place.data)])
    facts = results.part("machine", fresh=True)
    facts.update(machine.facts(REPOSITORY))
    if facts["load_before"] > 0.5:
        print(f"Warning: the machine is busy (load {facts['load_before']}); these times will be too long.")
    results.save()
    modules = {"keras": "keras", "keras_tuner": "keras_tuner", "optuna": "optuna", "ray": "ray.tune"}
    for contender in contenders:
        if contender in modules:
            _quietly([sys.executable, "-c", f"import {modules[contender]}"])


def _quietly(command: list[str]) -> None:
    """Run it, and show what it printed only if it fails: TensorFlow is talkative."""
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--only", type=_names(PARTS), default=list(PARTS), metavar="PART,…", help=", ".join(PARTS)
    )
    parser.add_argument(
        "--contenders",
        type=_names(tuple(CONTENDERS)),
        default=list(CONTENDERS),
        metavar="NAME,…",
        help=", ".join(CONTENDERS),
    )
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument(
        "--smoke", action="store_true", help="two runs, one epoch: does every contender work?"
    )
    parser.add_argument("--limit", type=float, default=600.0, help="seconds for one process")
    parser.add_argument("--resume", action="store_true", help="keep what was measured already")
    parser.add_argument(
        "--out", type=Path, default=REPOSITORY / "bench" / "out", help="folder for the numbers"
    )
    parser.add_argument(
        "--write", action="store_true", help="write docs/benchmarks.md and the chart in any case"
    )
    parser.add_argument(
        "--no-write", action="store_true", help="leave docs/benchmarks.md and the chart alone"
    )
    return parser.parse_args()


class _names:  # noqa: N801
    """An argparse type: comma-separated names of a known set."""

    def __init__(self, known: tuple[str, ...]) -> None:
        self._known = known

    def __call__(self, text: str) -> list[str]:
        names = text.split(",")
        for name in names:
            if name not in self._known:
                raise argparse.ArgumentTypeError(f"{name!r} is not one of {', '.join(self._known)}")
        return names


if __name__ == "__main__":
    main()
