"""Own functions that misbehave, each with how its run has to end."""

from __future__ import annotations

from dataclasses import dataclass

LIMIT = "20s"
"""The time limit of the runs: long enough for an honest one on a busy machine."""

HEAD = """\
import ctypes
import os
import resource
import signal
import sys
import threading
import time
import traceback

import keras
import numpy as np


class Odd(Exception):
    def __str__(self):
        raise SystemExit("even the text of it ends the process")


class Base(BaseException):
    pass


class Secret(Exception):
    @property
    def __notes__(self):
        raise SystemExit


def deep():
    return deep()


def cycle():
    one, other = ValueError("one"), ValueError("other")
    one.__cause__, other.__cause__ = other, one
    raise one


def locked():
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


def model(input_shape, outputs):
    return keras.Sequential([keras.Input(input_shape), keras.layers.Dense(outputs)])


class Labels(keras.layers.Layer):
    def call(self, x):
        return keras.ops.reshape(x, (7, -1)) @ x


def build(input_shape, outputs, kind="good"):
    KINDS.get(kind, lambda: None)()
    if kind in RETURNED:
        return RETURNED[kind](input_shape, outputs)
    return model(input_shape, outputs)


def raised(error):
    raise error


def memory():
    used = int(open("/proc/self/statm").read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_DATA, (used + 2**28, resource.RLIM_INFINITY))
    bytearray(2**32)


def forked():
    if os.fork() == 0:
        os.setsid()
    time.sleep(3600)


def patched_traceback():
    traceback.format_exception = None
    raise ValueError("the cause")

"""


@dataclass(frozen=True)
class Kind:
    """What a function does (Python code), the status of its run, and a part of its error."""

    name: str
    does: str
    status: str
    error: str = ""


_TIMES_OUT = "it took longer than the limit"

KINDS = [
    Kind("quit 0", "sys.exit(0)", "failed", "SystemExit: 0 (own.py:"),
    Kind("quit nothing", "raised(SystemExit())", "failed", "SystemExit: no message (own.py:"),
    Kind("interrupt", "raised(KeyboardInterrupt())", "failed", "KeyboardInterrupt: no message"),
    Kind("generator", "raised(GeneratorExit())", "failed", "GeneratorExit: no message"),
    Kind("stop iteration", "raised(StopIteration('x'))", "failed", "StopIteration: x"),
    Kind("base", "raised(Base('x'))", "failed", "Base: x"),
    Kind("odd", "raised(Odd())", "failed", "Odd: (its text raised SystemExit)"),
    Kind("secret", "raised(Secret('x'))", "failed", "Secret: x"),
    Kind("cycle", "cycle()", "failed", "ValueError: one"),
    Kind("group", "raised(ExceptionGroup('x', [ValueError('y')]))", "failed", "ExceptionGroup: x"),
    Kind("recursion", "deep()", "failed", "RecursionError: maximum recursion depth"),
    Kind("escape", r"raised(ValueError('\x1b[2J\x9b\u202e\r\nrow'))", "failed", r"\x1b[2J\x9b\u202e row"),
    Kind("surrogate", r"raised(ValueError('\udc80'))", "failed", r"ValueError: \udc80"),
    Kind("20 MB", "raised(ValueError('x' * 20_000_000 + ' the cause'))", "failed", "xxx the cause (own.py:"),
    Kind("memory", "memory()", "failed", "MemoryError"),
    Kind("no traceback", "patched_traceback()", "failed", "ValueError: the cause"),
    Kind("exit 0", "os._exit(0)", "failed", "the worker died: exit code 0"),
    Kind("exit 3", "os._exit(3)", "failed", "the worker died: exit code 3"),
    Kind("abort", "os.abort()", "failed", "SIGABRT"),
    Kind("kill", "os.kill(os.getpid(), signal.SIGKILL)", "failed", "SIGKILL"),
    Kind("crash", "ctypes.string_at(0)", "failed", "SIGSEGV"),
    Kind("close", "(os.closerange(3, 256), time.sleep(3600))", "failed", "the worker died"),
    Kind("sleep", "time.sleep(3600)", "timeout", _TIMES_OUT),
    Kind("spin", "[None for _ in iter(int, 1)]", "timeout", _TIMES_OUT),
    Kind("spin in C", "ctypes.PyDLL(None).sleep(3600)", "timeout", _TIMES_OUT),
    Kind("deadlock", "locked()", "timeout", _TIMES_OUT),
    Kind("stop", "os.kill(os.getpid(), signal.SIGSTOP)", "timeout", _TIMES_OUT),
    Kind("fork", "forked()", "timeout", _TIMES_OUT),
    Kind("fork on", "os.fork()", "done"),
    Kind("no optimizer", "setattr(keras.optimizers, 'SGD', None)", "failed", "sgd"),
    Kind("no hook", "setattr(sys, 'excepthook', None)", "done"),
    Kind("no output", "setattr(sys, 'stdout', None)", "done"),
    Kind("other folder", "os.chdir('/')", "done"),
    Kind("umask", "os.umask(0o777)", "done"),
    Kind("environment", "os.environ.clear()", "done"),
    Kind("handlers", "[signal.signal(n, signal.SIG_DFL) for n in (signal.SIGINT, signal.SIGTERM)]", "done"),
    Kind("thread", "threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()", "done"),
    Kind("much output", r"print('\x1b[2J' + 'x' * 10_000_000)", "done"),
    Kind("random", "np.random.seed(1)", "done"),
    Kind("none", "", "failed", "NoneType"),
    Kind("text", "", "failed", "str"),
    Kind("wrong width", "", "failed", "the model's outputs have shape"),
    Kind("wrong call", "", "failed", "requires a multiple of 7"),
]  # fmt: skip

RETURNED = {
    "none": "None",
    "text": "'a model'",
    "wrong width": "model(i, o + 1)",
    "wrong call": "keras.Sequential([keras.Input(i), Labels(), keras.layers.Dense(o)])",
}

DATA = [
    Kind("data sleep", "time.sleep(3600)", "timeout", "timed out while loading data"),
    Kind("data quit", "sys.exit(0)", "failed", "SystemExit: 0"),
    Kind("data crash", "ctypes.string_at(0)", "failed", "SIGSEGV"),
]


def module() -> str:
    """The text of own.py."""
    kinds = "".join(f"    {kind.name!r}: lambda: {kind.does or None},\n" for kind in [*KINDS, *DATA])
    returned = "".join(f"    {name!r}: lambda i, o: {code},\n" for name, code in RETURNED.items())
    data = "def data(kind):\n    KINDS[kind]()\n    return np.zeros((60, 2)), np.arange(60) % 2\n"
    return f"{HEAD}\n{data}\n\nKINDS = {{\n{kinds}}}\nRETURNED = {{\n{returned}}}\n"
