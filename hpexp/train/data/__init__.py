"""A DataSpec -> arrays, split into train, validation and test."""

from hpexp.train.data.arrays import Arrays, prepare
from hpexp.train.data.load import load

__all__ = ["Arrays", "load", "prepare"]
