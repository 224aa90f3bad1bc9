from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from hpexp.errors import UsageError
from hpexp.model import Divergence, Result, Status
from hpexp.paths import LogsFolder
from hpexp.results import Query, print_results
from hpexp.store import Store
from tests.builders import a_data_summary, a_result, a_run, an_experiment, store_results

DIVERGED = Result(
    Status.DIVERGED,
    2,
    None,
    {"loss": math.nan, "val_loss": math.inf},
    error="NaN",
    divergence=Divergence(1, 3, "loss"),
)
FAILED = Result(Status.FAILED, error="ValueError: a, b", traceback="Traceback …\n")

Print = Callable[..., str]


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """Two optimizers, two learning rates, two seeds."""
    values = {("sgd", 0.01): (0.7, 0.8), ("sgd", 1.0): (DIVERGED, 0.1), ("adam", 0.01): (0.9, 0.95)}
    results = [
        (
            a_run(seed, learning_rate=rate, optimizer=name),
            a_result(value) if isinstance(value, float) else value,
        )
        for (name, rate), both in values.items()
        for seed, value in enumerate(both)
    ]
    results += [
        (a_run(seed, learning_rate=1.0, optimizer="adam"), FAILED if seed else None) for seed in range(2)
    ]
    store_results(LogsFolder(tmp_path), an_experiment(), results)
    return tmp_path


@pytest.fixture
def out(capsys: pytest.CaptureFixture[str]) -> Print:
    """Print results of a folder; returns standard output."""

    def print_(
        logs: Path, experiment: str | None = None, format_: str = "table", width: int = 140, **query: object
    ) -> str:
        all_ = bool(query.pop("all_", False))
        console = Console(width=width, force_terminal=False)
        print_results(logs, experiment, Query(**query), format_, console, all_=all_)  # type: ignore[arg-type]
        return capsys.readouterr().out

    return print_


def test_the_table_best_first_diverged_and_failed_last(logs: Path, out: Print) -> None:
    lines = [line.split() for line in out(logs).splitlines()]
    assert " ".join(lines[0]) == (
        "id learning_rate optimizer seed status epochs best epoch val_accuracy val_loss loss accuracy seconds"
    )
    assert [line[1:6] for line in lines[1:]] == [
        ["0.01", "adam", "1", "done", "3"],
        ["0.01", "adam", "0", "done", "3"],
        ["0.01", "sgd", "1", "done", "3"],
        ["0.01", "sgd", "0", "done", "3"],
        ["1", "sgd", "1", "done", "3"],
        ["1", "adam", "0", "pending", "0"],
        ["1", "sgd", "0", "diverged", "2"],
        ["1", "adam", "1", "failed", "0"],
    ]


def test_no_line_is_wider_than_80_columns_and_the_objective_stays(logs: Path, out: Print) -> None:
    table = out(logs, width=80)
    assert max(map(len, table.splitlines())) <= 80
    kept = ["id", "learning_rate", "optimizer", "seed", "status", "epochs", "val_accuracy", "seconds"]
    assert table.splitlines()[0].split() == kept


def test_every_format_shows_the_same_rows(logs: Path, out: Print) -> None:
    query = {"where": ("optimizer=sgd",), "sort": "-val_loss", "top": 3}
    as_json = [row["id"] for row in json.loads(out(logs, format_="json", **query))]
    as_csv = [row["id"] for row in csv.DictReader(io.StringIO(out(logs, format_="csv", **query)))]
    as_md = [line.split("|")[1].strip() for line in out(logs, format_="md", **query).splitlines()[2:]]
    as_table = [line.split()[0] for line in out(logs, **query).splitlines()[1:]]
    assert len(as_json) == 3
    assert as_csv == as_json
    assert as_table == as_md == [each[:6] for each in as_json]


def test_json_has_the_promised_keys_and_no_nan(logs: Path, out: Print) -> None:
    rows = json.loads(out(logs, "toy", "json"), parse_constant=pytest.fail)
    assert [*rows[0]] == [
        "id", "experiment", "name", "status", "params", "seed", "repeat", "engine", "own_loss",
        "epochs", "best_epoch",
        "metrics", "seconds", "error", "baselines",
    ]  # fmt: skip
    best, diverged, failed = rows[0], rows[-2], rows[-1]
    assert best["params"] == {"epochs": 3, "learning_rate": 0.01, "optimizer": "adam"}
    assert (best["experiment"], best["epochs"], best["best_epoch"], best["seconds"]) == ("toy", 3, 2, 1.5)
    assert best["metrics"]["val_accuracy"] == 0.95
    assert (diverged["status"], diverged["metrics"]) == ("diverged", {"loss": None, "val_loss": None})
    assert (failed["status"], failed["error"], failed["metrics"]) == ("failed", "ValueError: a, b", {})


