from __future__ import annotations

import io
import json
import math
import statistics
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from hpexp.model import Baseline, DataSummary, Objective, Result, Status
from hpexp.paths import LogsFolder
from hpexp.run import Outcome
from hpexp.store import Store
from hpexp.summary import exit_code, print_json, print_summary
from tests.builders import a_data_summary, a_plan, a_result, a_run, an_experiment, store_results

DIVERGED = Result(Status.DIVERGED, 2, None, {"loss": math.nan}, error="NaN in the loss")
FAILED = Result(Status.FAILED, error="ValueError: no such layer")


def outcome(
    logs: Path,
    results: dict[float, list[Result | None]],
    *,
    skipped: int = 0,
    name: str = "toy",
    data: DataSummary | None = None,
    **changes: Any,
) -> Outcome:
    """One learning rate a key, one seed a result; the first `skipped` runs were done before."""
    pairs = [
        (a_run(seed, name, learning_rate=rate, normalize="none", output="softmax"), result)
        for rate, of_rate in results.items()
        for seed, result in enumerate(of_rate)
    ]
    # Only the learning rate is an axis.
    pairs = [
        (replace(run, axes={"learning_rate": run.params["learning_rate"]}), result) for run, result in pairs
    ]
    experiment = an_experiment(name)
    store_results(LogsFolder(logs), experiment, pairs)
    if data:
        with Store.open(LogsFolder(logs)) as store:
            store.found(name, 0, data)
    trained = {run.id: result for run, result in pairs[skipped:] if result}
    return Outcome(a_plan(experiment, *(run for run, _ in pairs)), skipped, trained, **changes)


def printed(found: Outcome, logs: Path, width: int = 100, *, smoke: bool = False) -> str:
    file = io.StringIO()
    print_summary(found, logs, Console(file=file, width=width), smoke=smoke)
    return file.getvalue()


def test_the_whole_summary(tmp_path: Path) -> None:
    scores = {"loss": 0.25, "accuracy": 0.75}
    found = outcome(
        tmp_path,
        {
            0.01: [a_result(0.7), a_result(0.8)],
            0.1: [a_result(0.9, test=scores), a_result(0.95, test=scores)],
            1.0: [DIVERGED, DIVERGED],
            10.0: [FAILED, a_result(0.99)],
        },
        data=a_data_summary(),
    )
    failed = found.plan.runs[6].id[:6]
    expected = f"""
toy  8 runs: 5 done, 2 diverged, 1 failed

#  learning_rate    n     val_accuracy         val_loss
1            0.1    2  0.9250 ± 0.0354  0.0750 ± 0.0354
2           0.01    2  0.7500 ± 0.0707  0.2500 ± 0.0707
–             10  1/2           0.9900           0.0100  1 failed

best    learning_rate=0.1  val_accuracy 0.9250 ± 0.0354 over 2 seeds
chance  1 other is not told apart from it (95 %, paired t over 2 seeds): lead over the best of them
        -0.1427 to 0.4927; 1 point that lacks a seed not counted
data    classification, 2 classes: no 120, yes 80; on 100 validation examples, 0.0100 each, 0.9250
        stands for 0.8562 to 0.9623 (95 %, Wilson)
base    val_accuracy 0.6000 by the majority class, no
test    accuracy 0.7500 ± 0.0000, loss 0.2500 ± 0.0000  (the winner's alone; it had no say in the
        ranking)
again   hpexp run toy.yaml --set learning_rate=0.1 --logs {tmp_path}
2 diverged (NaN or infinity)
  what may help: a lower learning rate, normalize: standard, output: logits
1 failed; hpexp show {failed} --logs {tmp_path} says more
  1 × ValueError: no such layer
logs    {tmp_path}/toy/
next    hpexp board toy --logs {tmp_path}
"""
    assert printed(found, tmp_path) == expected


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.6, "base    val_accuracy 0.6000 by the majority class, no: the best point does not beat it"),
        (0.55, "base    val_accuracy 0.6000 by the majority class, no: the best point does not beat it"),
        (
            0.65,
            "base    val_accuracy 0.6000 by the majority class, no, which the best point's interval holds",
        ),
        (0.9, "base    val_accuracy 0.6000 by the majority class, no\n"),
    ],
)
def test_the_best_point_is_held_against_the_baseline(tmp_path: Path, value: float, said: str) -> None:
    found = outcome(tmp_path, {0.1: [a_result(value)]}, data=a_data_summary())
    assert said in printed(found, tmp_path)


def test_a_point_with_one_of_its_seeds_is_not_the_best(tmp_path: Path) -> None:
    found = outcome(tmp_path, {0.1: [a_result(0.99), None], 1.0: [DIVERGED, a_result(0.9)]})
    text = printed(found, tmp_path)
    assert "–            0.1  1/2" in text
    assert "best    none: no point has a value for every seed\n" in text
    assert "again" not in text


