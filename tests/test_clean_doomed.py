"""What a clean deletes, decided from pictures of log folders."""

from __future__ import annotations

import shutil
from pathlib import Path, PurePath

import pytest

from hpexp.clean.doomed import Choice, Known, doomed
from hpexp.clean.names import RUN_FOLDER, runs_finder
from hpexp.clean.tree import Tree
from hpexp.events.file import EventFile, file_name, write_file
from hpexp.events.mark import mark
from hpexp.model import Status
from hpexp.paths import EXPERIMENT_EVENTS, RUN_EVENTS
from hpexp.plan.naming import Names

EVENTS = file_name(1e9)
CONFIG = file_name(1e9, "0123456789ab")
RUN = "learning_rate=0.1,seed=0-abcdef"


MARK = mark("lr", RUN)


def events(size: int, name: str = EVENTS, found: str | None = MARK) -> Tree:
    """A folder of one event file that names `found` as its writer."""
    return Tree({name: size}, marks={name: found})


def run_tree(found: str | None = MARK, **more: int) -> Tree:
    parts = {"train": events(10, found=found), "validation": events(5, found=found)}
    return Tree({"log.txt": 1, "model.keras": 100, **more}, parts)


def logs_tree(run: Tree, *, internal: Tree | None = None, wal: int = 0) -> Tree:
    """A log folder with one run of experiment `lr`."""
    folders = {"lr": Tree({CONFIG: 7}, {RUN: run}, marks={CONFIG: mark("lr")})}
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
    internal = Tree({"lock": 3, "reserve": 1}, {"hparams": Tree({"lr.json": 2})})
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
                ".hpexp/reserve",
                ".hpexp/hparams/lr.json",
            ]
        )
    )
    assert found.folders == tuple(
        paths([f"lr/{RUN}/train", f"lr/{RUN}/validation", f"lr/{RUN}", "lr", ".hpexp/hparams", ".hpexp"])
    )
    assert found.size == 1000 + 4 + 10 + 5 + 1 + 100 + 7 + 3 + 1 + 2
    assert found.runs == (("lr", RUN),)
    assert found.kept == ()


@pytest.mark.parametrize("found", [MARK, ""], ids=["marked", "of before there were marks"])
def test_foreign_files_in_a_stored_run_stay(found: str) -> None:
    theirs = {
        "events.out.tfevents.1600000000.host.77.0.v2": None,
        "events.out.tfevents.1600000000.host.77.0": "tensorboard.summary.writer.event_file_writer",
        "events.out.tfevents.1600000000.host.77.1": mark("lr", "a copy of another run"),
        "events.out.tfevents.1600000000.host.77.2": None,
    }
    train = Tree({EVENTS: 10, **dict.fromkeys(theirs, 9)}, {}, ("link",), {EVENTS: found, **theirs})
    run = Tree({"log.txt": 1, "notes.md": 5}, {"train": train}, ("plots",))
    result = doomed(logs_tree(run), [known()], Choice())
    assert PurePath(f"lr/{RUN}/log.txt") in result.files
    assert PurePath(f"lr/{RUN}/train/{EVENTS}") in result.files
    kept = [f"lr/{RUN}/{name}" for name in ("notes.md", "plots", "train/link")]
    assert set(result.kept) == set(paths([*kept, *(f"lr/{RUN}/train/{name}" for name in theirs)]))
    assert not set(result.kept) & set(result.files)


@pytest.mark.parametrize(
    "found", [None, "", "tensorboard", mark("lr", "x=1,seed=0-abcdef"), mark("opt", RUN)]
)
def test_without_a_row_a_folder_without_its_mark_stays_and_is_told_of(found: str | None) -> None:
    tree = Tree({}, {"lr": Tree({"events.out.tfevents.1": 3}, {RUN: run_tree(found)})})
    result = doomed(tree, [], Choice())
    assert not result
    assert result.kept == (PurePath("lr", RUN),)


def test_without_a_store_runs_are_known_by_their_mark() -> None:
    lr = Tree({CONFIG: 7, "mine.txt": 1}, {RUN: run_tree()}, marks={CONFIG: mark("lr")})
    found = doomed(Tree({}, {"lr": lr}), [], Choice())
    assert found.runs == (("lr", RUN),)
    assert PurePath(f"lr/{CONFIG}") in found.files
    assert found.kept == (PurePath("lr/mine.txt"),)
    events = [path.parent.name for path in found.files if path.name == EVENTS]
    assert found.files.index(PurePath("lr", RUN, "model.keras")) < found.files.index(
        PurePath("lr", RUN, "train", EVENTS)
    ), "what a clean that is cut short leaves is still marked"
    assert events == ["train", "validation"]