def test_csv_has_every_digit_and_every_parameter(logs: Path, out: Print) -> None:
    rows = list(csv.DictReader(io.StringIO(out(logs, "toy", "csv"))))
    assert rows[0]["params.epochs"] == "3"
    assert rows[0]["epochs"] == "3"
    assert float(rows[0]["loss"]) == 1 - 0.95
    assert (rows[-2]["loss"], rows[-2]["val_loss"]) == ("nan", "inf")
    assert rows[-1]["error"] == "ValueError: a, b"


def test_a_column_named_thousands_of_times_is_one(logs: Path, out: Print) -> None:
    once, often = (out(logs, group_by=("optimizer", "learning_rate") * times) for times in (1, 5000))
    assert often == once


def test_group_by_gives_mean_and_spread_and_counts(logs: Path, out: Print) -> None:
    rows = json.loads(out(logs, format_="json", group_by=("optimizer", "learning_rate")))
    assert [row["group"] for row in rows] == [
        {"optimizer": "adam", "learning_rate": 0.01},
        {"optimizer": "sgd", "learning_rate": 0.01},
        {"optimizer": "sgd", "learning_rate": 1.0},
        {"optimizer": "adam", "learning_rate": 1.0},
    ]
    assert [(row["n"], row["diverged"], row["failed"]) for row in rows] == [
        (2, 0, 0),
        (2, 0, 0),
        (1, 1, 0),
        (0, 0, 1),
    ]
    found = rows[0]["metrics"]["val_accuracy"]
    assert found["mean"] == pytest.approx(0.925)
    assert found["std"] == pytest.approx(0.05 / math.sqrt(2))
    assert rows[2]["metrics"]["val_accuracy"] == {"mean": 0.1, "std": None, "n": 1}
    assert rows[3]["metrics"]["val_accuracy"] is None


def test_a_group_with_diverged_or_failed_runs_comes_after_those_without(logs: Path, out: Print) -> None:
    """Whatever the mean of the runs that are left: sgd's seed 1 at a rate of 1 alone has a value."""
    query = {"where": ("optimizer=sgd",), "group_by": ("seed",)}
    rows = json.loads(out(logs, format_="json", **query))
    counts = [(row["group"]["seed"], row["n"], row["runs"], row["diverged"]) for row in rows]
    # The mean of seed 0 is 0.7, that of seed 1 is 0.45.
    assert counts == [(1, 2, 2, 0), (0, 1, 2, 1)]
    for sort in (None, "-val_accuracy"):
        table = out(logs, **query, sort=sort).splitlines()
        assert [line.split()[:4] for line in table] == [
            ["seed", "n", "diverged", "val_accuracy"],
            ["1", "2", "0", "0.4500"],
            ["0", "1/2", "1", "0.7000"],
        ]


def test_groups_that_average_over_other_settings_are_said_to(
    logs: Path, out: Print, capsys: pytest.CaptureFixture[str]
) -> None:
    console = Console(width=140, force_terminal=False)
    unlike = [
        (("optimizer",), ("learning_rate=0.01",), []),
        (("learning_rate",), (), ["optimizer", "seed"]),
        (("optimizer", "learning_rate"), (), ["seed"]),
        (("learning_rate",), ("optimizer=sgd",), ["seed"]),
        (("status",), ("learning_rate=0.01",), []),
    ]
    for group_by, where, expected in unlike:
        query = {"where": where, "group_by": group_by}
        rows = json.loads(out(logs, format_="json", **query))
        assert [row["unlike"] for row in rows] == [expected] * len(rows), query
        print_results(logs, None, Query(where=where, group_by=group_by), "table", console)
        said = capsys.readouterr().err
        note = f"not like with like: the rows average over different settings of {', '.join(expected)}\n"
        assert said == (note if expected else "")


