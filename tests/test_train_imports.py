"""Own code: folders have modules of their own, imports work at any time, settings stay in their runs."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from hpexp.errors import HpexpError
from hpexp.messages import Finished, Job, Report
from hpexp.model import Group, ModelSpec
from hpexp.sources import read_own_code
from hpexp.train import settings
from hpexp.train.imports import beside, import_function
from hpexp.train.seeds import seed_generators
from hpexp.train.worker import train_job
from tests.engines import experiment, runs

pytestmark = pytest.mark.tensorflow


def write(folder: Path, **texts: str) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text)
    return str(folder)


def test_each_folder_has_modules_of_its_own(tmp_path: Path) -> None:
    """`a` begins like `ab` and lies in the folder of `outer`; none takes another's modules."""
    net = "import parts\ndef build(): return parts.NAME\ndef late():\n    import deep\n    return deep.NAME\n"
    outer = write(tmp_path, net=net, parts="NAME = 'outer'", deep="NAME = 'outer'")
    folders = {"outer": outer} | {
        name: write(tmp_path / name, net=net, parts=f"NAME = {name!r}", deep=f"NAME = {name!r}")
        for name in ("ab", "a")
    }
    for name, folder in [*folders.items(), *reversed(folders.items())]:
        assert import_function("net:build", folder)() == name
        with beside(folder):
            assert import_function("net:late", folder)() == name
    assert not {"net", "parts", "deep"} & set(sys.modules)


def test_a_module_is_loaded_once(tmp_path: Path) -> None:
    folder = write(
        tmp_path, counter="import itertools\nCOUNT = itertools.count()\ndef next_(): return next(COUNT)\n"
    )
    assert [import_function("counter:next_", folder)() for _ in range(3)] == [0, 1, 2]


def test_files_of_the_folder_shadow_no_module_of_others(tmp_path: Path) -> None:
    """Keras imports late, too."""
    sys.modules.pop("colorsys", None)
    folder = write(tmp_path, colorsys="raise RuntimeError('not the module that was meant')\n")
    namespace: dict[str, Any] = {}
    with beside(folder):
        exec(compile("import colorsys", str(Path(keras.__file__).with_name("late.py")), "exec"), namespace)
    assert namespace["colorsys"].rgb_to_hsv


def test_a_module_of_a_loaded_name_is_the_folders_and_the_other_comes_back(tmp_path: Path) -> None:
    queue = sys.modules["queue"]
    folder = write(tmp_path, queue="def build(): return 'own'\n")
    assert import_function("queue:build", folder)() == "own"
    assert sys.modules["queue"] is queue


def test_the_text_counts_not_a_compiled_file(tmp_path: Path) -> None:
    """Compiled files are told apart by seconds and sizes: this change would go unseen."""
    for value in (1, 2):
        folder = write(tmp_path, net=f"def build(): return {value}\n")
        os.utime(tmp_path / "net.py", (1, 1))
        sys.modules.pop("net", None)
        from hpexp.train import imports

        imports._known.pop(folder, None)
        assert import_function("net:build", folder)() == value


def test_what_a_module_lacks(tmp_path: Path) -> None:
    with pytest.raises(HpexpError, match="module net has no function build"):
        import_function("net:build", write(tmp_path, net="build = 3\n"))


SETS = "import keras\nkeras.config.set_floatx('float16')\nkeras.config.set_epsilon(0.5)\ndef build(): ...\n"


def test_settings_of_a_module_hold_for_its_runs_and_no_others(tmp_path: Path) -> None:
    """Also after Keras's session has been cleared, as it is after every run."""
    folder = write(tmp_path, net=SETS)
    before = settings.current()
    for _ in range(2):
        with settings.kept():
            import_function("net:build", folder)
            assert (keras.config.floatx(), keras.config.epsilon()) == ("float16", 0.5)
            assert keras.layers.Dense(1).compute_dtype == "float16"
            keras.backend.clear_session(free_memory=False)
        assert settings.current() == before
        assert keras.layers.Dense(1).compute_dtype == before["floatx"]


def test_a_run_after_such_code_trains_as_it_does_alone(tmp_path: Path) -> None:
    text = SETS.replace("...", "return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])")
    model = ModelSpec("python", "net:build", folder=write(tmp_path, net=text.replace("build()", "build(*_)")))
    losses = []
    for own in (False, True, False):
        told: list[Report] = []
        spec = replace(experiment(), model=model) if own else experiment()
        train_job(
            Job(spec, Group(0, "fit", runs(epochs=[1], batch=["full"], seed=[0, 1][: 1 + own]))), told.append
        )
        losses.append([m.result.metrics["loss"] for m in told if isinstance(m, Finished)])
    alone, halves, after = losses
    assert halves == [float(np.float16(loss)) for loss in halves], "float16 in both of its runs"
    assert alone == after != [float(np.float16(loss)) for loss in after]


@pytest.mark.parametrize(
    "draw",
    [
        lambda: np.random.random(3).tolist(),
        lambda: [random.random() for _ in range(3)],
        lambda: np.asarray(keras.random.uniform((3,))).tolist(),
        lambda: __import__("tensorflow").random.uniform((3,)).numpy().tolist(),
        lambda: __import__("tensorflow").random.get_global_generator().uniform((3,)).numpy().tolist(),
    ],
    ids=["numpy", "python", "keras", "tensorflow", "global generator"],
)
def test_every_generator_is_seeded(draw: Callable[[], list[float]]) -> None:
    drawn = []
    for seed in (3, 4, 3):
        seed_generators(seed)
        drawn.append(draw())
    assert drawn[0] == drawn[2] != drawn[1]


def test_the_generators_are_seeded_as_the_libraries_do() -> None:
    seed_generators(7)
    assert np.random.random() == np.random.RandomState(7).random()
    assert random.random() == random.Random(7).random()


def test_what_a_module_draws_while_it_is_loaded_is_fixed(tmp_path: Path) -> None:
    text = "import numpy\nDRAWN = numpy.random.random()\ndef drawn(): return DRAWN\n"
    values = {import_function("net:drawn", write(tmp_path / name, net=text))() for name in "ab"}
    assert values == {np.random.RandomState(0).random()}


def test_another_text_than_planned_does_not_run(tmp_path: Path) -> None:
    """A file that is edited while its runs wait: a worker that starts late must not train it for them."""
    folder = write(tmp_path, net="import parts\ndef build(): return 1\n", parts="")
    planned = read_own_code("net", folder).hashes
    write(tmp_path, parts="layer = 2\n")
    with (
        pytest.raises(HpexpError, match=r"parts.py has changed since the runs were planned"),
        beside(folder, planned),
    ):
        import_function("net:build", folder)
    with beside(folder, read_own_code("net", folder).hashes):
        assert import_function("net:build", folder)() == 1
    write(tmp_path, net="broken(")
    with beside(folder, planned):
        assert import_function("net:build", folder)() == 1, "what is loaded is what was planned"
