"""The `hpexp` command: parse, call one function, print, exit code.

The one place where errors become exit codes (see `hpexp.errors`).
"""

from __future__ import annotations

import errno
import os
import sys
from typing import Annotated, Any

import typer

from hpexp import __version__
from hpexp.cli.board import board
from hpexp.cli.clean import clean
from hpexp.cli.doctor import doctor
from hpexp.cli.init import init
from hpexp.cli.plan import plan
from hpexp.cli.rerun import rerun
from hpexp.cli.results import results
from hpexp.cli.run import run
from hpexp.cli.schema import schema
from hpexp.cli.show import show
from hpexp.console import open_streams, say
from hpexp.errors import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_OK, HpexpError

app = typer.Typer(
    name="hpexp",
    help="Declare a grid of Keras experiments in YAML, train it, look at the answer in TensorBoard.",
    epilog="A first picture: hpexp run configs/lr.yaml, then hpexp board.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

for command in (run, plan, results, show, rerun, board, clean, init, schema, doctor):
    app.command()(command)


def _print_version(wanted: bool) -> None:
    if wanted:
        say(f"hpexp {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line and end the process with its exit code."""
    sys.exit(run_app(sys.argv[1:]))


def run_app(arguments: list[str]) -> int:
    """Run one command; returns its exit code. Expected errors are printed, not raised."""
    from hpexp.cli.terminal import print_error

    open_streams()
    try:
        code = app(arguments, standalone_mode=False)
    except _WRONG_CALL as error:
        return _wrong_call(error)
    except typer.Abort:
        return EXIT_FAILED
    except HpexpError as error:
        print_error(error)
        return error.exit_code
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EIO):
            raise
        # `hpexp results > file` on a full disk.
        _drop_output()
        print_error(HpexpError(f"the output cannot be written: {error.strerror}"))
        return EXIT_FAILED
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):
            # `hpexp results | head`: the reader has what it wanted, where Typer sees a failure.
            _drop_output()
            return EXIT_OK
        return end.code if isinstance(end.code, int) else EXIT_OK
    return code if isinstance(code, int) else EXIT_OK


_WRONG_CALL: type[Exception] = next(
    kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException"
)
"""What Typer raises for an option that it does not know, say."""


def _wrong_call(error: Any) -> int:
    """Tell it as Typer does, with what the person wrote made printable."""
    from typer.rich_utils import rich_format_error

    from hpexp.text import printable_lines

    text = printable_lines(error.format_message())
    error.format_message = lambda: text
    rich_format_error(error)
    return int(error.exit_code)


def _drop_output() -> None:
    """What is still buffered cannot be written when the process ends either."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
