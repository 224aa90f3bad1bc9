"""The compiled engine: many runs as lanes of one XLA program."""

from hpexp.train.compiled.group import train_group

__all__ = ["train_group"]