def test_points_that_tie_are_said_to(tmp_path: Path) -> None:
    results: dict[float, list[Result | None]] = {
        0.1: [a_result(0.9)],
        1.0: [a_result(0.9)],
        2.0: [a_result(0.8)],
    }
    text = printed(outcome(tmp_path, results), tmp_path)
    assert [line.split()[:2] for line in text.splitlines()[4:7]] == [["1=", "0.1"], ["1=", "1"], ["3", "2"]]
    assert (
        "best    learning_rate=0.1  val_accuracy 0.9000, tied with 1 more (the first in the file is shown)"
        in text
    )


def test_no_prose_is_wider_than_the_terminal(tmp_path: Path) -> None:
    scores = {"loss": 0.25, "accuracy": 0.75}
    results: dict[float, list[Result | None]] = {
        rate: [a_result(rate, test=scores), a_result(rate / 2, test=scores)] for rate in (0.1, 0.2, 0.3)
    }
    results[1.0] = [a_result(0.9), DIVERGED]
    text = printed(outcome(tmp_path, results, data=a_data_summary()), tmp_path, 80).replace(
        f" --logs {tmp_path}", ""
    )
    lines = text[: text.index("logs    ")].splitlines()
    lines = [line for line in lines if not line.startswith("again")]
    assert "chance  2 others are" in text
    assert max(map(len, lines)) <= 80


def test_nothing_to_train_is_said(tmp_path: Path) -> None:
    text = printed(outcome(tmp_path, {0.1: [a_result(), a_result()]}, skipped=2), tmp_path)
    assert "toy  2 runs already done, nothing to train\n" in text
    assert "best    learning_rate=0.1" in text


def test_a_summary_of_failures_alone_ranks_nothing(tmp_path: Path) -> None:
    text = printed(outcome(tmp_path, {0.1: [FAILED], 1.0: [DIVERGED]}), tmp_path)
    assert "best" not in text
    assert "1 failed; hpexp show" in text
    assert "1 diverged" in text


@pytest.mark.parametrize(
    ("error", "advised"),
    [
        ("OSError: [Errno 28] No space left on device: 'big'", True),
        ("no space left on device: free space in logs and run again", False),
        ("ValueError: no", False),
    ],
)
def test_what_to_do_about_a_full_disk_is_said_once(tmp_path: Path, error: str, advised: bool) -> None:
    text = printed(outcome(tmp_path, {0.1: [replace(FAILED, error=error)]}), tmp_path)
    assert ("\nno space left on device: free space there and run again\n" in text) is advised


@pytest.mark.parametrize("scores", [{"loss": 0.25, "accuracy": 0.75}, {"accuracy": 0.75, "loss": 0.25}])
def test_scores_come_in_one_order_whatever_the_engines(tmp_path: Path, scores: dict[str, float]) -> None:
    found = outcome(tmp_path, {0.1: [a_result(0.9, test=scores)]})
    assert "test    accuracy 0.7500, loss 0.2500  (" in printed(found, tmp_path)


def test_what_was_set_on_the_command_line_is_part_of_the_line_to_paste(tmp_path: Path) -> None:
    overrides = ("epochs=3", "grid.learning_rate=[0.1,0.01]", "hidden=[8, 8]")
    found = outcome(tmp_path, {0.1: [a_result(0.9)], 0.01: [a_result(0.8)]}, skipped=2)
    found = replace(found, overrides=overrides)
    sets = "--set epochs=3 --set 'hidden=[8, 8]' --set learning_rate=0.1"
    again = f"again   hpexp run toy.yaml {sets} --logs {tmp_path}\n"
    assert again in printed(found, tmp_path)


@pytest.mark.parametrize(
    ("results", "said"),
    [
        ({0.1: [a_result(0.9)], 1.0: [a_result(0.8)]}, "one seed a point"),
        ({0.1: [a_result(0.9), a_result(0.8)], 1.0: [a_result(0.7)] * 2}, "1 other is not told apart"),
        (
            {0.1: [a_result(0.9), a_result(0.8)], 1.0: [a_result(0.6), a_result(0.501)]},
            "it stands apart from the",
        ),
        (
            {0.1: [a_result(0.9), a_result(0.8)], 1.0: [a_result(0.6), DIVERGED]},
            "1 point that lacks a seed not",
        ),
        ({0.1: [a_result(0.9), a_result(0.8)], 1.0: [a_result(0.7), None]}, "no other point has a value for"),
    ],
)
def test_whether_the_best_stands_apart(
    tmp_path: Path, results: dict[float, list[Result | None]], said: str
) -> None:
    assert said in printed(outcome(tmp_path, results), tmp_path)


