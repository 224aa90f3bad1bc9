"""What made a result: package versions, the commit, the platform, the command."""

from __future__ import annotations

import os
import platform
import shlex
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import hpexp
from hpexp.fixed import rounding

PACKAGES = ("tensorflow", "keras", "numpy", "scikit-learn", "tensorboard")


def describe(folder: Path, command: list[str] | None = None) -> dict[str, object]:
    """Everything worth knowing to repeat a result, as JSON values.

    `folder` is where the experiment file lies: its git commit is the one that counts.
    Nothing is imported; versions come from the packages' metadata.
    """
    return {
        "hpexp": hpexp.__version__,
        "python": platform.python_version(),
        "packages": versions(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "rounding": rounding(),
        "git": git(folder),
        "command": shlex.join(command if command is not None else ["hpexp", *sys.argv[1:]]),
    }


def versions() -> dict[str, str | None]:
    """The installed versions of the packages that decide a result."""
    return {name: version(name) for name in PACKAGES}


def version(package: str) -> str | None:
    """The installed version, or None."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def git(folder: Path) -> dict[str, object] | None:
    """The commit and whether tracked files differ from it; None outside a repository."""
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return None
    changes = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return {"commit": commit, "dirty": bool(changes)}


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
