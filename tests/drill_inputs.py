"""`make drill`: every bad input through `hpexp run`, as a person would meet it.

    python -m tests.drill_inputs

Each has to end with exit code 2, without a traceback, with nothing written. Times are those
of the whole command.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bad_inputs import BAD_INPUTS, Bad
from tests.drill_hostile import controls
from tests.test_bad_inputs import listing, write

HPEXP = Path(sys.executable).with_name("hpexp")


def meet(bad: Bad, folder: Path) -> tuple[float, str]:
    """Seconds that the command took, and what was wrong with how it ended ('' for nothing)."""
    path = write(bad, folder)
    before = listing(folder)
    overrides = [word for override in bad.overrides for word in ("--set", override)]
    began = time.monotonic()
    done = subprocess.run(
        [HPEXP, "run", path.name, *overrides],
        cwd=path.parent, capture_output=True, text=True, errors="replace", check=False,
    )  # fmt: skip
    seconds = time.monotonic() - began
    wrong = []
    if done.returncode != 2:
        wrong.append(f"exit code {done.returncode}")
    if "Traceback" in done.stderr or not done.stderr.startswith("error: "):
        wrong.append(f"printed {done.stderr!r}")
    if controls(done.stdout + done.stderr):
        wrong.append("control characters were printed")
    if listing(folder) != before:
        wrong.append("something was written")
    return seconds, ", ".join(wrong)


def main() -> None:
    """Print the findings as JSON; exit code 1 where an input was not met well."""
    times, wrong = [], {}
    for bad in BAD_INPUTS:
        with tempfile.TemporaryDirectory(prefix="hpexp-drill-") as folder:
            seconds, problem = meet(bad, Path(folder))
        times.append(seconds)
        if problem:
            wrong[bad.id] = problem
    found = {
        "bad inputs": len(BAD_INPUTS),
        "explained with exit code 2": len(BAD_INPUTS) - len(wrong),
        "median seconds": round(statistics.median(times), 2),
        "longest seconds": round(max(times), 2),
    }
    print(json.dumps(found, indent=2))
    for name, problem in wrong.items():
        print(f"{name}: {problem}", file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
