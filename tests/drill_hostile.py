"""`make drill`: own code that misbehaves, through `hpexp run`, with honest runs between.

    python -m tests.drill_hostile

Each hostile run has to end as it must, with its cause, and each honest one to be done with the
numbers of one that had no such neighbours; no control character reaches the terminal, and no
process is left behind.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import unicodedata
from pathlib import Path
from typing import Any

import psutil

from tests.hostile_code import DATA, KINDS, LIMIT, Kind, module

HPEXP = Path(sys.executable).with_name("hpexp")
HEAD = f"params: {{epochs: 1, batch: full}}\ntimeout: {LIMIT}\n"


def run(folder: Path, name: str, text: str) -> tuple[list[dict[str, Any]], str]:
    """The rows of an experiment, and all that was printed."""
    (folder / f"{name}.yaml").write_text(text)
    done = subprocess.run(
        [HPEXP, "run", f"{name}.yaml", "--junit", f"{name}.xml"], cwd=folder, capture_output=True, check=False
    )
    printed = (done.stdout + done.stderr).decode()
    rows = subprocess.run(
        [HPEXP, "results", name, "--format", "json"], cwd=folder, capture_output=True, check=False
    )
    return json.loads(rows.stdout or "[]"), printed


def met(kind: Kind, row: dict[str, Any] | None) -> str:
    """What is wrong with how a hostile run ended; '' for nothing."""
    if row is None:
        return "no row"
    if row["status"] != kind.status or kind.error not in (row["error"] or ""):
        return f"{row['status']}: {row['error']}"
    return ""


def controls(text: str) -> bool:
    return any(unicodedata.category(each) in ("Cc", "Cf", "Cs") for each in text if each != "\n")


def left_behind(folder: Path) -> int:
    """Processes that still run in the folder's name: workers and what they forked."""
    return sum(
        str(folder) in " ".join(each.info["environ"] or ())
        for each in psutil.process_iter(["environ"])
        if each.info["environ"] and each.info["environ"].get("HPEXP_DRILL") == str(folder)
    )


def main() -> None:
    """Print the findings as JSON; exit code 1 where something was not met well."""
    import os

    began = time.monotonic()
    wrong: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="hpexp-drill-") as name:
        folder = Path(name)
        os.environ["HPEXP_DRILL"] = name
        (folder / "own.py").write_text(module())
        names = [each for place, kind in enumerate(KINDS) for each in (kind.name, f"good {place}")]
        grid = f"data: iris\nmodel: {{python: 'own:build'}}\ngrid: {{kind: {json.dumps(names)}}}\n"
        rows, printed = run(folder, "hostile", f"name: hostile\n{grid}{HEAD}")
        found = {row["params"]["kind"]: row for row in rows}
        for kind in KINDS:
            if problem := met(kind, found.get(kind.name)):
                wrong[kind.name] = problem
        honest = [found.get(name) for name in names if name.startswith("good ")]
        done = [row for row in honest if row and row["status"] == "done"]
        numbers = {json.dumps(row["metrics"]) for row in done}
        for kind in DATA:
            text = (
                f"name: data\ndata: {{python: 'own:data', kind: {kind.name}}}\nmodel: mlp\n{HEAD}seeds: 2\n"
            )
            _, said = run(folder, "data", text)
            if kind.error not in said:
                wrong[kind.name] = said
            printed += said
        if controls(printed):
            wrong["terminal"] = "control characters were printed"
        time.sleep(1)
        if left := left_behind(folder):
            wrong["processes"] = f"{left} are left"
    if len(done) != len(KINDS) or len(numbers) != 1:
        wrong["honest runs"] = f"{len(done)} of {len(KINDS)} done, {len(numbers)} different results"
    print(json.dumps({
        "hostile functions": len(KINDS) + len(DATA),
        "ended as they must": sum(kind.name not in wrong for kind in [*KINDS, *DATA]),
        "honest runs between": len(KINDS),
        "done, with the same numbers": len(done) if len(numbers) == 1 else 0,
        "minutes": round((time.monotonic() - began) / 60, 1),
    }, indent=2))  # fmt: skip
    for each, problem in wrong.items():
        print(f"{each}: {problem}", file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
