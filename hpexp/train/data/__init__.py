"""A DataSpec -> arrays, split into train, validation and test."""

from hpexp.train.data.arrays import Arrays, prepare

__all__ = ["Arrays", "prepare"]
