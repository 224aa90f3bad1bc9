"""Generators of random numbers that own functions draw from without saying so."""

from __future__ import annotations

import keras
import tensorflow as tf


def seed_generators(seed: int) -> None:
    """Seed Keras's, TensorFlow's, NumPy's and Python's generators, before each own function.

    `numpy.random.default_rng()`, which the operating system seeds, is out of reach.
    """
    seed %= 2**32
    keras.utils.set_random_seed(seed)
    tf.random.set_global_generator(tf.random.Generator.from_seed(seed))
