"""A DataSpec -> arrays, split into train, validation and test."""

from hpexp.train.data.arrays import Arrays, Features, Targets, prepare
from hpexp.train.data.load import load

__all__ = ["Arrays", "Features", "Targets", "load", "prepare"]
