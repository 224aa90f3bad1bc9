"""csv and parquet files: read by polars, cell by cell; what their columns hold.

Importing this package costs nothing; polars is imported where a file is opened.
"""

from hpexp.config.tables.source import TableFile
from hpexp.config.tables.survey import Table, survey

__all__ = ["Table", "TableFile", "survey"]
