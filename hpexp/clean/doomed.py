"""What `hpexp clean` deletes, decided from a picture of the log folder and the store. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePath

from hpexp.clean.names import RUN_FOLDER, is_note
from hpexp.clean.tree import Tree
from hpexp.events.mark import mark, owned
from hpexp.model import Status
from hpexp.paths import DATABASE_FILES, INTERNAL, RUN_FILES


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

    @property
    def whole(self) -> bool:
        """Whether everything of hpexp's goes."""
        return self.experiment is None and not self.by_row


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


def doomed(tree: Tree, known: Iterable[Known], choice: Choice, *, database: bool = True) -> Doomed:
    """What to delete of `tree`, a picture of the log folder; `database`: whether `runs.db` is hpexp's."""
    known = tuple(known)
    rows = tuple(run for run in known if _chosen(run, choice))
    stored = run_folders(rows)
    basket = _Basket()
    for experiment, folder in tree.folders.items():
        if experiment != INTERNAL and choice.experiment in (None, experiment):
            _take_experiment(basket, experiment, folder, stored.get(experiment, set()), choice)
    if choice.whole:
        experiments = {run.experiment for run in known} | {experiment for experiment, _ in basket.runs}
        _take_root(basket, tree, experiments, database=database)
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

    def take_notes(self, where: PurePath, tree: Tree, folder: str, experiments: set[str]) -> None:
        """What is hpexp's in `.hpexp/FOLDER` and below; the rest is kept."""
        own = [name for name in tree.files if is_note(folder, name, experiments)]
        self.take(where, tree, own)
        for name, inside in tree.folders.items():
            self.take_notes(where / name, inside, f"{folder}/{name}".removeprefix("/"), experiments)
        self.folders.append(where)
        self.keep(where, _left(tree, own, looked_into=True))

    def keep(self, where: PurePath, names: Iterable[str]) -> None:
        self.kept += [where / name for name in names]


def _take_experiment(basket: _Basket, experiment: str, tree: Tree, stored: set[str], choice: Choice) -> None:
    where = PurePath(experiment)
    kept: list[str] = list(tree.others)
    found = False
    for name, folder in tree.folders.items():
        if name in stored or (not choice.by_row and _is_marked(folder, mark(experiment, name))):
            _take_run(basket, where / name, folder, mark(experiment, name), stored=name in stored)
            basket.runs.append((experiment, name))
            found = True
        else:
            kept.append(name)
    if choice.by_row:
        return
    known = found or bool(stored)
    own = [name for name, seen in tree.marks.items() if owned(seen, mark(experiment), stored=known)]
    if known:
        # What a killed hpexp was about to write.
        own += [name for name in tree.marks if name.startswith(".") and name not in own]
    if not (known or own):
        basket.keep(where, (name for name in kept if RUN_FOLDER.fullmatch(name)))
        return
    basket.take(where, tree, own)
    basket.folders.append(where)
    basket.keep(where, [*kept, *(name for name in tree.files if name not in own)])


def _is_marked(run: Tree, expected: str) -> bool:
    return any(found == expected for part in run.folders.values() for found in part.marks.values())


def _take_run(basket: _Basket, where: PurePath, tree: Tree, expected: str, *, stored: bool) -> None:
    # Event files go last: by their marks the next clean finds what one that is cut short has left.
    own = [name for name in tree.files if name in RUN_FILES]
    basket.take(where, tree, own)
    for name, part in tree.folders.items():
        events = [file for file, found in part.marks.items() if owned(found, expected, stored=stored)]
        basket.take(where / name, part, events)
        basket.folders.append(where / name)
        basket.keep(where / name, _left(part, events))
    basket.folders.append(where)
    basket.keep(where, _left(tree, own, looked_into=True))


def _take_root(basket: _Basket, tree: Tree, experiments: set[str], *, database: bool) -> None:
    # The database goes before the logs it tells of, the lock last: a clean that is cut
    # short leaves folders that the next one knows by their marks, and no row without logs.
    files = [name for name in DATABASE_FILES if name in tree.files]
    others = [name for name in DATABASE_FILES if name in tree.others or name in tree.folders]
    if database:
        basket.files[:0] = [PurePath(name) for name in files]
        basket.size += sum(tree.files[name] for name in files)
        basket.keep(PurePath(), others)
    else:
        basket.keep(PurePath(), [*files, *others])
    if INTERNAL in tree.folders:
        basket.take_notes(PurePath(INTERNAL), tree.folders[INTERNAL], "", experiments)
        lock = PurePath(INTERNAL, "lock")
        basket.files.sort(key=lambda path: path == lock)


def _take_notes(basket: _Basket, internal: Tree, rows: Iterable[Known], choice: Choice) -> None:
    """What hpexp's own folder holds of these runs: checkpoints, the experiment's table columns."""
    checkpoints = internal.folders.get("checkpoints", Tree())
    for run in rows:
        if run.id in checkpoints.folders:
            where = PurePath(INTERNAL, "checkpoints", run.id)
            basket.take_notes(where, checkpoints.folders[run.id], f"checkpoints/{run.id}", set())
    hparams = internal.folders.get("hparams", Tree())
    if not choice.by_row and f"{choice.experiment}.json" in hparams.files:
        basket.take(PurePath(INTERNAL, "hparams"), hparams, [f"{choice.experiment}.json"])


def _left(tree: Tree, own: list[str], *, looked_into: bool = False) -> Iterator[str]:
    yield from (name for name in tree.files if name not in own)
    yield from tree.others
    if not looked_into:
        yield from tree.folders
