"""What a clean deletes, decided from pictures of log folders."""

from __future__ import annotations

from pathlib import Path, PurePath

import pytest

from hpexp.clean.doomed import Choice, Known, doomed
from hpexp.clean.names import may_be_run
from hpexp.clean.tree import Tree
from hpexp.events.file import EventFile, file_name, write_file
from hpexp.model import Status
from hpexp.paths import EXPERIMENT_EVENTS, RUN_EVENTS
from hpexp.plan.naming import Names

EVENTS = file_name(1e9)
CONFIG = file_name(1e9, "0123456789ab")
RUN = "learning_rate=0.1,seed=0-abcdef"


def run_tree(**more: int) -> Tree:
    parts = {"train": Tree({EVENTS: 10}), "validation": Tree({EVENTS: 5})}
    return Tree({"log.txt": 1, "model.keras": 100, **more}, parts)


def logs_tree(run: Tree, *, internal: Tree | None = None, wal: int = 0) -> Tree:
    """A log folder with one run of experiment `lr`."""
    folders = {"lr": Tree({CONFIG: 7}, {RUN: run})}
    if internal:
        folders[".hpexp"] = internal
    return Tree({"runs.db": 1000, **({"runs.db-wal": wal} if wal else {})}, folders)


def known(
    name: str = RUN, status: Status = Status.DONE, ended: float | None = 50.0, run_id: str = "1"
) -> Known:
    return Known("lr", run_id, name, status, ended)


def paths(texts: list[str]) -> list[PurePath]:
    return [PurePath(text) for text in texts]


def test_everything_of_hpexps_goes_the_database_first_and_the_lock_last() -> None:
    internal = Tree({"lock": 3, "zzz": 1}, {"workers": Tree({"1.log": 2})})
    found = doomed(logs_tree(run_tree(), internal=internal, wal=4), [known()], Choice())
    assert found.files[:2] == (PurePath("runs.db"), PurePath("runs.db-wal"))
    assert found.files[-1] == PurePath(".hpexp/lock")
    assert set(found.files[2:-1]) == set(
        paths(
            [
                f"lr/{RUN}/train/{EVENTS}",
                f"lr/{RUN}/validation/{EVENTS}",
                f"lr/{RUN}/log.txt",
                f"lr/{RUN}/model.keras",
                f"lr/{CONFIG}",
                ".hpexp/zzz",
                ".hpexp/workers/1.log",
            ]
        )
    )
    assert found.folders == tuple(
        paths([f"lr/{RUN}/train", f"lr/{RUN}/validation", f"lr/{RUN}", "lr", ".hpexp/workers", ".hpexp"])
    )
    assert found.size == 1000 + 4 + 10 + 5 + 1 + 100 + 7 + 3 + 1 + 2
    assert found.runs == (("lr", RUN),)
    assert found.kept == ()


def test_foreign_files_in_a_stored_run_stay() -> None:
    run = Tree(
        {"log.txt": 1, "notes.md": 5},
        {"train": Tree({EVENTS: 10, "events.out.tfevents.1600000000.host.77.0.v2": 9}, {}, ("link",))},
        ("plots",),
    )
    found = doomed(logs_tree(run), [known()], Choice())
    assert PurePath(f"lr/{RUN}/log.txt") in found.files
    assert set(found.kept) == set(
        paths(
            [
                f"lr/{RUN}/notes.md",
                f"lr/{RUN}/plots",
                f"lr/{RUN}/train/link",
                f"lr/{RUN}/train/events.out.tfevents.1600000000.host.77.0.v2",
            ]
        )
    )
    assert not set(found.kept) & set(found.files)


@pytest.mark.parametrize(
    "foreign",
    [
        Tree({"log.txt": 1, "notes.md": 5}, {"train": Tree({EVENTS: 10})}),
        Tree({}, {"train": Tree({"events.out.tfevents.1600000000.host.77.0.v2": 10})}),
        Tree({}, {"train": Tree({EVENTS: 10}, {}, ("link",))}),
        Tree({}, {}, ("checkpoints",)),
    ],
    ids=["another file", "TensorFlow's events", "a link", "another folder"],
)
def test_without_a_row_a_folder_goes_only_when_it_holds_nothing_else(foreign: Tree) -> None:
    tree = Tree({}, {"mine": Tree({"events.out.tfevents.1": 3}, {RUN: foreign})})
    assert not doomed(tree, [], Choice())