def test_one_point_has_nothing_to_be_compared_with(tmp_path: Path) -> None:
    assert "chance" not in printed(outcome(tmp_path, {0.1: [a_result(0.9), a_result(0.8)]}), tmp_path)


def test_many_points_are_cut_short_and_fit_80_columns(tmp_path: Path) -> None:
    text = printed(
        outcome(tmp_path, {rate / 10: [a_result(rate / 20)] for rate in range(1, 15)}), tmp_path, 80
    )
    ranking = text.split("\n\n")[1].splitlines()
    assert [line.split()[0] for line in ranking] == ["#", *map(str, range(1, 11)), "and"]
    assert ranking[-1] == f"and 4 more: hpexp results toy --group-by learning_rate --logs {tmp_path}"
    assert max(map(len, ranking[:-1])) <= 80


def test_unfinished_runs_and_limits_are_told(tmp_path: Path) -> None:
    results = {0.1: [Result(Status.INTERRUPTED), None, Result(Status.TIMEOUT)]}
    text = printed(outcome(tmp_path, results, interrupted=True, gave_up=True), tmp_path)
    assert "1 interrupted, 1 not begun: the same command goes on from here" in text
    assert "1 timed out" in text
    assert "stopped at the failures allowed" in text


@pytest.mark.parametrize(
    ("results", "line"),
    [
        ([a_result(), DIVERGED], "toy: 2 runs ok\n"),
        ([a_result(), FAILED, None], "toy: 1 run ok, 1 failed, 1 not finished\n"),
        ([FAILED], "toy: 1 failed\n"),
    ],
)
def test_a_smoke_test_ends_in_one_line(tmp_path: Path, results: list[Result | None], line: str) -> None:
    assert printed(outcome(tmp_path, {0.1: results}), tmp_path, smoke=True) == line


@pytest.mark.parametrize(
    ("results", "changes", "code"),
    [
        ([a_result(), DIVERGED, a_result(status=Status.STOPPED)], {}, 0),
        ([a_result(), FAILED], {}, 1),
        ([Result(Status.TIMEOUT)], {}, 1),
        ([a_result(), None], {}, 1),
        ([a_result(), Result(Status.INTERRUPTED)], {"interrupted": True}, 130),
        ([FAILED], {"interrupted": True}, 130),
    ],
)
def test_exit_code(tmp_path: Path, results: list[Result | None], changes: dict[str, bool], code: int) -> None:
    well = outcome(tmp_path, {0.1: [a_result()]}, skipped=1, name="well")
    assert exit_code([well]) == 0
    assert exit_code([well, outcome(tmp_path, {0.1: results}, **changes)]) == code