@pytest.mark.parametrize(
    ("where", "chosen"),
    [
        (("val_accuracy>0.7", "status=done", "optimizer=sgd"), "val_accuracy, status"),
        (("params.epochs=3", "learning_rate=0.01", "seed<5"), ""),
    ],
)
def test_means_of_runs_chosen_by_their_results_are_said_to_be(
    logs: Path, where: tuple[str, ...], chosen: str, capsys: pytest.CaptureFixture[str]
) -> None:
    query = Query(where=where, group_by=("optimizer", "seed"))
    print_results(logs, None, query, "table", Console(width=140, force_terminal=False))
    said = capsys.readouterr().err
    note = f"runs chosen by {chosen}: the means are of what is left, and say little of others\n"
    assert (note in said) is bool(chosen)
    assert ("runs chosen by" in said) is bool(chosen)


def test_equal_values_are_all_bold(tmp_path: Path) -> None:
    console = Console(
        file=io.StringIO(), width=140, force_terminal=True, color_system="standard", no_color=False
    )
    results = [(a_run(seed), a_result(value)) for seed, value in enumerate((0.9, 0.8, 0.9 + 1e-9))]
    store_results(LogsFolder(tmp_path), an_experiment(), results)
    print_results(tmp_path, "toy", Query(), "table", console)
    assert isinstance(console.file, io.StringIO)
    found = re.findall(r"\x1b\[1m([^\x1b]*)\x1b", console.file.getvalue())
    assert [each.strip() for each in found[1:]] == ["0.9000", "0.9000"]


def test_group_by_in_the_other_formats(logs: Path, out: Print) -> None:
    query = {"group_by": ("optimizer",), "where": ("learning_rate=0.01",), "top": 1}
    assert out(logs, **query).splitlines() == [
        "optimizer  n     val_accuracy         val_loss             loss         accuracy",
        "adam       2  0.9250 ± 0.0354  0.0750 ± 0.0354  0.0750 ± 0.0354  0.9250 ± 0.0354",
    ]
    assert "| adam | 2 | 0.9250 ± 0.0354 |" in out(logs, format_="md", **query)
    (row,) = csv.DictReader(io.StringIO(out(logs, format_="csv", **query)))
    assert (row["optimizer"], row["n"], row["failed"]) == ("adam", "2", "0")
    assert float(row["val_accuracy_mean"]) == pytest.approx(0.925)


@pytest.mark.parametrize(
    ("sort", "first"), [("n", "1.0"), ("-n", "0.01"), ("-learning_rate", "1.0"), ("loss", "0.01")]
)
def test_groups_are_sorted(logs: Path, out: Print, sort: str, first: str) -> None:
    rows = csv.DictReader(io.StringIO(out(logs, format_="csv", group_by=("learning_rate",), sort=sort)))
    assert next(rows)["learning_rate"] in (first, f"{float(first):g}")


def test_the_baseline_stands_in_every_format(tmp_path: Path, out: Print) -> None:
    """That of each run is its split's, that of all is the mean over the repeats of the split."""
    repeats = [replace(a_run(0), repeat=repeat, id=str(repeat)) for repeat in range(2)]
    store_results(LogsFolder(tmp_path), an_experiment(), [(run, a_result(0.9)) for run in repeats])
    with Store.open(LogsFolder(tmp_path)) as store:
        for repeat, majority in enumerate((0.6, 0.8, 1.0)):
            store.found("toy", repeat, a_data_summary(majority))
    line = "baseline: val_accuracy 0.7000 by the majority class, no\n"
    assert out(tmp_path, "toy").endswith(line)
    assert out(tmp_path, "toy", group_by=("seed",)).endswith(line)
    assert out(tmp_path, "toy", "md").endswith(f"|\n\n{line}")
    rows = json.loads(out(tmp_path, "toy", "json"))
    assert [row["baselines"] for row in rows] == [{"val_accuracy": 0.6}, {"val_accuracy": 0.8}]
    lines = csv.DictReader(io.StringIO(out(tmp_path, "toy", "csv")))
    assert [row["baseline"] for row in lines] == ["0.6", "0.8"]
    store_results(LogsFolder(tmp_path), an_experiment("other"), [(a_run(0, "other"), a_result(0.75))])
    shown = [line.split() for line in out(tmp_path).splitlines()]
    assert shown[0][6] == "baseline"
    assert shown[1][5:7] == ["0.7500", "–"]
    assert shown[2][5:9] == ["0.9000", "±", "0.0000", "0.7000"]


