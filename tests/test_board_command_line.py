from __future__ import annotations

from pathlib import Path

import pytest

from hpexp.board.command_line import read_command_line

HOME = str(Path.home())


@pytest.mark.parametrize(
    ("command", "logdirs"),
    [
        ("tensorboard --logdir logs", ["logs"]),
        ("/usr/bin/tensorboard --logdir=logs --port 1", ["logs"]),
        ("python -m tensorboard.main --logdir logs", ["logs"]),
        ("/opt/venv/bin/python3.12 -mtensorboard.main --logdir logs", ["logs"]),
        ("python -Pm tensorboard --logdir logs", ["logs"]),
        ("python -X dev -W ignore -u -m tensorboard.main --logdir logs", ["logs"]),
        ("python -P -m hpexp.board.tensorboard --tethered --logdir /a/logs", ["/a/logs"]),
        ("python3 /usr/bin/tensorboard serve --logdir logs", ["logs"]),
        ("python /lib/site-packages/tensorboard/main.py --logdir logs", ["logs"]),
        ("tensorboard --logdir old --logdir=new", ["new"]),
        ("tensorboard --logdir=old --logdir new", ["new"]),
        ("tensorboard --logdir ~/logs", [f"{HOME}/logs"]),
        ("tensorboard --logdir_spec a:/x/a,/x/b,/x:c,b:d", ["/x/a", "/x/b", "/x:c", "d"]),
        ("tensorboard --db sqlite:x", []),
        ("tensorboard --logdir", []),
    ],
)
def test_tensorboard_in_every_guise(command: str, logdirs: list[str]) -> None:
    flags = read_command_line(command.split())
    assert flags is not None
    assert list(flags.logdirs) == logdirs


@pytest.mark.parametrize(
    "command",
    [
        "",
        "vim tensorboard --logdir logs",
        "python train.py tensorboard --logdir logs",
        "python -c tensorboard --logdir logs",
        "python -m pytest -m tensorboard --logdir logs",
        "python -m http.server --logdir logs",
        "python",
        "python -u",
        "grep tensorboard --logdir logs",
        "/lib/tensorboard_data_server/bin/server --logdir=logs",
        "bash -c tensorboard",
    ],
)
def test_what_only_mentions_tensorboard_is_none(command: str) -> None:
    assert read_command_line(command.split()) is None


def test_flags_that_matter_for_reuse() -> None:
    flags = read_command_line(["tensorboard", "--logdir", "a", "--path_prefix=/x/", "--reload_interval", "0"])
    assert flags is not None
    assert (flags.path_prefix, flags.reload_interval) == ("/x", "0")


def test_an_unknown_home_stays_as_it_is() -> None:
    flags = read_command_line(["tensorboard", "--logdir", "~nobody-here/x"])
    assert flags is not None
    assert flags.logdirs == ("~nobody-here/x",)
