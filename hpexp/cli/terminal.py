"""Where output goes: results to standard output, progress and messages to standard error."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from hpexp.errors import HpexpError

if TYPE_CHECKING:
    from rich.console import Console


@cache
def output() -> Console:
    """The console for results. A pipe has no width of its own; tables are not squeezed there."""
    from rich.console import Console

    console = Console()
    return console if console.is_terminal else Console(width=max(console.width, 140))


@cache
def messages() -> Console:
    """The console for progress, messages and errors."""
    from rich.console import Console

    return Console(stderr=True)


def print_error(error: HpexpError) -> None:
    """Print an expected error and, where there is one, what to do next."""
    console = messages()
    console.print("[bold red]error:[/] ", end="")
    console.print(str(error), markup=False, highlight=False, soft_wrap=True)
    if error.hint:
        console.print("[bold]hint:[/] ", end="")
        console.print(error.hint, markup=False, highlight=False, soft_wrap=True)
