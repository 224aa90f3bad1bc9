"""The machine: what it is, and how fast it multiplies float32 matrices."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

PACKAGES = ("tensorflow", "keras", "tensorboard", "keras-tuner", "optuna", "ray")

_MATMUL = """
import json, time
import tensorflow as tf
size = 2048
a, b = tf.random.normal((size, size)), tf.random.normal((size, size))
multiply = tf.function(lambda: tf.reduce_sum(tf.matmul(a, b)))
multiply().numpy()
rates = []
for _ in range(12):
    began = time.perf_counter()
    multiply().numpy()
    rates.append(2 * size**3 / (time.perf_counter() - began))
print(json.dumps(max(rates)))
"""


def facts(repository: Path) -> dict[str, Any]:
    """Processor, memory, versions, hpexp's commit and how busy the machine is."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory": memory,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in PACKAGES},
        "commit": _commit(repository),
        "load_before": round(os.getloadavg()[0], 2),
    }


def matmul_rate() -> float:
    """Operations a second of TensorFlow's product of 2048 × 2048 float32 matrices, all cores, best of 12."""
    done = subprocess.run([sys.executable, "-c", _MATMUL], capture_output=True, text=True, check=True)
    return float(json.loads(done.stdout.split()[-1]))


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _commit(repository: Path) -> str:
    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=repository, capture_output=True, text=True, check=False
        )
        return done.stdout.strip()

    changed = "+changes" if git("status", "--porcelain", "--", "hpexp") else ""
    return git("rev-parse", "--short=10", "HEAD") + changed
