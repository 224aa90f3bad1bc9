"""What `hpexp clean` deletes, decided from a picture of the log folder and the store. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePath

from hpexp.clean.names import holds_only_a_run
from hpexp.clean.tree import Tree
from hpexp.model import Status
from hpexp.paths import DATABASE_FILES, EXPERIMENT_EVENTS, INTERNAL, RUN_EVENTS, RUN_FILES


@dataclass(frozen=True, slots=True)
class Choice:
    """Which runs. `before` (seconds since the Unix epoch) takes those that ended before it."""

    experiment: str | None = None
    statuses: frozenset[Status] = frozenset()
    before: float | None = None

    @property
    def by_row(self) -> bool:
        """Whether single runs are picked by what the store says of them."""
        return bool(self.statuses) or self.before is not None


@dataclass(frozen=True, slots=True)
class Known:
    """A run in the store. `ended` is in seconds since the Unix epoch, None before it started."""

    experiment: str
    id: str
    name: str
    status: Status
    ended: float | None


@dataclass(frozen=True, slots=True)
class Doomed:
    """What to delete. Paths are relative to the log folder.

    `files` come in the order in which to delete them; `folders`, deepest first, are removed
    where nothing is left in them. `kept` is what lies between and is not hpexp's.
    """

    runs: tuple[tuple[str, str], ...] = ()
    """Experiment and folder name of each run, stored or not."""
    rows: tuple[Known, ...] = ()
    files: tuple[PurePath, ...] = ()
    folders: tuple[PurePath, ...] = ()
    size: int = 0
    kept: tuple[PurePath, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.rows or self.files or self.folders)


def run_folders(known: Iterable[Known]) -> dict[str, set[str]]:
    """The names of stored runs' folders, by experiment."""
    names: dict[str, set[str]] = {}
    for run in known:
        names.setdefault(run.experiment, set()).add(run.name)
    return names


def doomed(tree: Tree, known: Iterable[Known], choice: Choice) -> Doomed:
    """What to delete of `tree`, a picture of the log folder."""
    rows = tuple(run for run in known if _chosen(run, choice))
    stored = run_folders(rows)
    basket = _Basket()
    for experiment, folder in tree.folders.items():
        if experiment != INTERNAL and choice.experiment in (None, experiment):
            _take_experiment(basket, experiment, folder, stored.get(experiment, set()), choice)
    if choice.experiment is None and not choice.by_row:
        _take_root(basket, tree)
    else:
        _take_notes(basket, tree.folders.get(INTERNAL, Tree()), rows, choice)
    names = dict.fromkeys([*((run.experiment, run.name) for run in rows), *basket.runs])
    return Doomed(
        tuple(names), rows, tuple(basket.files), tuple(basket.folders), basket.size, tuple(basket.kept)
    )


def _chosen(run: Known, choice: Choice) -> bool:
    return (
        choice.experiment in (None, run.experiment)
        and (not choice.statuses or run.status in choice.statuses)
        and (choice.before is None or (run.ended is not None and run.ended < choice.before))
    )


class _Basket:
    """Collects files, folders and bytes."""

    def __init__(self) -> None:
        self.runs: list[tuple[str, str]] = []
        self.files: list[PurePath] = []
        self.folders: list[PurePath] = []
        self.kept: list[PurePath] = []
        self.size = 0

    def take(self, where: PurePath, tree: Tree, names: Iterable[str]) -> None:
        """These files of one folder."""
        for name in names:
            self.files.append(where / name)
            self.size += tree.files[name]

    def take_all(self, where: PurePath, tree: Tree) -> None:
        """A folder with all its files. Links in it stay."""
        self.take(where, tree, tree.files)
        for name, inside in tree.folders.items():
            self.take_all(where / name, inside)
        self.folders.append(where)

    def keep(self, where: PurePath, names: Iterable[str]) -> None:
        self.kept += [where / name for name in names]


def _take_experiment(basket: _Basket, experiment: str, tree: Tree, stored: set[str], choice: Choice) -> None:
    where = PurePath(experiment)
    kept: list[str] = list(tree.others)
    found = False
    for name, folder in tree.folders.items():
        if name in stored or (not choice.by_row and holds_only_a_run(folder)):
            _take_run(basket, where / name, folder)
            basket.runs.append((experiment, name))
            found = True
        else:
            kept.append(name)
    own = [name for name in tree.files if EXPERIMENT_EVENTS.fullmatch(name)]
    if choice.by_row or not (found or stored or own):
        return
    basket.take(where, tree, own)
    basket.folders.append(where)
    basket.keep(where, [*kept, *(name for name in tree.files if name not in own)])


def _take_run(basket: _Basket, where: PurePath, tree: Tree) -> None:
    for name, part in tree.folders.items():
        own = [file for file in part.files if RUN_EVENTS.fullmatch(file)]
        basket.take(where / name, part, own)
        basket.folders.append(where / name)
        basket.keep(where / name, _left(part, own))
    own = [name for name in tree.files if name in RUN_FILES]
    basket.take(where, tree, own)
    basket.folders.append(where)
    basket.keep(where, _left(tree, own, looked_into=True))


def _take_root(basket: _Basket, tree: Tree) -> None:
    # The database goes before the logs it tells of, the lock last: a clean that is cut
    # short leaves folders that the next one knows by their shape, and no row without logs.
    database = [name for name in DATABASE_FILES if name in tree.files]
    basket.files[:0] = [PurePath(name) for name in database]
    basket.size += sum(tree.files[name] for name in database)
    if INTERNAL in tree.folders:
        basket.take_all(PurePath(INTERNAL), tree.folders[INTERNAL])
        lock = PurePath(INTERNAL, "lock")
        basket.files.sort(key=lambda path: path == lock)


def _take_notes(basket: _Basket, internal: Tree, rows: Iterable[Known], choice: Choice) -> None:
    """What hpexp's own folder holds of these runs: checkpoints, the experiment's table columns."""
    checkpoints = internal.folders.get("checkpoints", Tree())
    for run in rows:
        if run.id in checkpoints.folders:
            basket.take_all(PurePath(INTERNAL, "checkpoints", run.id), checkpoints.folders[run.id])
    hparams = internal.folders.get("hparams", Tree())
    if not choice.by_row and f"{choice.experiment}.json" in hparams.files:
        basket.take(PurePath(INTERNAL, "hparams"), hparams, [f"{choice.experiment}.json"])


def _left(tree: Tree, own: list[str], *, looked_into: bool = False) -> Iterator[str]:
    yield from (name for name in tree.files if name not in own)
    yield from tree.others
    if not looked_into:
        yield from tree.folders
