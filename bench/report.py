"""What was measured, as Markdown for docs/benchmarks.md and the terminal."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench import chart
from bench.summary import Row, rows
from bench.workloads import WORKLOADS

BEGIN = "<!-- results: written by `make bench`, do not edit -->"
END = "<!-- end of results -->"
MEGABYTE = 2**20

Parts = Mapping[str, Any]


def write(parts: Parts, repository: Path) -> None:
    """Put the results into docs/benchmarks.md, between its two marks, and draw docs/images/bench.svg."""
    page = repository / "docs" / "benchmarks.md"
    before, _, rest = page.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n\n{text(parts)}\n{END}{after}")
    image = repository / "docs" / "images" / "bench.svg"
    image.parent.mkdir(exist_ok=True)
    image.write_text(chart.svg(parts))


def text(parts: Parts) -> str:
    """All results as Markdown; a part that was not measured is left out."""
    lines = [*_machine(parts.get("machine"))]
    for key in WORKLOADS:
        if key in parts:
            lines += _workload(parts[key])
    lines += _overhead(parts.get("overhead"))
    lines += _startup(parts.get("startup"))
    lines += _memory(parts.get("memory"))
    took = parts.get("took")
    if took:
        each = ", ".join(f"{part} {seconds / 60:.1f} min" for part, seconds in took.items())
        lines += [f"The measuring took {sum(took.values()) / 60:.0f} minutes: {each}.", ""]
    return "\n".join(lines)


def _machine(facts: Mapping[str, Any] | None) -> Iterator[str]:
    if not facts:
        return
    versions = ", ".join(f"{name} {number}" for name, number in facts["versions"].items())
    yield (
        f"Measured on {facts['cores']} cores of {facts['processor']}, {facts['memory'] / 2**30:.0f} GiB, "
        f"{facts['system']}, Python {facts['python']}, {versions}; hpexp at {facts['commit']}. "
        f"Load before: {facts['load_before']}."
    )
    yield ""


def _workload(part: Mapping[str, Any]) -> Iterator[str]:
    found = rows(part)
    yield f"### {part['title']}"
    yield ""
    yield from _table(
        ("", "whole grid", "× hpexp", "without start-up", "× hpexp", "per run", "per run and epoch", "warm",
         "× hpexp", "processor time", "peak memory", "share of the matmul rate", "best val. accuracy"),
        [_cells(row) for row in found],
    )  # fmt: skip
    for row in found:
        if row.extrapolated:
            yield (
                f"- {row.title}: extrapolated from {row.measured_runs} of {part['runs']} runs after "
                f"subtracting start-up; processor time and memory are those of the {row.measured_runs}."
            )
        if row.problem:
            yield f"- {row.title}: {_failed({'problem': row.problem})}"
    if part["flops"] and part.get("matmul_rate"):
        yield f"- float32 products ran at {part['matmul_rate'] / 1e9:.0f} GFLOP/s just before, on all cores."
    yield ""


def _cells(row: Row) -> tuple[str, ...]:
    if row.seconds is None:
        return (row.title, "failed", *[""] * 11)
    note = " (extrapolated)" if row.extrapolated else ""
    low, high = row.spread
    spread = f" [{low:.1f}–{high:.1f}]" if row.repeats > 1 else ""
    return (
        f"**{row.title}**" if row.key == "hpexp" else row.title,
        f"{row.seconds:.1f} s{spread}{note}",
        f"{row.times_hpexp:.1f}" if row.times_hpexp else "",
        _time(row.training),
        f"{row.training_times_hpexp:.1f}" if row.training_times_hpexp else "",
        _time(row.per_run),
        _time(row.per_epoch),
        _time(row.warm_epoch) if row.warm_epoch else "",
        f"{row.warm_times_hpexp:.1f}" if row.warm_times_hpexp else "",
        f"{row.cpu:.0f} s",
        f"{row.peak_memory / MEGABYTE:.0f} MB",
        f"{row.share:.1%} ({row.share_of_all:.1%} with start-up)" if row.share and row.share_of_all else "",
        f"{row.best_accuracy:.3f}",
    )


def _failed(entry: Mapping[str, Any]) -> str:
    return f"failed: {' '.join(entry['problem'].split())[:300]}"


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.3g} ms"


def _overhead(part: Mapping[str, Any] | None) -> Iterator[str]:
    if not part:
        return
    yield "### What a run costs besides training: one-epoch runs on iris"
    yield ""
    cells = []
    for runs, samples in part.items():
        good = [sample for sample in samples if "problem" not in sample]
        if not good:
            cells.append((f"{int(runs):,}", _failed(samples[0]), "", "", "", ""))
            continue
        wall = statistics.median(sample["wall"] for sample in good)
        cells.append(
            (
                f"{int(runs):,}",
                f"{wall:.1f} s",
                _time(wall / int(runs)),
                f"{statistics.median(sample['peak_memory'] for sample in good) / MEGABYTE:.0f} MB",
                f"{good[0]['event_files']:,}",
                f"{good[0]['bytes'] / MEGABYTE:.1f} MB",
            )
        )
    yield from _table(("runs", "whole time", "per run", "peak memory", "event files", "on disk"), cells)


def _startup(part: Mapping[str, Any] | None) -> Iterator[str]:
    if not part:
        return
    yield "### Commands that do not train"
    yield ""
    cells = [
        (f"`{title.partition(',')[0]}`{''.join(title.partition(',')[1:])}",
         f"{entry['seconds']:.2f} s" if "seconds" in entry else _failed(entry))
        for title, entry in part.items()
    ]  # fmt: skip
    yield from _table(("", "median"), cells)


def _memory(part: Mapping[str, Any] | None) -> Iterator[str]:
    if not part:
        return
    yield "### Memory from run to run"
    yield ""
    if "problem" in part:
        yield _failed(part)
    else:
        size = {name: f"{value / MEGABYTE:.0f} MB" for name, value in part.items() if "er_" in name}
        yield (
            f"{part['runs']} runs through `fit` with one worker at a time took {part['wall']:.0f} s and "
            f"{part['workers']} worker process(es). After the first ten runs the driver grew by "
            f"{size['driver_growth']} to {size['driver_peak']}, a worker by at most "
            f"{size['worker_growth']} to {size['worker_peak']}."
        )
    yield ""


def _table(header: Sequence[str], cells: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"|{'|'.join('---' if index == 0 else '---:' for index in range(len(header)))}|"
    for row in cells:
        yield f"| {' | '.join(row)} |"
    yield ""
