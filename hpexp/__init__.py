"""hpexp: declare a grid of Keras experiments in YAML, train it, look at the answer."""

__version__ = "0.1.0"
