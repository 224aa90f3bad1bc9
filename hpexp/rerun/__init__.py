"""`hpexp rerun`: train a stored run once more and compare the numbers."""

from hpexp.rerun.compare import Comparison, Number
from hpexp.rerun.page import print_comparison
from hpexp.rerun.repeat import repeat

__all__ = ["Comparison", "Number", "print_comparison", "repeat"]