def test_without_a_store_runs_are_known_by_their_shape() -> None:
    found = doomed(Tree({}, {"lr": Tree({CONFIG: 7, "mine.txt": 1}, {RUN: run_tree()})}), [], Choice())
    assert found.runs == (("lr", RUN),)
    assert PurePath(f"lr/{CONFIG}") in found.files
    assert found.kept == (PurePath("lr/mine.txt"),)


def test_files_of_others_in_the_log_folder_are_none_of_our_business() -> None:
    tree = Tree(
        {".gitkeep": 0, "events.out.tfevents.1600000000.host.77.0.v2": 3}, {"keras": Tree({"x": 1})}, ("a",)
    )
    assert not doomed(tree, [], Choice())


def test_one_experiment_alone() -> None:
    internal = Tree(
        {"lock": 3},
        {
            "checkpoints": Tree({}, {"1": Tree({"state": 50}), "2": Tree({"state": 60})}),
            "hparams": Tree({"lr.json": 5, "opt.json": 6}),
        },
    )
    tree = logs_tree(run_tree(), internal=internal)
    tree.folders["opt"] = Tree({}, {RUN: run_tree()})
    other = Known("opt", "2", RUN, Status.DONE, 1.0)
    found = doomed(tree, [known(), other], Choice("lr"))
    assert found.rows == (known(),)
    assert found.runs == (("lr", RUN),)
    assert PurePath(".hpexp/checkpoints/1/state") in found.files
    assert PurePath(".hpexp/hparams/lr.json") in found.files
    assert {path.parts[0] for path in found.files} == {"lr", ".hpexp"}
    assert not [path for path in found.files if "2" in path.parts or path.name in ("opt.json", "lock")]


@pytest.mark.parametrize(
    ("choice", "picked"),
    [
        (Choice(statuses=frozenset({Status.FAILED})), ["b"]),
        (Choice(statuses=frozenset({Status.FAILED, Status.DIVERGED})), ["b", "c"]),
        (Choice(before=60.0), ["a"]),
        (Choice(before=1e9), ["a", "b", "c"]),
        (Choice(before=1e9, statuses=frozenset({Status.PENDING})), []),
        (Choice("opt", before=1e9), []),
    ],
)
def test_runs_by_status_and_age(choice: Choice, picked: list[str]) -> None:
    rows = [
        known("x=1,seed=0-aaaaaa", Status.DONE, 50.0, "a"),
        known("x=1,seed=0-bbbbbb", Status.FAILED, 100.0, "b"),
        known("x=1,seed=0-cccccc", Status.DIVERGED, 200.0, "c"),
        known("x=1,seed=0-dddddd", Status.PENDING, None, "d"),
    ]
    folders = {row.name: run_tree() for row in rows} | {"x=1,seed=0-eeeeee": run_tree()}
    found = doomed(Tree({"runs.db": 1}, {"lr": Tree({CONFIG: 1}, folders)}), rows, choice)
    assert [row.id for row in found.rows] == picked
    assert [name[-1] for _, name in found.runs] == picked
    assert len(found.files) == 4 * len(picked), "no table of columns, no database, no run without a row"
    assert PurePath("lr") not in found.folders


def test_a_row_without_a_folder_is_a_run_all_the_same() -> None:
    found = doomed(Tree(), [known()], Choice("lr"))
    assert found
    assert found.runs == (("lr", RUN),)
    assert found.files == ()


def test_names_are_those_that_hpexp_gives(tmp_path: Path) -> None:
    """The patterns know what the other modules write, and little else."""
    assert RUN_EVENTS.fullmatch(file_name(1.8e9))
    file = EventFile(tmp_path, 1.8e9)
    file.flush()
    assert all(RUN_EVENTS.fullmatch(path.name) for path in tmp_path.iterdir())
    assert EXPERIMENT_EVENTS.fullmatch(write_file(tmp_path, [], "0123456789ab").name)
    assert EXPERIMENT_EVENTS.fullmatch(".writing-123")
    assert not EXPERIMENT_EVENTS.fullmatch(EVENTS)
    names = Names()
    for point in ("", "learning_rate=0.1", "x=" + "y" * 300):
        for run_id in ("0123456789ab", "012345aaaaaa"):
            assert may_be_run({}, "lr", names.name(point, 7, run_id))
    assert may_be_run({"lr": {"stored"}}, "lr", "stored")
    for other in ("stored", "run-240131", "seed=0", "a=1-abcdeg", "a=1-abcdef0", "=1-abcdef"):
        assert not may_be_run({"opt": {"stored"}}, "lr", other)