def test_runs_that_the_file_no_longer_asks_for_are_shown_on_request(
    tmp_path: Path, out: Print, capsys: pytest.CaptureFixture[str]
) -> None:
    logs = LogsFolder(tmp_path)
    store_results(logs, an_experiment(), [(a_run(seed), a_result(seconds=9)) for seed in range(3)])
    store_results(logs, an_experiment(), [(a_run(1), None)])
    assert [row["seed"] for row in json.loads(out(tmp_path, format_="json"))] == [1]
    assert len(json.loads(out(tmp_path, format_="json", all_=True))) == 3
    print_results(tmp_path, None, Query(), "table", Console(width=80))
    assert "2 runs that the last hpexp run did not ask for: --all shows them" in capsys.readouterr().err


def test_several_experiments_at_a_glance(logs: Path, out: Print, capsys: pytest.CaptureFixture[str]) -> None:
    other = replace(
        an_experiment("other"), objective=replace(an_experiment().objective, metric="val_loss", mode="min")
    )
    store_results(LogsFolder(logs), other, [(a_run(0, "other"), a_result(0.75))])
    lines = [line.split() for line in out(logs).splitlines()]
    assert lines[0][:5] == ["experiment", "runs", "done", "failed", "objective"]
    assert lines[1][:6] == ["other", "1", "1", "0", "val_loss", "0.2500"]
    assert lines[2][:6] == ["toy", "8", "6", "1", "val_accuracy", "0.9250"]
    assert "0.9250 ± 0.0354         –  learning_rate=0.01 optimizer=adam" in out(logs)
    print_results(logs, None, Query(), "md", Console(width=80))
    assert "one experiment in full: hpexp results other" in capsys.readouterr().err
    assert len(json.loads(out(logs, format_="json"))) == 9
    assert {row["experiment"] for row in json.loads(out(logs, "other", "json"))} == {"other"}
    assert out(logs, where=("seed=0",)).splitlines()[0].startswith("experiment")


@pytest.mark.parametrize("format_", ["table", "json", "csv", "md"])
def test_no_runs_is_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str], format_: str) -> None:
    print_results(tmp_path / "none", None, Query(), format_, Console(width=80))
    said = capsys.readouterr()
    assert said.out == ("[]\n" if format_ == "json" else "")
    assert "no runs in" in said.err
    assert not (tmp_path / "none").exists()


def test_that_no_run_meets_a_condition_is_said(
    logs: Path, out: Print, capsys: pytest.CaptureFixture[str]
) -> None:
    print_results(logs, None, Query(where=("seed=7", "epochs>1")), "json", Console(width=80))
    said = capsys.readouterr()
    assert json.loads(said.out) == []
    assert said.err == "none of 8 runs meets seed=7 and epochs>1\n"
    print_results(logs, None, Query(where=("seed=1",)), "json", Console(width=80))
    assert capsys.readouterr().err == ""


def test_what_is_asked_for_wrongly(logs: Path, tmp_path: Path, out: Print) -> None:
    with pytest.raises(UsageError, match="no experiment 'tyo'") as caught:
        out(logs, "tyo")
    assert caught.value.hint == "did you mean toy? experiments: toy"
    with pytest.raises(UsageError, match="no experiment 'toy' in"):
        out(tmp_path / "elsewhere", "toy")
    with pytest.raises(UsageError, match="'xml' is not one of table, json, csv, md"):
        out(logs, format_="xml")
    with pytest.raises(UsageError, match="no column 'optimiser'"):
        out(logs, group_by=("optimiser",))
    with pytest.raises(UsageError, match="a name is missing"):
        out(logs, group_by=("optimizer", ""))
    with pytest.raises(UsageError, match="no column 'seed'"):
        out(logs, group_by=("optimizer",), sort="seed")


def test_the_best_value_is_bold_whatever_the_order(logs: Path) -> None:
    for sort in (None, "seed", "learning_rate"):
        console = Console(
            file=io.StringIO(), width=140, force_terminal=True, color_system="standard", no_color=False
        )
        print_results(logs, "toy", Query(sort=sort), "table", console)
        assert isinstance(console.file, io.StringIO)
        found = re.findall(r"\x1b\[1m([^\x1b]*)\x1b", console.file.getvalue())
        assert [each.strip() for each in found[1:]] == ["0.9500"]
