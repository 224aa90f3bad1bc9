from __future__ import annotations

import io
import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from hpexp.errors import UsageError
from hpexp.model import Divergence, Result, Run, Status
from hpexp.paths import LogsFolder
from hpexp.show import print_run
from hpexp.show.plot import plot
from hpexp.store import Store
from tests.builders import a_data_summary, a_result, a_run, an_experiment, store_results

FACTS = {
    "hpexp": "0.1.0",
    "python": "3.11.7",
    "packages": {"keras": "3.12.0", "numpy": None},
    "platform": "Linux-6.1",
    "cpus": 2,
    "git": {"commit": "abc123", "dirty": True},
    "overrides": ["epochs=3"],
}


@pytest.fixture
def runs(tmp_path: Path) -> list[Run]:
    return [a_run(seed, "lr", learning_rate=0.1, hidden=(8,)) for seed in range(3)]


@pytest.fixture
def logs(tmp_path: Path, runs: list[Run]) -> Path:
    """Three runs of `lr`, the last of which failed, and one of `other` with the first's name."""
    failed = Result(Status.FAILED, error="ValueError: no", traceback="Traceback (…)\n  ValueError: no\n")
    results = [(runs[0], a_result(0.9, devices="CPU:0")), (runs[1], a_result(0.8)), (runs[2], failed)]
    store_results(LogsFolder(tmp_path), an_experiment("lr"), results)
    twin = replace(runs[0], experiment="other", id="f" * 12)
    store_results(LogsFolder(tmp_path), an_experiment("other"), [(twin, None)])
    return tmp_path


def shown(logs: Path, wanted: str, width: int = 80) -> str:
    file = io.StringIO()
    print_run(logs, wanted, Console(file=file, width=width), as_json=False)
    return file.getvalue()


def facts_of(text: str) -> dict[str, str]:
    return {line[:13].strip(): line[14:] for line in text.splitlines() if line[:13].strip()}


def test_a_run_is_found_by_id_name_and_path(logs: Path, runs: list[Run]) -> None:
    run = runs[1]
    label = run.name.rpartition("-")[0]
    for wanted in (run.id, run.id[:5], run.id[:5].upper(), run.name, label, f"lr/{run.name}", f"lr/{label}",
                   f"lr/{run.id[:5]}", f"{logs}/lr/{run.name}/"):  # fmt: skip
        assert shown(logs, wanted).splitlines()[0] == f"lr/{run.name}", wanted


def test_a_name_of_several_runs_lists_them(logs: Path, runs: list[Run]) -> None:
    with pytest.raises(UsageError, match="may be any of 2 runs") as caught:
        shown(logs, runs[0].name)
    assert caught.value.hint == (
        f"one of these:\n  {runs[0].id}  lr/{runs[0].name}\n  {'f' * 12}  other/{runs[0].name}"
    )
    assert shown(logs, f"other/{runs[0].name}").startswith("other/")


@pytest.mark.parametrize(
    ("wanted", "hint"),
    [
        ("learning_rate=0.1,hidden=(8,),seed=9", "did you mean learning_rate=0.1,hidden=(8,),seed="),
        ("zzzz", "hpexp results --logs LOGS lists the runs and their ids"),
        ("", "hpexp results --logs LOGS lists the runs and their ids"),
        ("nowhere/", "hpexp results --logs LOGS lists the runs and their ids"),
    ],
)
def test_no_such_run(logs: Path, wanted: str, hint: str) -> None:
    with pytest.raises(UsageError, match="there is no run") as caught:
        shown(logs, wanted)
    assert (caught.value.hint or "").startswith(hint.replace("LOGS", str(logs)))


