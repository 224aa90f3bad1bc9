"""`python -m hpexp`, the same as the `hpexp` command."""

from hpexp.cli import main

main()
