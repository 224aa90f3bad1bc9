"""How an error is told."""

from __future__ import annotations

from hpexp.console import messages
from hpexp.errors import HpexpError
from hpexp.text import printable_lines


def print_error(error: HpexpError) -> None:
    """Print an expected error and, where there is one, what to do next."""
    _print("error:", "bold red", str(error))
    if error.hint:
        _print("hint:", "bold", error.hint)


def _print(label: str, style: str, text: str) -> None:
    from rich.text import Text

    messages().print(Text.assemble((label, style), " ", printable_lines(text)), soft_wrap=True)
