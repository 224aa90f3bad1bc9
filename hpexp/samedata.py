"""Whether all runs of an experiment are trained on the same data.

What a data function gives is known once a worker has run it. The first data that are loaded are
the experiment's: runs that were done on others are trained anew, a job that gets others fails.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from hpexp.messages import DataFound, Finished, Message
from hpexp.model import Plan, Result, Status
from hpexp.paths import LogsFolder
from hpexp.reads import has_changed
from hpexp.store import Store
from hpexp.text import counted

_OTHER_DATA = (
    "{source} gave other data here than to the other runs of the experiment, which could not be compared; "
    "seed its own generators, as in numpy.random.default_rng(0)"
)
_FILE_CHANGED = "{source} was read again after it had changed; give the command again when it stays as it is"


def changed_files(store: Store, plan: Plan) -> list[str]:
    """What was read for the data of runs that are done and is other now, as far as that can be seen."""
    name = plan.experiment.name
    known = store.fingerprints(name)
    read = store.reads(name, {known[run.id] for run in plan.runs if run.id in known})
    return list(dict.fromkeys(file.path for file in read if has_changed(file)))


def files_note(plan: Plan, logs: Path) -> str:
    """What `hpexp plan` says where `hpexp run` will load the data again, '' where it will not."""
    store = Store.read(LogsFolder(logs))
    if store is None:
        return ""
    with store:
        changed = changed_files(store, plan)
    return f"{changed[0]} has changed: run will load the data again" if changed else ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What follows from data that were loaded: runs to train anew and why, or why their job is refused."""

    anew: frozenset[str] = frozenset()
    why: str = ""
    refused: str = ""


class SameData:
    """Compares the data of one experiment's jobs, and with those that its done runs were trained on."""

    def __init__(self, plan: Plan, todo: Collection[str], store: Store) -> None:
        self._plan = plan
        self._store = store
        self._repeats = {run.id: run.repeat for run in plan.runs}
        known = store.fingerprints(plan.experiment.name)
        self._before: Mapping[str, str] = {
            run.id: known[run.id] for run in plan.runs if run.id not in todo and known.get(run.id)
        }
        """Of the runs that are done."""
        self._now: dict[int, str] = {}
        """By the repeat of the split."""
        self._refused: set[str] = set()

    @property
    def loaded(self) -> bool:
        """Whether any data have been seen."""
        return bool(self._now)

    def is_refused(self, message: Message) -> bool:
        """Whether it is of a run that has failed because its data are others."""
        return message.run_id in self._refused

    def see(self, message: DataFound) -> Seen:
        """Take note of what a job has loaded."""
        repeat = self._repeats.get(message.run_id, 0)
        first = repeat not in self._now
        expected = self._now.setdefault(repeat, message.fingerprint)
        if message.fingerprint != expected:
            return Seen(refused=self._other())
        if not first:
            return Seen()
        before = {each for run_id, each in self._before.items() if self._repeats[run_id] == repeat}
        # Where one drawing of the split is of the same data, all are.
        same = {*self._before.values()} if before == {message.fingerprint} else set()
        for each in {message.fingerprint, *same}:
            self._store.has_read(self._plan.experiment.name, each, message.files)
        if before <= {message.fingerprint}:
            return Seen()
        anew, self._before = frozenset(self._before), {}
        return Seen(anew, self._words(anew))

    def _words(self, anew: Collection[str]) -> str:
        words = f"the data changed since: {counted(len(anew), 'run')} trained before are trained anew"
        if self._plan.experiment.data.kind == "python":
            words += (
                f" (if they did not, {self._plan.experiment.data.source} draws from generators it must seed)"
            )
        return words

    def refuse(self, ids: Collection[str], why: str) -> list[Message]:
        """How these runs end, which no other message of theirs changes."""
        self._refused |= set(ids)
        ended = [run for run in self._plan.runs if run.id in ids]
        return [Finished(run.id, Result(Status.FAILED, error=why, engine=run.engine)) for run in ended]

    def _other(self) -> str:
        data = self._plan.experiment.data
        why = _OTHER_DATA if data.kind == "python" else _FILE_CHANGED
        return why.format(source=data.source if data.kind == "python" else Path(data.source).name)
