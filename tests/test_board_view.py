from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from hpexp.board.view import drop_dead_links, is_view_of, make_view, remove_views, views_of
from hpexp.errors import BoardError
from hpexp.paths import LogsFolder

pytestmark = pytest.mark.usefixtures("private_tmp")


@pytest.fixture
def logs(tmp_path: Path) -> LogsFolder:
    for experiment in ("lr", "opt"):
        for seed in range(2):
            (tmp_path / "logs" / experiment / f"seed={seed}-abcdef").mkdir(parents=True)
        (tmp_path / "logs" / experiment / "events.out.tfevents.1").touch()
    return LogsFolder(tmp_path / "logs")


def run(logs: LogsFolder, experiment: str, seed: int) -> Path:
    return logs.run(experiment, f"seed={seed}-abcdef").folder


def inside(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.glob("*/*"))


def test_a_view_links_the_runs_and_the_columns_of_their_table(logs: LogsFolder) -> None:
    view = make_view(logs, None, [run(logs, "lr", 1), run(logs, "opt", 0)])
    assert inside(view) == [
        "lr/events.out.tfevents.1",
        "lr/seed=1-abcdef",
        "opt/events.out.tfevents.1",
        "opt/seed=0-abcdef",
    ]
    assert (view / "lr" / "seed=1-abcdef").resolve() == run(logs, "lr", 1).resolve()
    assert not view.is_relative_to(logs.root), "a board on all logs would show the runs twice"


def test_making_it_again_makes_it_hold_exactly_the_new_runs(logs: LogsFolder) -> None:
    first = make_view(logs, "lr", [run(logs, "lr", 0)])
    assert make_view(logs, "lr", [run(logs, "lr", 1)]) == first
    assert inside(first) == ["lr/events.out.tfevents.1", "lr/seed=1-abcdef"]


def test_views_are_known_by_their_logs_and_experiment(logs: LogsFolder, tmp_path: Path) -> None:
    of_all = make_view(logs, None, [run(logs, "lr", 0)])
    of_one = make_view(logs, "lr", [run(logs, "lr", 0)])
    other = LogsFolder(tmp_path / "elsewhere")
    assert is_view_of(of_all, logs)
    assert is_view_of(of_one, logs)
    assert is_view_of(of_one, logs, "lr")
    assert not is_view_of(of_all, logs, "lr")
    assert not is_view_of(of_one, logs, "opt")
    assert not is_view_of(of_all, other)


def test_a_link_to_the_logs_has_the_same_views(logs: LogsFolder, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(logs.root)
    assert views_of(LogsFolder(tmp_path / "link")) == views_of(logs)


def test_dropping_dead_links_keeps_the_living(logs: LogsFolder) -> None:
    view = make_view(logs, None, [run(logs, "lr", 0), run(logs, "lr", 1), run(logs, "opt", 0)])
    run(logs, "lr", 0).rmdir()
    shutil.rmtree(logs.experiment("opt"))
    drop_dead_links(logs)
    assert inside(view) == ["lr/events.out.tfevents.1", "lr/seed=1-abcdef"]
    assert not (view / "opt").exists()


def test_removing_views_touches_no_log_and_no_foreign_file(logs: LogsFolder) -> None:
    view = make_view(logs, None, [run(logs, "lr", 0)])
    one = make_view(logs, "lr", [run(logs, "lr", 0)])
    (view / "notes.txt").write_text("mine")
    remove_views(logs, "lr")
    assert not one.exists()
    assert inside(view)
    remove_views(logs)
    assert [path.name for path in view.iterdir()] == ["notes.txt"]
    assert run(logs, "lr", 0).is_dir()
    remove_views(LogsFolder(logs.root / "never"))


def test_a_view_folder_of_somebody_else_is_refused(logs: LogsFolder, private_tmp: Path) -> None:
    (private_tmp / "precious").mkdir()
    (private_tmp / f"hpexp-views-{os.getuid()}").symlink_to(private_tmp / "precious")
    with pytest.raises(BoardError, match="belongs to somebody else"):
        make_view(logs, None, [run(logs, "lr", 0)])
    assert not list((private_tmp / "precious").iterdir())
