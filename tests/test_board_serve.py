"""Real TensorBoard servers, started and ended by `hpexp board`."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from hpexp.board import Asked, find_board, servers, servers_of
from hpexp.board import start as starting
from hpexp.board.registry import registry
from hpexp.cli import run_app
from hpexp.errors import BoardError
from hpexp.paths import LogsFolder
from tests.boards import answers, by_hand, free_port, get, shown_runs, until, write_run

SOFT, HARD = resource.getrlimit(resource.RLIMIT_NOFILE)
RUN = "learning_rate=0.1,seed=0-abcdef"


@pytest.fixture
def logs(tmp_path: Path, private_tmp: Path) -> LogsFolder:
    write_run(tmp_path / "logs" / "lr" / RUN)
    return LogsFolder(tmp_path / "logs")


@contextmanager
def hpexp_board(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`hpexp board …` in the foreground, once it has printed; with its first line."""
    process = subprocess.Popen(
        [sys.executable, "-m", "hpexp", "board", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        yield process, process.stdout.readline()
    finally:
        process.terminate()
        process.communicate(timeout=30)


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_board_answers_once_it_is_printed_is_found_again_and_ends_with_ctrl_c(
    logs: LogsFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    with hpexp_board("--logs", str(logs.root)) as (process, line):
        url = line.split()[0]
        assert line == f"{url} (Ctrl-C ends it)\n"
        assert url.startswith("http://127.0.0.1:")
        assert get(url, "data/environment")["data_location"] == str(logs.root)
        until(lambda: shown_runs(url) == [f"lr/{RUN}/train", f"lr/{RUN}/validation"])
        (server,) = servers_of(logs)
        everyone = [server.pid, *(child.pid for child in psutil.Process(server.pid).children())]
        assert len(everyone) == 2, "TensorBoard and its data server"

        assert run_app(["board", "--logs", str(logs.root)]) == 0
        out = capsys.readouterr().out
        assert out == (
            f"{url} shows these logs already (process {server.pid})\n"
            f"stop it with: hpexp board --stop --logs {logs.root}\n"
        )
        assert run_app(["board", "--logs", str(logs.root), "--json"]) == 0
        facts = json.loads(capsys.readouterr().out)
        assert facts == {
            "url": url,
            "port": server.port,
            "pid": server.pid,
            "logdir": str(logs.root),
            "reused": True,
        }

        other = logs.root.parent / "other"
        other.mkdir()
        assert run_app(["board", "--logs", str(other), "--port", str(server.port)]) == 1
        error = " ".join(capsys.readouterr().err.split())
        assert f"port {server.port} is taken by process {server.pid} (" in error
        assert "hpexp.board.tensorboard" in error

        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        assert (process.returncode, out, err) == (0, "", "")
        assert all(map(gone, everyone))
        assert list(registry().iterdir()) == []


def test_a_board_ends_with_an_hpexp_that_is_killed(logs: LogsFolder) -> None:
    with hpexp_board("--logs", str(logs.root), "--port", "0") as (process, line):
        (server,) = servers_of(logs)
        process.kill()
        process.wait()
        until(lambda: gone(server.pid), seconds=20)
        assert not answers(line.split()[0])


def test_a_board_that_is_killed_ends_hpexp_with_an_error(logs: LogsFolder) -> None:
    with hpexp_board("lr", "--logs", str(logs.root), "--port", "0", "--json") as (process, line):
        facts = json.loads(line)
        assert facts["logdir"] == str(logs.root / "lr")
        assert facts["reused"] is False
        os.kill(facts["pid"], signal.SIGKILL)
        _, err = process.communicate(timeout=30)
        assert process.returncode == 1
        assert "TensorBoard ended with exit code -9" in err


def test_a_board_by_hand_is_reused_with_a_relative_folder_and_a_prefix(
    logs: LogsFolder, private_tmp: Path, tmp_path: Path
) -> None:
    with by_hand(private_tmp, "--logdir=logs", "--path_prefix=/tb", cwd=tmp_path) as (process, _):
        board = find_board(Asked(logs.root))
        assert board
        assert board.reused
        assert board.pid == process.pid
        assert answers(board.url)
        assert board.url.endswith("/tb/")
        assert find_board(Asked(logs.experiment("lr"))) is None, "it shows more than that"
        assert find_board(Asked(logs.root, port=board.port))
        assert find_board(Asked(logs.root, port=board.port + 1)) is None
        assert find_board(Asked(logs.root, host="0.0.0.0")) is None, "it is not open to the network"
        assert find_board(Asked(logs.root, reload_interval=30)) is None


def test_a_tensorboard_that_cannot_start_says_why(logs: LogsFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "CHILD", "hpexp.board.nowhere")
    with pytest.raises(BoardError, match=r"ended with exit code 1; it printed:\n.*No module named"):
        starting.start(Asked(logs.root, port=0))


def test_a_tensorboard_that_does_not_answer_in_time_is_ended(logs: LogsFolder) -> None:
    with pytest.raises(BoardError, match=r"did not answer in 0\.05 s"):
        starting.start(Asked(logs.root, port=0), deadline=0.05)
    assert [server for server in servers() if logs.root in server.logdirs] == []


def test_a_port_that_is_taken_under_our_hands_gives_the_next(
    logs: LogsFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        taken, free = listener.getsockname()[1], free_port()
        monkeypatch.setattr(starting, "usable_ports", lambda host, port: iter([taken, free]))
        child = starting.start(Asked(logs.root))
        assert child.server.port == free
        child.stop()
        assert "TensorBoard" in child.last_words


@pytest.mark.parametrize("name", ["nowhere", "..", "lr/../..", "/"])
def test_no_logs_is_a_usage_error(name: str, logs: LogsFolder, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_app(["board", name, "--logs", str(logs.root)]) == 2
    assert "error:" in capsys.readouterr().err


@pytest.mark.skipif(0 <= HARD < 8192, reason="this system allows too few open files")
@pytest.mark.parametrize(("runs", "limit"), [(150, 128), pytest.param(2000, 256, marks=pytest.mark.slow)])
def test_more_event_files_than_the_soft_limit_of_open_files(runs: int, limit: int, logs: LogsFolder) -> None:
    for seed in range(runs):
        write_run(logs.run("big", f"learning_rate=0.1,seed={seed}-{seed:06x}").folder, epochs=2)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, HARD))
    try:
        child = starting.start(Asked(logs.root, port=0))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (SOFT, HARD))
    url = child.server.url
    assert url
    until(lambda: len(shown_runs(url)) == 2 * runs + 2, seconds=120)
    child.stop()
    assert "Too many open files" not in child.last_words
