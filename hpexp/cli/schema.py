"""`hpexp schema`: the JSON Schema of the experiment file, for editors."""

from __future__ import annotations

import json

from hpexp.console import write


def schema() -> None:
    """Print the JSON Schema of experiment files."""
    from hpexp.config import json_schema

    write(json.dumps(json_schema(), indent=2) + "\n")
