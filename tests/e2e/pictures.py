"""The pictures of docs/tensorboard.md: `python -m tests.e2e.pictures logs/lr docs/images`.

Needs Chromium and the logs of a real `hpexp run`.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.browser import Page
from tests.served import tensorboard


@dataclass(frozen=True)
class Picture:
    """A page of TensorBoard, a word that it shows once it is there, and a script to run on it then."""

    tab: str
    """The end of its address."""
    word: str
    script: str = ""

    @property
    def name(self) -> str:
        return self.tab.rpartition("#")[2]


VALIDATION_ACCURACY = """
[...document.querySelectorAll('button')].find(each => each.textContent.includes('Settings')).click();
document.querySelector('card-view button[aria-label="Toggle full size mode"]').click()
"""

PICTURES = (
    Picture("?runFilter=validation#timeseries", "epoch_loss", VALIDATION_ACCURACY),
    Picture("#hparams", "Trial ID"),
)
SETTLE = 15
"""Seconds in which a page comes to rest: curves are drawn one after the other."""


def main(logs: Path, folder: Path) -> None:
    """Take the pictures of these logs of one experiment."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tensorboard(logs.resolve(), 2) as served,
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile,
        Page(Path(profile), 1400, 840) as page,
    ):
        for picture in PICTURES:
            page.open("about:blank")
            page.open(served.url + picture.tab)
            page.wait_for(picture.word)
            if picture.script:
                page.evaluate(picture.script)
            time.sleep(SETTLE)
            page.screenshot(folder / f"tensorboard-{picture.name}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
