"""The arithmetic of the benchmarks; what they measure is not tested."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from bench import chart, hpexp_file, report
from bench.check import covered
from bench.extrapolate import whole
from bench.memory import growth
from bench.summary import rows
from bench.workloads import WORKLOADS, flops
from hpexp.config import load


def test_nothing_is_extrapolated_when_all_runs_were_measured() -> None:
    result = whole(10.0, [(100.0, 104.0), (104.0, 106.0)], 2)
    assert (result.wall, result.start_up, result.training, result.extrapolated) == (10.0, 4.0, 6.0, False)


def test_start_up_and_the_first_run_s_surplus_count_once() -> None:
    # 4 s of start-up, 2 s of warm-up, 4 runs of 2 s.
    result = whole(14.0, [(0.0, 4.0), (4.0, 6.0), (6.0, 8.0), (8.0, 10.0)], 40)
    assert result.extrapolated
    assert result.wall == pytest.approx(4 + 2 + 40 * 2)


def test_workers_side_by_side_warm_up_at_once() -> None:
    spans = [(0.0, 3.0), (0.1, 3.0), (3.0, 5.0), (3.0, 5.0)]
    assert whole(5.0, spans, 8).wall == pytest.approx(1 + 2 * 4)


def test_time_covered_by_lanes_counts_once() -> None:
    assert covered([(0.0, 2.0), (0.0, 2.0), (1.0, 3.0), (5.0, 6.0)]) == pytest.approx(4.0)
    assert covered([]) == 0.0


def test_parts_keep_the_axes_that_cost() -> None:
    for workload in WORKLOADS.values():
        for contender in ("keras", "hpexp_fit", "hpexp", "process_per_run"):
            part = workload.part_for(contender, peer=contender not in ("hpexp_fit", "hpexp"))
            assert part.grid["batch"] == workload.grid["batch"]
            assert part.grid["optimizer"] == workload.grid["optimizer"]
            assert contender != "hpexp" or part.runs == workload.runs


def test_arithmetic_of_an_mlp() -> None:
    weights = 64 * 128 + 128 * 10
    assert flops(WORKLOADS["a"]) == 24 * 10 * weights * (6 * 1079 + 2 * 359)
    assert flops(WORKLOADS["e"]) is None


@pytest.mark.parametrize("key", ["a", "b", "c", "e"])
def test_hpexp_trains_the_same_runs_as_its_peers(key: str, tmp_path: Path) -> None:
    workload = WORKLOADS[key]
    file = tmp_path / "bench.yaml"
    file.write_text(hpexp_file.text(workload, tmp_path))
    experiment = load(file)
    points = 1
    for axis in experiment.grid[0]:
        points *= len(axis.values)
    assert points * len(experiment.seeds) == workload.runs


def test_memory_counts_growth_after_the_first_runs() -> None:
    samples = [(float(second), 100 + second) for second in range(30)]
    assert growth(samples, [float(end) for end in range(1, 21)]) == 19


def _parts() -> dict[str, Any]:
    def entry(title: str, *times: float) -> dict[str, Any]:
        sample = {
            "start_up": 1.0, "training": 2.0, "cpu": 3.0, "peak_memory": 2**20, "measured_runs": 4,
            "extrapolated": title == "slow", "best_accuracy": 0.9, "mean_accuracy": 0.8,
        }  # fmt: skip
        return {"title": title, "samples": [{**sample, "whole": time} for time in times]}

    failed = {"title": "broken", "samples": [{"problem": "exit code 1: no\nsuch thing", "wall": 1.0}]}
    contenders = {"hpexp": entry("hpexp", 1.0, 9.0, 2.0), "ray": entry("slow", 20.0), "optuna": failed}
    a = {"title": "24 runs", "runs": 24, "epochs": 10, "flops": 8e9, "matmul_rate": 4e10}
    return {"a": {**a, "contenders": contenders}}


def test_rows_are_medians_against_hpexp() -> None:
    slow, hpexp, broken = rows(_parts()["a"])
    assert (slow.seconds, slow.times_hpexp, slow.extrapolated) == (20.0, 10.0, True)
    assert (slow.training, slow.training_times_hpexp) == (2.0, 1.0)
    assert (hpexp.seconds, hpexp.spread, hpexp.share) == (2.0, (1.0, 9.0), 0.1)
    assert broken.seconds is None


def test_results_replace_the_old_ones_between_the_marks(tmp_path: Path) -> None:
    page = tmp_path / "docs" / "benchmarks.md"
    page.parent.mkdir()
    page.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
    report.write(_parts(), tmp_path)
    text = page.read_text()
    assert text.startswith(f"before\n{report.BEGIN}\n")
    assert text.endswith(f"{report.END}\nafter\n")
    assert "old" not in text
    assert "extrapolated from 4 of 24 runs after subtracting start-up" in text
    assert "broken: failed: exit code 1: no such thing" in text


def test_the_chart_is_svg_with_a_bar_for_each_contender_that_ended() -> None:
    tree = ElementTree.fromstring(chart.svg(_parts()))
    assert len(tree.findall("{http://www.w3.org/2000/svg}rect")) == 2
