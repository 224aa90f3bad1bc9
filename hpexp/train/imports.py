"""Own Python code of an experiment: `module:function`, looked for next to the experiment file.

While a folder's code may run, what that code imports is looked for in the folder first: also by an
import inside a function, long after the module was loaded. Imports of installed packages
are not: a file `queue.py` of an experiment is no part of TensorFlow.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from hpexp.errors import HpexpError
from hpexp.sources import hash_of, is_own
from hpexp.train import settings, traces
from hpexp.train.seeds import seed_generators


def import_function(source: str, folder: str) -> Callable[..., Any]:
    """The function that `module:function` names, of the module in `folder` where there is one.

    The generators of random numbers are seeded before a module is loaded; what it sets of
    Keras's settings holds again whenever one of its functions is asked for.
    """
    name, _, attribute = source.partition(":")
    with beside(folder) as code:
        module = code.module(name)
    function = getattr(module, attribute, None)
    if not callable(function):
        raise HpexpError(f"module {name} has no function {attribute}")
    return function


@contextmanager
def beside(folder: str, planned: Mapping[str, str] | None = None) -> Iterator[OwnCode]:
    """Inside, the code of this folder may run. Folders take turns: each has modules of its own.

    `planned` are files and their `hash_of`: loading another text of them is an HpexpError.
    """
    global _current
    if _current is not None and _current.folder == folder:
        yield _current
        return
    outer, _current = _current, _known.setdefault(folder, OwnCode(folder))
    _current.planned = planned or {}
    if outer is not None:
        outer.leave()
    _current.enter()
    try:
        yield _current
    finally:
        _current.leave()
        _current = outer
        if outer is not None:
            outer.enter()


class OwnCode:
    """The modules that the own code of one folder has loaded; also the finder of those it loads next."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.planned: Mapping[str, str] = {}
        self._modules: dict[str, ModuleType] = {}
        self._hidden: dict[str, ModuleType] = {}
        """Others of the same names, while this code runs."""
        self._asked: set[str] = set()
        """What own code has imported, packages without what is in them."""
        self._settings: dict[str, dict[str, Any]] = {}
        """By module: what loading it has set."""

    def enter(self) -> None:
        importlib.invalidate_caches()
        for name, module in self._modules.items():
            self._put(name, module)
        sys.meta_path.insert(0, self)

    def leave(self) -> None:
        sys.meta_path.remove(self)
        for name, module in list(sys.modules.items()):
            if name.partition(".")[0] in self._asked and is_own(_file(module), self.folder):
                self._modules[name] = sys.modules.pop(name)
        sys.modules.update(self._hidden)
        self._hidden.clear()

    def module(self, name: str) -> ModuleType:
        """The module, loaded where it is not yet."""
        top = name.partition(".")[0]
        spec = self._in_folder(top)
        if spec is not None and top not in self._modules and not _is_of(sys.modules.get(top), spec):
            for each in [each for each in sys.modules if each.partition(".")[0] == top]:
                self._hidden[each] = sys.modules.pop(each)
        self._asked.add(top)
        if name in self._settings:
            settings.apply(self._settings[name])
            return importlib.import_module(name)
        before = settings.current()
        seed_generators(0)
        module = importlib.import_module(name)
        self._settings[name] = settings.changes(before)
        traces.accept()
        settings.apply(self._settings[name])
        return module

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Python's question: where is this module? Answered for modules that own code imports."""
        top = fullname.partition(".")[0]
        if path is not None:
            spec = PathFinder.find_spec(fullname, path) if top in self._asked else None
            return self._from_source(spec) if spec and is_own(spec.origin, self.folder) else None
        if not (top in self._asked or is_own(_importer(), self.folder)):
            return None
        self._asked.add(top)
        spec = self._in_folder(top) or PathFinder.find_spec(top)
        return self._from_source(spec) if spec and is_own(spec.origin, self.folder) else self._in_folder(top)

    def _from_source(self, spec: ModuleSpec) -> ModuleSpec:
        if type(spec.loader) is SourceFileLoader:
            spec.loader = _SourceLoader(spec.loader.name, spec.loader.path, self.planned)
        return spec

    def _in_folder(self, top: str) -> ModuleSpec | None:
        spec = PathFinder.find_spec(top, [self.folder]) if self.folder else None
        if spec is not None and spec.origin is None and PathFinder.find_spec(top) is not None:
            # A folder without an __init__.py comes last, as everywhere in Python.
            return None
        return spec

    def _put(self, name: str, module: ModuleType) -> None:
        other = sys.modules.get(name)
        if other is not None and other is not module:
            self._hidden[name] = other
        sys.modules[name] = module


_known: dict[str, OwnCode] = {}
_current: OwnCode | None = None


class _SourceLoader(SourceFileLoader):
    """Reads the source each time: compiled files are told apart by seconds, and a run's id by the text."""

    def __init__(self, name: str, path: str, planned: Mapping[str, str]) -> None:
        super().__init__(name, path)
        self._planned = planned

    def path_stats(self, path: Any) -> Any:
        raise OSError

    def get_data(self, path: str) -> bytes:
        text = super().get_data(path)
        if self._planned.get(path, hash_of(text)) != hash_of(text):
            raise HpexpError(f"{path} has changed since the runs were planned", hint="give the command again")
        return text


def _file(module: ModuleType | None) -> str | None:
    """Where a module lies: its file, or the first folder of a package that has none."""
    found = getattr(module, "__file__", None)
    return str(found) if found else next((str(each) for each in getattr(module, "__path__", ())), None)


def _is_of(module: ModuleType | None, spec: ModuleSpec) -> bool:
    file = _file(module)
    return module is None or (None not in (file, spec.origin) and Path(str(file)) == Path(str(spec.origin)))


def _importer() -> str | None:
    """The file of the code that is importing now."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if name not in (__file__, importlib.__file__) and not name.startswith("<frozen importlib"):
            return name
        frame = frame.f_back
    return None
