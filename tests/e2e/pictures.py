"""The pictures of docs/tensorboard.md: `python -m tests.e2e.pictures logs/lr docs/images`.

Needs Chromium and the logs of a real `hpexp run` with more than one run.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from tests.e2e.browser import Page
from tests.served import tensorboard

PAGES = {"timeseries": "epoch_loss", "hparams": "Trial ID", "graphs": "Tag", "histograms": "kernel"}
"""By the page's name: a word that it shows once it is there."""


def main(logs: Path, folder: Path) -> None:
    """Take each page that these logs have."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tensorboard(logs.resolve(), 2) as served,
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile,
        Page(Path(profile), 1480, 900) as page,
    ):
        shown = served.ask("plugins_listing")
        for name, word in PAGES.items():
            if shown[name]["enabled"]:
                page.open("about:blank")
                page.open(f"{served.url}#{name}")
                page.wait_for(word)
                time.sleep(3)
                page.screenshot(folder / f"tensorboard-{name}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