def test_no_runs_at_all(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no run 'x'") as caught:
        shown(tmp_path, "x")
    assert caught.value.hint == f"hpexp run CONFIG --logs {tmp_path} trains some"


def test_the_page_of_a_run(logs: Path, runs: list[Run]) -> None:
    with Store.open(LogsFolder(logs)) as store:
        store.begin(an_experiment("lr"), "hpexp run lr.yaml --set epochs=3", FACTS)
        store.started("lr", runs[0].id, 1.0)
        store.finished("lr", runs[0].id, a_result(0.9, devices="CPU:0"))
    folder = LogsFolder(logs).run("lr", runs[0].name)
    folder.folder.mkdir(parents=True)
    folder.log.write_text("".join(f"line {number}\n" for number in range(30)))
    text = shown(logs, runs[0].id, 100)
    facts = facts_of(text)
    assert facts["status"] == "done, 3 epochs in 1.5 s, fit engine on CPU:0"
    assert facts["at epoch"] == "2  val_accuracy 0.9000  val_loss 0.1000  loss 0.1000  accuracy 0.9000"
    assert (facts["learning_rate"], facts["hidden"], facts["seed"]) == ("0.1", "8", "0")
    assert facts["fixed"] == "epochs 3"
    assert facts["command"] == "hpexp run lr.yaml --set epochs=3"
    assert facts["versions"] == "hpexp 0.1.0, Python 3.11.7, keras 3.12.0"
    assert facts["commit"] == "abc123 with changes that are not committed"
    assert facts["machine"] == "Linux-6.1, 2 cores"
    assert facts["folder"] == str(folder.folder)
    assert text.endswith("log.txt, its last 20 lines \n" + "".join(f"  line {n}\n" for n in range(10, 30)))


def test_the_page_draws_losses_and_accuracies(logs: Path, runs: list[Run]) -> None:
    narrow, wide = shown(logs, runs[0].id, 80), shown(logs, runs[0].id, 140)
    assert [line for line in narrow.splitlines() if line in ("loss", "accuracy")] == ["loss", "accuracy"]
    assert any(line.split() == ["loss", "accuracy"] for line in wide.splitlines())
    for text, width in ((narrow, 80), (wide, 140)):
        curves = [line for line in text.splitlines() if "│" in line or "┤" in line]
        assert max(map(len, curves)) <= width
        assert "train 0.3333" in text
        assert "validation 0.6667" in text


def test_a_failed_run_shows_its_error_and_traceback_without_a_log(logs: Path, runs: list[Run]) -> None:
    text = shown(logs, runs[2].id)
    assert facts_of(text)["error"] == "ValueError: no"
    assert text.endswith("  Traceback (…)\n    ValueError: no\n")
    assert "┤" not in text


def test_a_run_to_come_has_no_result(logs: Path) -> None:
    facts = facts_of(shown(logs, "other/ffff"))
    assert facts["status"] == "pending"
    assert not {"at epoch", "started", "command", "error"} & set(facts)


def test_a_run_that_the_file_no_longer_asks_for_is_still_found(logs: Path, runs: list[Run]) -> None:
    store_results(LogsFolder(logs), an_experiment("lr"), [(runs[1], None)])
    assert "the last hpexp run of the experiment did not ask for this run" in shown(logs, runs[0].id)


def test_json(logs: Path, runs: list[Run], capsys: pytest.CaptureFixture[str]) -> None:
    with Store.open(LogsFolder(logs)) as store:
        store.begin(an_experiment("lr"), "hpexp run lr.yaml", FACTS)
        store.started("lr", runs[0].id, 1.0)
        nan = {"loss": math.nan, "val_loss": math.inf}
        end = Result(Status.DIVERGED, 1, 0, nan, divergence=Divergence(0, 4, "weight"))
        store.finished("lr", runs[0].id, end)
    print_run(logs, runs[0].id, Console(), as_json=True)
    found = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert (found["id"], found["experiment"], found["status"]) == (runs[0].id, "lr", "diverged")
    assert found["metrics"] == {"loss": None, "val_loss": None}
    assert found["divergence"] == {"epoch": 0, "step": 4, "what": "weight"}
    assert found["axes"] == {"learning_rate": 0.1, "hidden": [8]}
    assert found["folder"] == str(logs / "lr" / runs[0].name)
    assert found["made_by"]["overrides"] == ["epochs=3"]
    assert found["made_by"]["config"] == "name: lr\n"
    assert found["made_by"]["environment"]["git"] == {"commit": "abc123", "dirty": True}
    assert found["curve"] == []
    print_run(logs, runs[1].id, Console(), as_json=True)
    curve = json.loads(capsys.readouterr().out)["curve"]
    assert [row["epoch"] for row in curve] == [0, 1, 2]
    assert curve[1]["val_loss"] == 0.5


def drawn(curves: dict[str, list[float]]) -> list[str]:
    return [line.plain.rstrip() for line in plot("loss", curves, 40, 4)]


def test_a_straight_fall_is_a_straight_line() -> None:
    assert drawn({"train": [4.0, 3.0, 2.0, 1.0]}) == [
        "loss",
        "4.0000 ┤⠉⠒⠤⢄⡀",
        "       │    ⠈⠑⠒⠤⣀",
        "       │         ⠉⠒⠤⢄⡀",
        "1.0000 ┤             ⠈⠉⠒⠤⣀ train 1.0000",
        "       └0                3 epoch",
    ]


def test_labels_stand_apart_where_curves_end_together() -> None:
    assert drawn({"train": [2.0, 1.0], "validation": [2.0, 1.0]})[3:5] == [
        "       │      ⠈⠑⠤⣀    train 1.0000",
        "1.0000 ┤          ⠑⠢⢄ validation 1.0000",
    ]


def test_a_plot_over_many_orders_is_logarithmic() -> None:
    powers = [10.0**-power for power in range(5)]
    assert drawn({"train": powers}) == [
        "loss (log)",
        "  1.0000 ┤⠑⠢⢄⡀",
        "         │   ⠈⠒⠤⣀",
        "         │       ⠉⠢⠤⡀",
        "1.00e-04 ┤          ⠈⠑⠢⢄ train 1.00e-04",
        "         └0            4 epoch",
    ]
    assert drawn({"train": [0.0, *powers]})[0] == "loss"


@pytest.mark.parametrize(
    "values",
    [
        [math.nan, math.inf],
        [],
        [0.5],
        [0.5, 0.5, 0.5],
        [1.0, math.nan, 2.0, math.inf],
        [-1.7e308, 1.7e308],
        [0.0, 1e-320],
        [float(epoch) for epoch in range(1000)],
    ],
    ids=["no finite value", "none", "one", "flat", "gaps", "huge", "tiny", "many"],
)
@pytest.mark.parametrize("width", [10, 40])
def test_any_values_can_be_drawn(values: list[float], width: int) -> None:
    lines = plot("loss", {"train": values, "validation": values}, width)
    assert lines[0].plain.startswith("loss")
    if any(map(math.isfinite, values)):
        assert len(lines) == 10
        assert any(0x2800 < ord(letter) < 0x2900 for line in lines for letter in line.plain)
    else:
        assert lines[1].plain == "no finite value"
    if width == 40:
        assert max(line.cell_len for line in lines) <= width


def test_the_baseline_stands_beside_the_metrics(
    logs: Path, runs: list[Run], capsys: pytest.CaptureFixture[str]
) -> None:
    with Store.open(LogsFolder(logs)) as store:
        store.found("lr", 0, a_data_summary(0.6))
    facts = facts_of(shown(logs, runs[0].id))
    assert facts["baseline"] == "   val_accuracy 0.6000"
    assert facts["data"] == "classification, 2 classes: no 120, yes 80"
    assert "baseline" not in facts_of(shown(logs, runs[2].id))
    print_run(logs, runs[0].id, Console(), as_json=True)
    data = json.loads(capsys.readouterr().out)["data"]
    assert data["baselines"] == {"val_accuracy": {"value": 0.6, "how": "the majority class, no"}}
