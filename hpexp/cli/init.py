"""`hpexp init`: a first experiment file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hpexp.console import say
from hpexp.errors import UsageError
from hpexp.shell import command

TEMPLATE = """\
# A first experiment: how far can the learning rate go?
name: {name}
data: digits                  # offline: digits, iris, wine, breast_cancer, diabetes, blobs, moons, spirals
model: mlp
params:
  hidden: [64]
  activation: relu
  batch: mini                 # full | stochastic | mini (32) | a number
  epochs: 20
grid:                         # the product of these is trained
  learning_rate: [0.001, 0.01, 0.1]
  optimizer: [sgd, adam]
early_stopping: {{monitor: val_loss, patience: 3}}
"""


def init(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")] = Path("first.yaml"),
) -> None:
    """Write a first experiment file to start from."""
    if path.suffix not in (".yaml", ".yml"):
        raise UsageError(f"{path}: an experiment file ends in .yaml")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(TEMPLATE.format(name=path.stem))
    except FileExistsError:
        hint = "give another name: hpexp init other.yaml"
        raise UsageError(f"{path} is there already", hint=hint) from None
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    say(f"wrote {path}; next: {command('run', str(path))}")