def test_json_has_one_object_an_experiment(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = outcome(tmp_path, {0.1: [a_result(0.7), a_result(0.8)], 1.0: [DIVERGED, DIVERGED]}, skipped=1)
    second = outcome(tmp_path, {0.1: [FAILED]}, name="bad")
    print_json([first, second], tmp_path)
    good, bad = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert [*good] == [
        "experiment", "counts", "skipped", "data", "objective", "best", "beats_baseline", "chance", "points",
        "logs", "runs",
    ]  # fmt: skip
    assert (good["experiment"], good["counts"], good["skipped"]) == ("toy", {"done": 2, "diverged": 2}, 1)
    assert good["best"]["params"]["learning_rate"] == 0.1
    assert good["best"]["axes"] == {"learning_rate": 0.1}
    assert good["best"]["runs"] == [run["id"] for run in good["runs"][:2]]
    assert good["best"]["metrics"]["val_accuracy"]["mean"] == pytest.approx(0.75)
    assert good["best"]["test"]["accuracy"] == {"mean": 0.5, "std": 0.0, "n": 2}
    assert good["logs"] == str(tmp_path / "toy")
    assert [run["status"] for run in good["runs"]] == ["done", "done", "diverged", "diverged"]
    assert (bad["best"], bad["counts"]) == (None, {"failed": 1})


def test_json_holds_the_ranking_the_chances_and_the_baseline(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results: dict[float, list[Result | None]] = {
        0.1: [a_result(0.9), a_result(0.8)],
        0.2: [a_result(0.7), a_result(0.75)],
        1.0: [a_result(0.95), DIVERGED],
    }
    print_json([outcome(tmp_path, results, data=a_data_summary())], tmp_path)
    (found,) = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert found["objective"] == {"metric": "val_accuracy", "mode": "max", "epoch": "best"}
    assert found["beats_baseline"] is True
    assert found["data"]["task"] == "classification"
    assert found["data"]["classes"] == ["no", "yes"]
    assert found["data"]["counts"]["validation"] == [60, 40]
    assert found["data"]["baselines"] == {"val_accuracy": {"value": 0.6, "how": "the majority class, no"}}
    assert [
        (each["rank"], each["axes"]["learning_rate"], each["n"], each["runs"]) for each in found["points"]
    ] == [
        (1, 0.1, 2, 2),
        (2, 0.2, 2, 2),
        (None, 1.0, 1, 2),
    ]
    assert found["points"][2]["diverged"] == 1
    chance = found["chance"]
    # The differences are 0.2 and 0.05: their mean is 0.125, the quantile of t for one degree 12.7062.
    assert chance["lead"]["high"] == pytest.approx(0.125 + 12.7062047 * 0.075)
    assert chance["lead"]["low"] == pytest.approx(0.125 - 12.7062047 * 0.075)
    assert (chance["lead"]["draws"], chance["lead"]["confidence"]) == (2, 0.95)
    assert (chance["compared"], chance["left_out"]) == (2, 1)
    assert chance["not_told_apart"] == [{"learning_rate": 0.2}]


def test_replicates_are_paired_by_seed_and_repeat_of_the_split(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    values = {0.1: [[0.9, 0.8], [0.7, 0.65]], 0.2: [[0.85, 0.79], [0.6, 0.61]]}
    pairs = [
        (replace(a_run(seed, learning_rate=rate), repeat=repeat, id=f"{rate}{repeat}{seed}"), a_result(value))
        for rate, of_rate in values.items()
        for repeat, of_repeat in enumerate(of_rate)
        for seed, value in enumerate(of_repeat)
    ]
    store_results(LogsFolder(tmp_path), an_experiment(), pairs)
    with Store.open(LogsFolder(tmp_path)) as store:
        for repeat, majority in enumerate((0.6, 0.7)):
            store.found("toy", repeat, a_data_summary(majority))
    runs = [run for run, _ in pairs]
    found = Outcome(a_plan(an_experiment(), *runs), 0, {run.id: result for run, result in pairs})
    text = printed(found, tmp_path)
    assert "val_accuracy 0.7625 ± 0.1109 over 2 splits × 2 seeds" in text
    assert "paired t over 2 splits × 2 seeds" in text
    print_json([found], tmp_path)
    (said,) = json.loads(capsys.readouterr().out)
    # Of the two seeds of each split; 100 examples are held out for 100 trained on, and 12.7062 is the
    # quantile of t for one degree of freedom.
    differences = [0.03, 0.07]
    reach = 12.7062047 * statistics.stdev(differences) * math.sqrt(1 / 2 + 1)
    assert said["chance"]["lead"]["low"] == pytest.approx(0.05 - reach)
    assert said["chance"]["lead"]["draws"] == 2
    assert {(run["repeat"], run["seed"]) for run in said["runs"]} == {(0, 0), (0, 1), (1, 0), (1, 1)}


def test_a_loss_stands_beside_the_number_of_examples_and_no_share_of_them(tmp_path: Path) -> None:
    found = outcome(tmp_path, {0.1: [a_result(0.9)]}, data=a_data_summary())
    objective = Objective("val_loss", "min")
    plan = replace(found.plan, experiment=replace(found.plan.experiment, objective=objective))
    text = printed(replace(found, plan=plan), tmp_path)
    assert "data    classification, 2 classes: no 120, yes 80; 100 validation examples\n" in text


def test_a_training_metric_says_little_of_other_examples(tmp_path: Path) -> None:
    found = outcome(tmp_path, {0.1: [a_result(0.9)]}, data=a_data_summary())
    objective = Objective("accuracy", "max")
    plan = replace(found.plan, experiment=replace(found.plan.experiment, objective=objective))
    text = printed(replace(found, plan=plan), tmp_path, 200)
    assert "yes 80; ranked on the 100 training examples, which says little of others\n" in text
    assert "Wilson" not in text


def test_the_baseline_averaged_over_classes_stands_beside_that_of_accuracy(
    tmp_path: Path,
) -> None:
    data = a_data_summary(0.95)
    how = data.baselines[0].how
    data = replace(data, baselines=(*data.baselines, Baseline("validation", "balanced_accuracy", 0.5, how)))
    metrics = {"loss": 0.1, "accuracy": 0.9, "val_accuracy": 0.92, "val_balanced_accuracy": 0.54}
    text = printed(outcome(tmp_path, {0.1: [a_result(metrics=metrics)]}, data=data), tmp_path, 200)
    assert (
        "base    val_accuracy 0.9500, val_balanced_accuracy 0.5000 by the majority class, no: "
        "the best point does not beat it\n" in text
    )
