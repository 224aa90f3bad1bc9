"""Own code without running it: the modules that a module imports, wherever they lie, and their text.

Own is what lies in the experiment file's folder, and what lies outside the standard library,
the installed packages and hpexp itself: on PYTHONPATH, or in a project installed as editable.
"""

from __future__ import annotations

import ast
import re
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from importlib import invalidate_caches, metadata
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

_INSTALLED = frozenset(("site-packages", "dist-packages"))
_NOT_OWN = (*(Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")), Path(__file__).parent)


@dataclass(frozen=True, slots=True)
class OwnCode:
    """What a module and all it imports come to.

    `files` are the own modules' files, by what they are called in `digest`, which is a hash
    of them and of the other packages' versions; '' where there is no such module. `text` is
    the module's own, '' where it is not own code.
    """

    digest: str
    text: str
    files: Mapping[str, Path] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)
    """`hash_of` each file's text, by its path."""
    packages: Mapping[str, str] = field(default_factory=dict)
    """Installed distributions that are imported and their versions, but those that hpexp needs itself."""


def is_own(path: str | None, folder: str) -> bool:
    """Whether a file is own code of an experiment whose file lies in `folder`."""
    if not path or not path.startswith("/"):
        return False
    file = Path(path)
    inside = bool(folder) and file.is_relative_to(folder)
    # A virtual environment often lies in the folder, and the folder may lie in one.
    if _INSTALLED.intersection(file.relative_to(folder).parts if inside else file.parts):
        return False
    return not any(
        file.is_relative_to(base) and not (inside and Path(folder).is_relative_to(base)) for base in _NOT_OWN
    )


def read_own_code(module: str, folder: str) -> OwnCode:
    """Follow the imports from a module next to the experiment file, or anywhere on Python's path.

    Imports inside functions count, and `importlib.import_module("name")`. Nothing is run; what
    cannot be read or parsed is left out.
    """
    invalidate_caches()
    files: dict[str, Path] = {}
    texts: dict[str, bytes] = {}
    packages: dict[str, str] = {}
    finder = _Finder(folder)
    waiting, seen = [module], {""}
    main = ""
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        # Importing a.b runs a first.
        waiting.append(name.rpartition(".")[0])
        spec = finder.find(name)
        path = spec.origin if spec is not None and spec.has_location else None
        if path is None or spec is None:
            continue
        if not is_own(path, folder):
            packages.update(_distribution(name.partition(".")[0]))
            continue
        try:
            text = Path(path).read_bytes()
        except OSError:
            continue
        called = _called(name, Path(path), folder)
        files[called], texts[called] = Path(path), text
        if name == module:
            main = called
        if path.endswith(".py"):
            package = name if spec.submodule_search_locations is not None else name.rpartition(".")[0]
            waiting.extend(_imports(_decoded(text), package))
    own = _decoded(texts.get(main, b"")) if files.get(main, Path()).suffix == ".py" else ""
    hashes = {str(files[called]): hash_of(texts[called]) for called in files}
    return OwnCode(_digest(texts, packages), own, files, hashes, packages)


def hash_of(text: bytes) -> str:
    """What tells one text of a file from another."""
    return sha256(text).hexdigest()


class _Finder:
    """Where modules lie: the folder first, then as Python looks, but without running anything."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._found: dict[str, ModuleSpec | None] = {}

    def find(self, name: str) -> ModuleSpec | None:
        if name not in self._found:
            try:
                self._found[name] = self._look(name)
            except (ImportError, ValueError, OSError, AttributeError):
                self._found[name] = None
        return self._found[name]

    def _look(self, name: str) -> ModuleSpec | None:
        above = name.rpartition(".")[0]
        if above:
            package = self.find(above)
            within = package.submodule_search_locations if package is not None else None
            return PathFinder.find_spec(name, within) if within is not None else None
        local = PathFinder.find_spec(name, [self._folder]) if self._folder else None
        if local is not None and local.origin is not None:
            return local
        if name in sys.stdlib_module_names:
            return None
        for finder in sys.meta_path:
            spec = finder.find_spec(name, None)
            if spec is not None:
                return spec
        return local


def _called(name: str, path: Path, folder: str) -> str:
    """What a module is called in the digest: nothing that changes with the place of the folder."""
    if folder and path.is_relative_to(folder):
        return path.relative_to(folder).as_posix()
    return f"{name} ({path.name})"


def _digest(texts: Mapping[str, bytes], packages: Mapping[str, str]) -> str:
    if not texts and not packages:
        return ""
    digest = sha256()
    for called in sorted(texts):
        text = _decoded(texts[called]) if called.endswith((".py", ".py)")) else repr(texts[called])
        digest.update(f"{called} {len(text)}\n{text}".encode(errors="replace"))
    for name in sorted(packages):
        digest.update(f"{name}=={packages[name]}\n".encode())
    return digest.hexdigest()


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")


def _imports(text: str, package: str) -> Iterator[str]:
    tree = parsed(text)
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node.module or "", node.level, package)
            yield base
            yield from (f"{base}.{alias.name}" if base else alias.name for alias in node.names)
        elif isinstance(node, ast.Call):
            yield from _called_import(node, package)


def _called_import(node: ast.Call, package: str) -> Iterator[str]:
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    first = node.args[0] if node.args else None
    given = first.value if isinstance(first, ast.Constant) else None
    if name in ("import_module", "__import__") and isinstance(given, str):
        yield _absolute(given.lstrip("."), len(given) - len(given.lstrip(".")), package)


def _absolute(name: str, level: int, package: str) -> str:
    """A module's full name; `level` counts the dots before it, of an import in `package`."""
    above = package.split(".")
    return ".".join([*above[: len(above) - level + 1], *([name] if name else [])]) if level else name


def parsed(text: str) -> ast.Module | None:
    """The syntax tree, None of what is no Python."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


_CALLED_OTHERWISE = {"sklearn": "scikit-learn", "PIL": "pillow", "yaml": "pyyaml"}
"""Packages whose distributions have other names; to look up any other such package takes 0.2 s."""


@cache
def _distribution(top: str) -> dict[str, str]:
    """The distribution that a package comes from and its version; none of those hpexp needs itself."""
    try:
        name = metadata.distribution(_CALLED_OTHERWISE.get(top, top)).name
    except (metadata.PackageNotFoundError, ValueError):
        name = next(iter(metadata.packages_distributions().get(top, ())), "")
    if not name or _plain(name) in _needed():
        return {}
    return {_plain(name): metadata.version(name)}


@cache
def _needed() -> frozenset[str]:
    """What hpexp requires: its versions stand with the results, they are no part of an id."""
    try:
        required = metadata.requires("hpexp") or ()
    except metadata.PackageNotFoundError:
        required = ()
    return frozenset(
        _plain(re.split(r"[^A-Za-z0-9._-]", text, maxsplit=1)[0])
        for text in required
        if "extra ==" not in text
    )


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
