"""TensorBoard as hpexp runs it: `python -m hpexp.board.tensorboard [--tethered] FLAG…`.

* Without TensorFlow, which TensorBoard imports only for what hpexp does not log
  (checkpoints in the projector, the debugger) and which makes up most of its start.
  `tensorboard.compat.notf` is TensorBoard's own switch for that.
* With as many open files as the system allows: the loader keeps every event file open.
* `--tethered`: ends when standard input closes, and so with whoever started it, even one
  that was killed.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading
from contextlib import suppress
from types import ModuleType

MAX_OPEN_FILES = 1 << 16


def main() -> None:
    """Run TensorBoard with the flags of the command line."""
    if sys.argv[1:2] == ["--tethered"]:
        del sys.argv[1]
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    _allow_open_files()
    sys.modules["tensorboard.compat.notf"] = ModuleType("tensorboard.compat.notf")
    from tensorboard.main import run_main

    run_main()


def _end_with_stdin() -> None:
    with suppress(OSError):
        while os.read(0, 1024):
            pass
    os.kill(os.getpid(), signal.SIGTERM)


def _allow_open_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        # macOS allows less than it says.
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


if __name__ == "__main__":
    main()
