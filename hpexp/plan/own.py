"""What is known of an own model without running it: what its function takes, and its source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from hpexp.model import ModelSpec


@dataclass(frozen=True, slots=True)
class OwnModel:
    """`takes` are the parameters that the function names, `None` where that cannot be read.

    `requires` are those of them that have no default. `digest` is a hash of the source: of
    the function's module and of the modules beside it that it imports, directly or through
    each other; '' where the module does not lie in the experiment file's folder.
    """

    source: str
    takes: frozenset[str] | None
    requires: frozenset[str]
    digest: str


def read_own_model(spec: ModelSpec) -> OwnModel:
    """Read the source of an own model; unreadable source is no error here, training tells."""
    module, _, function = spec.source.partition(":")
    folder = Path(spec.folder)
    sources = _sources(folder, module) if spec.folder else {}
    takes, requires = None, frozenset[str]()
    main = _file(folder, module)
    signature = _signature(sources.get(main, ""), function) if main is not None else None
    if signature is not None:
        takes, requires = signature
    return OwnModel(spec.source, takes, requires, _digest(folder, sources))


def _digest(folder: Path, sources: dict[Path, str]) -> str:
    if not sources:
        return ""
    digest = sha256()
    for path in sorted(sources):
        text = sources[path]
        digest.update(f"{path.relative_to(folder).as_posix()} {len(text)}\n{text}".encode(errors="replace"))
    return digest.hexdigest()


def _sources(folder: Path, module: str) -> dict[Path, str]:
    """The texts of a module and of all modules in the folder that importing it runs, by file."""
    texts: dict[Path, str] = {}
    waiting = [module]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        # Importing a.b runs a first.
        if "." in name:
            waiting.append(name.rpartition(".")[0])
        path = _file(folder, name)
        if path is None:
            continue
        try:
            texts[path] = path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        waiting.extend(_imports(texts[path], package))
    return texts


def _file(folder: Path, module: str) -> Path | None:
    base = folder.joinpath(*module.split("."))
    for path in (base / "__init__.py", base.with_name(base.name + ".py")):
        if path.is_file():
            return path
    return None


def _imports(text: str, package: str) -> Iterator[str]:
    tree = _parsed(text)
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{alias.name}" if base else alias.name for alias in node.names)


def _signature(text: str, function: str) -> tuple[frozenset[str], frozenset[str]] | None:
    """Names after the first two parameters (input shape, outputs), and those without a default."""
    tree = _parsed(text)
    if tree is None:
        return None
    found = [node for node in tree.body if getattr(node, "name", None) == function]
    if len(found) != 1 or not isinstance(found[0], ast.FunctionDef) or found[0].decorator_list:
        return None
    arguments = found[0].args
    positional = [argument.arg for argument in [*arguments.posonlyargs, *arguments.args]]
    first_default = len(positional) - len(arguments.defaults)
    required = set(positional[2:first_default])
    names = positional[2:]
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        names.append(argument.arg)
        if default is None:
            required.add(argument.arg)
    return frozenset(names), frozenset(required)


def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return None
