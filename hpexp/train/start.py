"""Importing TensorFlow and Keras fast and quietly; call `import_tensorflow` before either is imported.

Two things make the plain import slow. Keras wraps scikit-learn's estimators and therefore
imports scikit-learn and scipy where they are installed, which hpexp does not need to
train. And the garbage collector walks the growing pile of new objects again and again;
afterwards they are frozen, so that later collections need not walk them either.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from types import ModuleType

from hpexp.fixed import VARIABLES, worker_environment


class _Hidden(MetaPathFinder):
    """Makes some packages look as if they were not installed."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def find_spec(self, fullname: str, path: object, target: ModuleType | None = None) -> None:
        if fullname.partition(".")[0] in self._names:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)


@contextmanager
def hidden(*names: str) -> Iterator[None]:
    """Inside, importing these packages fails as if they were not installed, unless already imported."""
    finder = _Hidden(names)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


@contextmanager
def _collection_paused() -> Iterator[None]:
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()


@contextmanager
def _terminal_spared() -> Iterator[None]:
    """Keeps what TensorFlow's C++ writes while it is loaded off a terminal; a log file gets it all."""
    try:
        terminal = os.isatty(2)
    except OSError:
        terminal = False
    if not terminal:
        yield
        return
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def import_tensorflow() -> None:
    """Import TensorFlow and Keras.

    Messages below an error are silenced, unless TF_CPP_MIN_LOG_LEVEL says otherwise. Where the
    person's surroundings would change the numbers they are overridden, see `hpexp.fixed`.
    """
    if "keras" in sys.modules:
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    for name in VARIABLES:
        os.environ.pop(name, None)
    os.environ.update(worker_environment({}))
    with _terminal_spared(), _collection_paused(), hidden("sklearn"):
        import keras  # noqa: F401
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")
    from hpexp.train import settings

    settings.fix()
    tf.get_logger().setLevel("ERROR")
    if gpus:
        # On a processor the same run gives the same numbers anyway.
        tf.config.experimental.enable_op_determinism()


def use_threads(count: int) -> None:
    """Let TensorFlow use so many threads. After its first operation it keeps those it has."""
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(count)
        tf.config.threading.set_inter_op_parallelism_threads(count)
    except RuntimeError:
        return


def threads() -> int:
    """Threads that TensorFlow uses within an operation; 0 where it chooses by itself."""
    import tensorflow as tf

    return int(tf.config.threading.get_intra_op_parallelism_threads())


def devices() -> str:
    """What TensorFlow trains on here: `CPU`, or the GPUs' names."""
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return "CPU"
    return ", ".join(
        str(tf.config.experimental.get_device_details(gpu).get("device_name", "GPU")) for gpu in gpus
    )
