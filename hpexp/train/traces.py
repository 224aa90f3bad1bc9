"""What own code leaves behind in a worker: a worker that it has changed is not the next run's.

What Keras, TensorFlow and NumPy are told by their own settings is `hpexp.train.settings`'.

A fingerprint of the code that hpexp trains with (functions and classes of Keras, TensorFlow's
public interface, NumPy and hpexp, by identity) and of the process's state is taken before own
code runs and compared after each run: some milliseconds. What loading own modules and data
changes is every run's alike, and accepted for that experiment; what the functions of one run
change is not.
"""

from __future__ import annotations

import gc
import locale
import os
import resource
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

import keras
import tensorflow as tf

_WITH_CLASSES = ("keras", "hpexp")
"""Packages whose classes are looked into: methods are replaced as easily as functions."""
_PUBLIC = "tensorflow._api.v2"
_MODULES = (
    "tensorflow",
    "numpy",
    "numpy.random",
    "builtins",
    "os",
    "random",
    "time",
    "json",
    "traceback",
    "gc",
)
_OF_LIBRARIES = ("KMP_",)
"""Environment variables that libraries set for themselves when they are imported."""
_CODE = (FunctionType, BuiltinFunctionType, type)
_MEMBERS = (FunctionType, staticmethod, classmethod, property)
_MISSING = object()
HPEXP_THREAD = "hpexp"
"""How the names of hpexp's own threads begin."""

Code = list[tuple[str, Any, dict[str, Any]]]
"""What a module or class is called, it, and what it held."""
State = Mapping[str, Any]

_clean: tuple[Code, State] | None = None
"""Before any own code."""
_code: Code = []
_state: State = {}
"""With what loading the experiment's modules and data has changed."""
_loaded = ""


def begin() -> None:
    """Take the fingerprint before own code runs."""
    global _clean, _code, _state
    if _clean is None:
        _clean = _code, _state = _code_now(), _state_now()
    elif left():
        # Only where nobody replaced this process when it was told to: `--on inline`.
        _code, _state = _code_now(), _state_now()


def accept() -> None:
    """What has changed up to now is the experiment's: its modules or data have just been loaded."""
    global _code, _state, _loaded
    if _clean is None:
        return
    _loaded = patched(_clean[0]) or _changed(_clean[1], _state_now())
    if patched():
        _code = _code_now()
    _state = _state_now()


def loaded() -> str:
    """What loading the experiment's modules or data has changed, for all runs that follow; '' for nothing."""
    return _loaded


def left() -> str:
    """What own code has changed since, the first thing found: `keras.optimizers.SGD`; '' for nothing."""
    if _clean is None:
        return ""
    return patched() or _changed(_state, _state_now())


def patched(code: Code | None = None) -> str:
    """A function or class that has been replaced: `keras.optimizers.SGD`; '' for none."""
    for name, owner, held in _code if code is None else code:
        if isinstance(owner, ModuleType) and sys.modules.get(name) is not owner:
            return name
        now = vars(owner)
        for key, value in held.items():
            if now.get(key, _MISSING) is not value:
                return f"{name}.{key}"
    return ""


def _code_now() -> Code:
    found: Code = []
    seen: set[int] = set()
    for name, module in list(sys.modules.items()):
        top = name.partition(".")[0]
        if not isinstance(module, ModuleType) or not (
            top in _WITH_CLASSES or name in _MODULES or name.startswith(_PUBLIC)
        ):
            continue
        held = {key: value for key, value in vars(module).items() if isinstance(value, _CODE)}
        found.append((name, module, held))
        if top not in _WITH_CLASSES:
            continue
        for key, value in held.items():
            if isinstance(value, type) and id(value) not in seen and value.__module__.startswith(top):
                seen.add(id(value))
                members = {member: each for member, each in vars(value).items() if isinstance(each, _MEMBERS)}
                found.append((f"{name}.{key}", value, members))
    return found


def _state_now() -> State:
    return dict(_facts())


def _facts() -> Iterator[tuple[str, Any]]:
    yield "the working directory", _tried(os.getcwd)
    for name, value in os.environ.items():
        if not name.startswith(_OF_LIBRARIES):
            yield f"the environment variable {name}", value
    yield "the umask", _umask()
    for number in map(int, signal.valid_signals()):
        with suppress(OSError, ValueError):
            yield f"the handler of signal {number}", signal.getsignal(number)
    yield "a timer", [signal.getitimer(kind)[0] > 0 for kind in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL)]
    for name in ("excepthook", "unraisablehook", "displayhook", "breakpointhook", "stdout", "stderr"):
        yield f"sys.{name}", getattr(sys, name, None)
    yield "threading.excepthook", threading.excepthook
    yield "sys.settrace", (sys.gettrace(), sys.getprofile())
    yield "sys.path", list(sys.path)
    yield "the recursion limit", sys.getrecursionlimit()
    yield "garbage collection", gc.isenabled()
    for name in ("AS", "DATA", "STACK", "NOFILE", "NPROC", "CPU", "FSIZE", "CORE"):
        yield f"the limit RLIMIT_{name}", resource.getrlimit(getattr(resource, f"RLIMIT_{name}"))
    yield "the priority", _tried(lambda: os.getpriority(os.PRIO_PROCESS, 0))
    yield "the processors it may use", _tried(lambda: os.sched_getaffinity(0))
    yield "the locale", locale.setlocale(locale.LC_ALL)
    yield "eager execution", tf.executing_eagerly()
    yield "keras.distribution", keras.distribution.distribution()
    yield "Keras's traceback filtering", keras.config.is_traceback_filtering_enabled()
    yield "a standard stream", [_tried(lambda number=each: _file(number)) for each in range(3)]
    yield "a child process", _children()
    yield "a thread", _threads()


def _changed(before: State, now: State) -> str:
    return next((name for name in {**before, **now} if _differ(before, now, name)), "")


def _differ(before: State, now: State, name: str) -> bool:
    one, other = before.get(name, _MISSING), now.get(name, _MISSING)
    if isinstance(one, frozenset) and isinstance(other, frozenset):
        return bool(other - one)  # threads and processes may end
    try:
        return one is not other and bool(one != other)
    except Exception:  # own objects may not be comparable
        return True


def _tried(get: Any) -> Any:
    try:
        return get()
    except OSError as error:
        return error.errno


def _file(number: int) -> tuple[int, int]:
    found = os.fstat(number)
    return found.st_dev, found.st_ino


def _umask() -> str:
    """Read where it is shown: asking for it by setting it would race with threads."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("Umask:"):
                return line
    return ""


def _children() -> frozenset[str]:
    with suppress(OSError):
        return frozenset(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())
    return frozenset()


def _threads() -> frozenset[int | None]:
    """Threads that Python code has started; those of TensorFlow's that Python only knows are dummies."""
    kind = threading._DummyThread
    return frozenset(
        each.ident
        for each in threading.enumerate()
        if not isinstance(each, kind) and not each.name.startswith(HPEXP_THREAD)
    )
