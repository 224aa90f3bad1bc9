from __future__ import annotations

import pytest

from hpexp.errors import DataError
from hpexp.failures import LINE, TRACEBACK, cause, failure, line_of, stored, traceback_of
from hpexp.model import Status

GRAPH = """\
Graph execution error:

Detected at node compile_loss/sparse_categorical_crossentropy defined at (most recent call last):
  File "/usr/lib/python3.11/threading.py", line 975, in _bootstrap

<stack traces unavailable>
  File "/home/me/net.py", line 12, in call
Received a label value of 1 which is outside the valid range of [0, 1).  Label values: 1 0 1
\t [[{{node compile_loss/sparse_categorical_crossentropy}}]] [Op:__inference_multi_step_on_iterator_9]
"""
"""What TensorFlow says of labels that no output stands for."""

KERAS = """\
Exception encountered when calling Mine.call().

\x1b[1mshapes (4,) and (3,) do not fit\x1b[0m

Arguments received by Mine.call():
  • inputs=tf.Tensor(shape=(32, 4), dtype=float32)
"""


class Odd(Exception):
    def __str__(self) -> str:
        raise SystemExit("even the text ends the process")


class Wild(BaseException):
    def __init__(self) -> None:
        super().__init__("wild")

    @property
    def __notes__(self) -> list[str]:
        raise SystemExit


def raised(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as caught:
        return caught


def test_the_cause_is_kept_and_not_where_the_graph_met_it() -> None:
    said = cause(GRAPH)
    assert said == (
        "Received a label value of 1 which is outside the valid range of [0, 1). Label values: 1 0 1"
    )
    assert line_of(ValueError(GRAPH)) == f"ValueError: {said} (net.py:12, in call)"
    assert cause(KERAS) == "Exception encountered when calling Mine.call(). shapes (4,) and (3,) do not fit"
    assert cause("Graph execution error:\n") == "Graph execution error:"


def test_a_long_message_keeps_its_end() -> None:
    line = line_of(RuntimeError("the beginning " + "x" * 20_000_000 + " the cause"))
    assert len(line) <= LINE
    assert line.startswith("RuntimeError: the beginning xxx")
    assert "xxx the cause (test_failures.py:" in line_of(raised(RuntimeError("x" * 1000 + " the cause")))


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (SystemExit(0), "SystemExit: 0"),
        (SystemExit(), "SystemExit: no message"),
        (KeyboardInterrupt(), "KeyboardInterrupt: no message"),
        (GeneratorExit("x"), "GeneratorExit: x"),
        (Odd(), "Odd: (its text raised SystemExit)"),
        (Wild(), "Wild: wild"),
        (ValueError("a\nb \x1b[2J \x9b \u202e \udc80"), "ValueError: a b \\x1b[2J \\x9b \\u202e \\udc80"),
        (DataError("no file", hint="make one"), "no file (make one)"),
    ],
)
def test_whatever_is_raised_is_named_and_has_a_traceback(error: BaseException, line: str) -> None:
    result = failure(raised(error))
    assert result.status is Status.FAILED
    assert result.error is not None
    assert result.error.partition(" (test_failures.py:")[0] == line
    assert result.traceback is not None
    assert "in raised" in result.traceback
    assert type(error).__name__ in result.traceback
    result.traceback.encode()


def test_a_chain_that_bites_its_tail_ends() -> None:
    one, other = ValueError("one"), ValueError("other")
    one.__cause__, other.__cause__ = other, one
    assert line_of(one) == "ValueError: one"


def test_rows_hold_no_huge_traceback_and_keep_the_frames_of_own_files() -> None:
    frames = "".join(
        f'  File "/x/site-packages/keras/layer.py", line {n}, in __call__\n    keras()\n' for n in range(9000)
    )
    own = '  File "/home/me/net.py", line 7, in build\n    mine()\n'
    result = failure(raised(ValueError(frames + own + frames + "the cause")))
    assert len(result.traceback or "") > 1_000_000
    kept = stored(result).traceback or ""
    assert len(kept) < 2 * TRACEBACK
    assert own.strip() in kept
    assert kept.rstrip().endswith("the cause")
    assert "which log.txt has" in kept


def test_a_traceback_has_no_colours() -> None:
    assert "\x1b" not in traceback_of(raised(ValueError(KERAS)))
