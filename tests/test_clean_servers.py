"""`hpexp clean` and real TensorBoard servers: none is left, none is a ghost, no other is touched."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from hpexp.board import servers_of, stop
from hpexp.board.registry import registry
from hpexp.cli import run_app
from hpexp.model import Status
from hpexp.paths import LogsFolder
from tests.boards import answers, by_hand, shown_runs, until, write_run
from tests.builders import a_result, a_run, an_experiment, store_results


@pytest.fixture
def logs(tmp_path: Path, private_tmp: Path) -> Iterator[LogsFolder]:
    """Three runs of one experiment: accuracies 0.1, 0.2 and, failed, 0.3."""
    folder = LogsFolder(tmp_path / "logs")
    runs = [a_run(seed, "lr", learning_rate=0.1) for seed in range(3)]
    results = [
        a_result(0.1 * (seed + 1), Status.FAILED if seed == 2 else Status.DONE) for seed in range(len(runs))
    ]
    store_results(folder, an_experiment("lr"), list(zip(runs, results, strict=True)))
    for run in runs:
        write_run(folder.run("lr", run.name).folder)
    yield folder
    stop(servers_of(folder))


def hpexp(*arguments: str) -> str:
    """An `hpexp` command that ends well; what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "hpexp", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def detached(logs: LogsFolder, *arguments: str) -> psutil.Process:
    """A board left running; its process."""
    facts = json.loads(hpexp("board", *arguments, "--logs", str(logs.root), "--port=0", "--detach", "--json"))
    assert answers(facts["url"])
    return psutil.Process(facts["pid"])


def folders(logs: LogsFolder, *seeds: int) -> list[str]:
    """The runs that TensorBoard shows for these seeds."""
    names = [a_run(seed, "lr", learning_rate=0.1).name for seed in seeds]
    return sorted(f"lr/{name}/{part}" for name in names for part in ("train", "validation"))


def test_every_server_of_these_logs_goes_and_no_other(
    logs: LogsFolder, private_tmp: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = write_run(tmp_path / "elsewhere" / "x=1,seed=0-abcdef").parent
    with ExitStack() as stack:
        other, other_url = stack.enter_context(by_hand(private_tmp, f"--logdir={elsewhere}"))
        # By hand, with a relative folder below these logs, in the terminal of a person elsewhere.
        part, _ = stack.enter_context(by_hand(private_tmp, "--logdir", "lr", cwd=logs.root))
        own = detached(logs)
        data_servers = own.children()
        assert len(data_servers) == 1
        innocent = stack.enter_context(
            subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        )
        stale = registry() / f"pid-{innocent.pid}.info"
        stale.write_text(json.dumps({"pid": innocent.pid, "logdir": str(logs.root)}))

        assert run_app(["clean", "--logs", str(logs.root), "--dry-run"]) == 0
        out = capsys.readouterr().out
        assert f"stop TensorBoard {own.pid} (http://127.0.0.1:" in out
        assert f"stop TensorBoard {part.pid} (" in out
        assert str(other.pid) not in out
        assert answers(other_url)

        assert run_app(["clean", "--logs", str(logs.root), "--yes"]) == 0
        out = capsys.readouterr().out
        assert out.startswith("stopped 2 TensorBoard servers, deleted 3 runs (")
        assert not own.is_running()
        assert part.poll() is not None
        assert not any(process.is_running() for process in data_servers)
        assert innocent.poll() is None
        assert other.poll() is None
        assert answers(other_url)
        assert [path.name for path in registry().iterdir()] == [f"pid-{other.pid}.info"]
        assert elsewhere.is_dir()
        assert list(logs.root.iterdir()) == []
        assert innocent.stdin
        innocent.stdin.write(b"\n")


def test_runs_deleted_under_a_living_board_leave_no_ghost(logs: LogsFolder, private_tmp: Path) -> None:
    with ExitStack() as stack:
        urls = [
            stack.enter_context(by_hand(private_tmp, f"--logdir={logs.root}", "--reload_interval=1", loader))[
                1
            ]
            for loader in ("--load_fast=true", "--load_fast=false")
        ]
        until(lambda: all(shown_runs(url) == folders(logs, 0, 1, 2) for url in urls))
        assert run_app(["clean", "--logs", str(logs.root), "--status=failed", "--yes"]) == 0
        until(lambda: all(shown_runs(url) == folders(logs, 0, 1) for url in urls), seconds=30)


def test_the_best_runs_alone_and_their_board_is_stopped_too(
    logs: LogsFolder, private_tmp: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    board = detached(logs, "lr", "--top", "1")
    (server,) = servers_of(logs, "lr")
    assert server.pid == board.pid
    assert server.url
    url = server.url
    until(lambda: shown_runs(url) == folders(logs, 1))
    assert run_app(["board", "lr", "--top", "2", "--logs", str(logs.root)]) == 0
    assert capsys.readouterr().out.startswith(f"{url} shows these logs already")
    assert len(list(server.logdirs[0].glob("lr/*"))) == 2, "the board follows"
    assert run_app(["clean", "lr", "--logs", str(logs.root), "--yes"]) == 0
    assert capsys.readouterr().out.startswith("stopped 1 TensorBoard server, deleted 3 runs (")
    assert not board.is_running()
    assert not list(private_tmp.rglob("best"))


def test_a_board_is_stopped_without_touching_the_logs(
    logs: LogsFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    board = detached(logs)
    before = sorted(logs.root.rglob("*"))
    assert hpexp("board", "--stop", "--logs", str(logs.root)).startswith(
        f"stopped process {board.pid}, http://"
    )
    assert not board.is_running()
    assert hpexp("board", "--stop", "--logs", str(logs.root)) == f"no TensorBoard shows {logs.root}\n"
    assert sorted(logs.root.rglob("*")) == before
