"""TensorBoard's pages in a real browser. Skipped where there is no Chromium."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hpexp.paths import LogsFolder
from tests.builders import a_run
from tests.e2e.browser import CHROMIUM, Page
from tests.eventfiles import EPOCHS, write_logs
from tests.served import tensorboard

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")

RUNS = [
    a_run(seed, "lr", learning_rate=rate, optimizer=optimizer)
    for rate in (0.001, 0.5)
    for optimizer in ("sgd", "adam")
    for seed in (0, 1)
]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A TensorBoard on one experiment."""
    logs = LogsFolder(tmp_path_factory.mktemp("logs"))
    write_logs(logs, "lr", RUNS)
    with tensorboard(logs.experiment("lr"), 2 * len(RUNS)) as served:
        yield served.url


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with Page(tmp_path_factory.mktemp("chromium")) as page:
        yield page


@pytest.mark.parametrize("tab", ["timeseries", "scalars"])
def test_a_curve_for_training_and_one_for_validation_of_each_run(page: Page, url: str, tab: str) -> None:
    page.open(f"{url}#{tab}")
    curves = [f"{run.name}/{part}" for run in RUNS for part in ("train", "validation")]
    page.wait_for("epoch_loss", "epoch_accuracy", "epoch_learning_rate", *curves)


def test_the_hparams_table_has_a_row_per_run_with_numbers_in_every_metric_column(
    page: Page, url: str
) -> None:
    page.open(f"{url}#hparams")
    names = [f"lr/{run.name}" for run in RUNS]
    texts = page.wait_for("Trial ID", *names)
    header = texts.index("Trial ID")
    columns = ["learning_rate", "optimizer", "seed", "val_accuracy", "val_loss", "accuracy", "loss"]
    assert texts[header : header + 9] == ["Trial ID", "Show Metrics", *columns]
    for number, (run, name) in enumerate(zip(RUNS, names, strict=True)):
        at = texts.index(name)
        rate, optimizer, seed, *metrics = texts[at + 1 : at + 8]
        assert (float(rate), optimizer, float(seed)) == (
            run.params["learning_rate"],
            run.params["optimizer"],
            run.seed,
        )
        loss = 1 / (EPOCHS - 1 + number)
        expected = [1 - loss / 2, 2 * loss, 1 - loss, loss]
        assert [float(text) for text in metrics] == pytest.approx(expected, rel=1e-3)
