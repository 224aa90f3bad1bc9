"""Which processes are known as servers, and how they are ended; with stand-ins that start at once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from hpexp.board import Server, servers, servers_of, stop
from hpexp.board.servers import identify
from hpexp.paths import LogsFolder

Start = Callable[..., subprocess.Popen[bytes]]

STAND_IN = "import sys; print('up', flush=True); sys.stdin.read()"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {STAND_IN}"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start `python` under TensorBoard's command line, once it is up."""
    script = tmp_path / "bin" / "tensorboard"
    script.parent.mkdir()
    with ExitStack() as stack:

        def started(*flags: str, code: str = STAND_IN) -> subprocess.Popen[bytes]:
            script.write_text(code)
            process = subprocess.Popen(
                [sys.executable, str(script), *flags],
                cwd=tmp_path,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            assert process.stdout
            assert process.stdout.readline() == b"up\n"
            return process

        yield started


def found(pid: int) -> Server:
    server = identify(pid)
    assert server
    return server


@pytest.mark.parametrize(
    ("flags", "of_logs", "of_lr"),
    [
        (["--logdir", "logs"], True, False),
        (["--logdir={tmp}/logs/"], True, False),
        (["--logdir", "logs/lr/../lr"], True, True),
        (["--logdir", "logs/lr/run"], True, True),
        (["--logdir", "link"], True, False),
        (["--logdir", "logs2"], False, False),
        (["--logdir", "."], False, False),
        (["--logdir", "logs/lr2"], True, False),
        (["--logdir_spec", "a:logs/lr,b:/elsewhere"], True, True),
        ([], False, False),
    ],
)
def test_a_server_belongs_to_the_logs_its_folder_resolves_to(
    flags: list[str], of_logs: bool, of_lr: bool, start: Start, tmp_path: Path
) -> None:
    logs = LogsFolder(tmp_path / "logs")
    logs.root.mkdir()
    (tmp_path / "link").symlink_to(logs.root)
    process = start(*(flag.format(tmp=tmp_path) for flag in flags))
    assert (process.pid in [server.pid for server in servers_of(logs)]) is of_logs
    assert (process.pid in [server.pid for server in servers_of(logs, "lr")]) is of_lr


def test_servers_of_another_user_are_not_ours(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    process = start("--logdir", "logs")
    assert identify(process.pid)
    me = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: me + 1)
    assert identify(process.pid) is None
    assert process.pid not in [server.pid for server in servers()]


def test_term_then_kill(start: Start) -> None:
    polite, deaf = start("--logdir=logs"), start("--logdir=logs", code=DEAF)
    doomed = [found(polite.pid), found(deaf.pid)]
    assert stop(doomed, deadline=0.5) == doomed
    assert identify(polite.pid) is None
    assert identify(deaf.pid) is None
    assert stop(doomed) == []


def test_a_later_process_with_the_same_id_is_left_alone(start: Start) -> None:
    process = start("--logdir=logs")
    earlier = replace(found(process.pid), created=1.0)
    assert stop([earlier], deadline=0.5) == []
    assert process.poll() is None