def test_a_database_that_is_not_hpexps_stays_with_its_companions() -> None:
    found = doomed(logs_tree(run_tree(), wal=4), [], Choice(), database=False)
    assert found.runs == (("lr", RUN),)
    assert found.kept == (PurePath("runs.db"), PurePath("runs.db-wal"))
    assert not set(found.kept) & set(found.files)


def test_of_hpexps_own_folder_only_what_hpexp_writes_goes() -> None:
    internal = Tree(
        {"lock": 1, "reserve": 1, "runs.db.new": 1, "notes.txt": 1},
        {
            "hparams": Tree(
                {"lr.json": 1, ".lr-123": 1, "mine.json": 1, ".lr-x": 1}, {"deep": Tree({"a": 1})}
            ),
            "checkpoints": Tree(
                {"state.npz": 1},
                {
                    "0123456789ab": Tree({"state.npz": 1, "lane.new": 1, "other.npz": 1}),
                    "mine": Tree({"state.npz": 1}),
                },
            ),
            "sub": Tree({"lock": 1}),
        },
        ("link",),
    )
    found = doomed(logs_tree(run_tree(), internal=internal), [known()], Choice())
    assert {str(path) for path in found.files if path.parts[0] == ".hpexp"} == {
        ".hpexp/lock", ".hpexp/reserve", ".hpexp/runs.db.new", ".hpexp/hparams/lr.json",
        ".hpexp/hparams/.lr-123", ".hpexp/checkpoints/0123456789ab/state.npz",
        ".hpexp/checkpoints/0123456789ab/lane.new",
    }  # fmt: skip
    assert {str(path) for path in found.kept} == {
        ".hpexp/notes.txt", ".hpexp/link", ".hpexp/hparams/mine.json", ".hpexp/hparams/.lr-x",
        ".hpexp/hparams/deep/a", ".hpexp/checkpoints/state.npz",
        ".hpexp/checkpoints/0123456789ab/other.npz", ".hpexp/checkpoints/mine/state.npz", ".hpexp/sub/lock",
    }  # fmt: skip


def test_files_of_others_in_the_log_folder_are_none_of_our_business() -> None:
    tree = Tree(
        {".gitkeep": 0, "events.out.tfevents.1600000000.host.77.0.v2": 3}, {"keras": Tree({"x": 1})}, ("a",)
    )
    assert not doomed(tree, [], Choice())


def test_one_experiment_alone() -> None:
    internal = Tree(
        {"lock": 3},
        {
            "checkpoints": Tree({}, {"1" * 12: Tree({"state.npz": 50}), "2": Tree({"state.npz": 60})}),
            "hparams": Tree({"lr.json": 5, "opt.json": 6}),
        },
    )
    tree = logs_tree(run_tree(), internal=internal)
    tree.folders["opt"] = Tree({}, {RUN: run_tree()})
    other = Known("opt", "2", RUN, Status.DONE, 1.0)
    mine = known(run_id="1" * 12)
    found = doomed(tree, [mine, other], Choice("lr"))
    assert found.rows == (mine,)
    assert found.runs == (("lr", RUN),)
    assert PurePath(f".hpexp/checkpoints/{'1' * 12}/state.npz") in found.files
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
    folders = {
        name: run_tree(mark("lr", name)) for name in [row.name for row in rows] + ["x=1,seed=0-eeeeee"]
    }
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
            assert RUN_FOLDER.fullmatch(names.name(point, 7, run_id))


def test_a_run_is_stored_or_bears_the_mark_of_its_place(tmp_path: Path) -> None:
    for place in ("lr/a/train", "lr/b/validation", "lr/c/other"):
        EventFile(tmp_path / place, 1.8e9).flush()
    shutil.copytree(tmp_path / "lr/a", tmp_path / "backup/a")
    (tmp_path / "lr/d/train").mkdir(parents=True)
    (tmp_path / "lr/d/train" / EVENTS).write_bytes(b"torch")
    (tmp_path / "lr/e").symlink_to(tmp_path / "lr/a")
    (tmp_path / "lr/f").mkdir()
    (tmp_path / "lr/f/train").symlink_to(tmp_path / "lr/a/train")
    is_run = runs_finder(tmp_path, {"lr": {"stored"}})
    found = [name for name in ("a", "b", "c", "d", "e", "f", "stored", "nowhere") if is_run("lr", name)]
    assert found == ["a", "b", "stored"]
    assert not is_run("backup", "a")
    assert not is_run("opt", "stored")
