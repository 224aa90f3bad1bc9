"""A DataSpec -> data, split into train, validation and test: as arrays, or streamed from disk."""

from hpexp.train.data.arrays import Arrays, Features, Targets, prepare
from hpexp.train.data.fingerprint import fingerprint
from hpexp.train.data.load import load
from hpexp.train.data.opened import Data, open_data, prepared
from hpexp.train.data.planned import PlannedFiles
from hpexp.train.data.reading import Reading, watched
from hpexp.train.data.streamed import Part, Streamed
from hpexp.train.data.summary import summarize

__all__ = [
    "Arrays",
    "Data",
    "Features",
    "Part",
    "PlannedFiles",
    "Reading",
    "Streamed",
    "Targets",
    "fingerprint",
    "load",
    "open_data",
    "prepare",
    "prepared",
    "summarize",
    "watched",
]
