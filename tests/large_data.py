"""Small data of every kind that is taken from disk where the memory budget is small."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from hpexp.model import DataSpec

EXAMPLES = 150


def table() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    y = np.arange(EXAMPLES) % 3
    x = random.normal(size=(EXAMPLES, 5)) * [1, 10, 0.1, 1, 0] + y[:, None]
    return x.astype(np.float32), y


def csv(folder: Path) -> DataSpec:
    x, y = table()
    path = folder / "t.csv"
    lines = [f"{','.join(map(repr, map(float, row)))},{target}" for row, target in zip(x, y, strict=True)]
    path.write_text("a,b,c,d,e,y\n" + "\n".join(lines) + "\n")
    return DataSpec("csv", str(path), {"target": "y"})


def csv_with_text(folder: Path) -> DataSpec:
    x, y = table()
    path = folder / "w.csv"
    lines = [f"{x[n, 0]},{'uvwq'[n * n % 4]},{x[n, 1]}, k{n % 7} ,c{y[n]}" for n in range(EXAMPLES)]
    path.write_text("a,kind,b,group,y\n" + "\n".join(lines) + "\n")
    return DataSpec("csv", str(path), {"target": "y"})


def npz(folder: Path) -> DataSpec:
    x, y = table()
    np.savez(folder / "d.npz", x=x, y=y)
    return DataSpec("npz", str(folder / "d.npz"))


def compressed(folder: Path) -> DataSpec:
    x, y = table()
    np.savez_compressed(folder / "c.npz", inputs=x.astype(np.float64), y=y / 7)
    return DataSpec("npz", str(folder / "c.npz"), {"x": "inputs"})


def by_columns(folder: Path) -> DataSpec:
    x, y = table()
    np.savez(folder / "f.npz", x=np.asfortranarray(x), y=np.array(["u", "v", "w"])[y])
    return DataSpec("npz", str(folder / "f.npz"))


def bytes_as_images(folder: Path) -> DataSpec:
    random = np.random.default_rng(0)
    y = np.arange(EXAMPLES) % 3
    x = random.integers(0, 200, (EXAMPLES, 3, 3)).astype(np.uint8) + (20 * y[:, None, None]).astype(np.uint8)
    np.savez(folder / "b.npz", x=x, y=y)
    return DataSpec("npz", str(folder / "b.npz"))


def images(folder: Path) -> DataSpec:
    random = np.random.default_rng(0)
    for n in range(EXAMPLES // 2):
        below = folder / "images" / "abc"[n % 3]
        below.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 85 * (n % 3 + 1), (5, 4, 3)).astype(np.uint8)).save(
            below / f"{n}.png"
        )
    return DataSpec("images", str(folder / "images"), {"size": (3, 2)})


def function(folder: Path, body: str) -> DataSpec:
    x, y = table()
    np.save(folder / "x.npy", x)
    np.save(folder / "y.npy", y)
    module = f"own_stream_{abs(hash((str(folder), body))) % 10**9}"
    text = f"import numpy as np\nfolder = {str(folder)!r}\ny = np.load(folder + '/y.npy')\ndef data():\n"
    (folder / f"{module}.py").write_text(text + "".join(f"    {line}\n" for line in body.splitlines()))
    return DataSpec("python", f"{module}:data", folder=str(folder))


def memory_map(folder: Path) -> DataSpec:
    return function(folder, "return np.load(folder + '/x.npy', mmap_mode='r'), y")


def splits(folder: Path) -> DataSpec:
    body = "x = np.load(folder + '/x.npy', mmap_mode='r')\n"
    return function(folder, body + "return {'train': (x[:90], y[:90]), 'test': (x[90:], y[90:])}")


def generator(folder: Path) -> DataSpec:
    body = (
        "x = np.load(folder + '/x.npy')\nfor n in range(0, 150, 7):\n    yield x[n : n + 7], y[n : n + 7]\n"
    )
    return function(folder, body)


def dataset(folder: Path) -> DataSpec:
    body = "import tensorflow as tf\nx = np.load(folder + '/x.npy')\n"
    return function(folder, body + "return tf.data.Dataset.from_tensor_slices((x, y)).batch(40)\n")


SOURCES = [
    csv, csv_with_text, npz, compressed, by_columns, bytes_as_images, images,
    memory_map, splits, generator, dataset,
]  # fmt: skip
