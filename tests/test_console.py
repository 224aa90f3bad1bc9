"""What reaches a terminal: no control character of people's, no markup of theirs, no sign it has not."""

from __future__ import annotations

import ast
import io
import json
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.table import Table

from hpexp import console
from hpexp.cli import run_app
from hpexp.errors import ConfigError, Problem
from hpexp.model import Result, Run, Status, Value
from hpexp.paths import LogsFolder
from hpexp.text import json_safe, printable, printable_lines, short
from tests.builders import a_result, a_run, an_experiment, store_results

PACKAGE = Path(__file__).parent.parent / "hpexp"
EVIL = "\x1b[2J\x1b]0;x\x07 [/tmp] [red]x[/red] :smile: \x9b31m \u202egnp.exe \r\nfake row\t\x00\x7f"
"""Moves the cursor, sets a title, ends rich's markup, turns text around, begins a row."""


def controls(text: str) -> set[str]:
    """What in the text is not a sign to be seen, line feeds left out."""
    return {each for each in text if unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp")} - {"\n"}


def test_nothing_else_writes_to_standard_streams() -> None:
    """So that the rules of `hpexp.console` hold for every command."""
    allowed = {"console.py", "interrupt.py"} | {f"execute/{name}.py" for name in ("child", "fake")}
    wrong = []
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if name in allowed or name.startswith("train/"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in (
                "print", "typer.echo", "sys.stdout.write", "sys.stderr.write", "Console", "rich.print",
            ):  # fmt: skip
                wrong.append(f"{name}:{node.lineno} {ast.unparse(node.func)}")
    assert not wrong


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.text())
def test_printable_text_is_one_line_to_be_seen_and_stays_as_it_is(text: str) -> None:
    made = printable(text)
    assert not controls(made) - set("\u200c\u200d")
    assert "\n" not in made
    assert printable(made) == made
    assert printable_lines(text).count("\n") == text.count("\n")
    assert json.loads(json_safe(json.dumps(text, ensure_ascii=False))) == text


def test_escapes_are_those_of_yaml_and_python() -> None:
    assert printable("a\x1b\n\u202e\U000e0001\udc80é漢 ") == "a\\x1b\\n\\u202e\\U000e0001\\udc80é漢 "
    assert short("two\nlines") == "two\\nlines"


def test_a_console_takes_texts_as_they_are() -> None:
    file = io.StringIO()
    made = console.console(file=file, width=400, force_terminal=True, color_system="standard")
    table = Table(EVIL)
    table.add_row(EVIL, style="red")
    made.print(EVIL)
    made.print(table)
    shown = file.getvalue()
    assert shown.count("[/tmp] [red]x[/red] :smile:") == 3
    assert shown.count("\\x1b[2J") == 3
    assert controls(shown) == {"\x1b"}, "those of rich's own colours"
    assert {part[:2] for part in shown.split("\x1b")[1:]} <= {"[0", "[1", "[3"}


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_what_a_stream_cannot_encode_is_replaced(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    console.open_streams()
    console.write("0.5 ± 0.1 – … × 漢 \u28ff\n")
    console.write_json({"name": "漢\udc80"})
    sys.stdout.flush()
    text, value = raw.getvalue().decode(encoding).splitlines()
    assert text == {
        "ascii": "0.5 +- 0.1 - ... x \\u6f22 *",
        "latin-1": "0.5 ± 0.1 - ... × \\u6f22 *",
        "utf-8": "0.5 ± 0.1 – … × 漢 \u28ff",
    }[encoding]  # fmt: skip
    assert json.loads(value) == {"name": "漢\udc80"}


def test_a_closed_standard_output_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    console.open_streams()
    console.write("x")
    console.say("x")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Logs with runs of evil values, errors and logs, and an experiment file that has such values."""
    monkeypatch.chdir(tmp_path)
    values: list[Value] = [EVIL, f"=cmd {EVIL}"]
    runs: list[tuple[Run, Result | None]] = [
        (run_of(values[0]), a_result()),
        (run_of(values[1]), Result(Status.FAILED, error=f"E: {EVIL}", traceback=f"T\n{EVIL}\n")),
    ]
    store_results(LogsFolder(tmp_path / "logs"), an_experiment(), runs)
    for run, _ in runs:
        log = LogsFolder(tmp_path / "logs").run("toy", run.name).log
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(f"{EVIL}\x85\u2028{'long ' * 10_000}\n")
    quoted = json.dumps(EVIL)
    (tmp_path / "evil.yaml").write_text(
        f"name: evil\ndescription: {quoted}\ndata: iris\nmodel: {{python: 'n:build'}}\n"
        f"grid: {{tag: [{quoted}, x]}}\nexclude: [{{tag: y}}]\n"
    )
    (tmp_path / "n.py").write_text("def build(input_shape, outputs, tag=''): ...\n")
    (tmp_path / "toy.yaml").write_text(f"data: iris\nmodel: mlp\nparams: {{{quoted}: {quoted}}}\n")
    return tmp_path


def run_of(value: Value) -> Run:
    run = a_run(0, **{EVIL: value, "tag": value})
    return Run(**{**{name: getattr(run, name) for name in Run.__slots__}, "name": f"run-{run.id[:6]}"})


EVERY_COMMAND = [
    "results", "results toy", "results toy --format csv", "results toy --format json",
    "results toy --format md", "results toy --group-by tag", "results toy --group-by tag --format csv",
    "results EVIL", "show EVIL", "results toy --where tag=EVIL", "results toy --where EVIL",
    "results toy --sort EVIL", "results toy --format EVIL", "plan evil.yaml", "plan toy.yaml", "plan EVIL",
    "plan evil.yaml --set tag=EVIL", "plan evil.yaml --json", "run EVIL", "run toy.yaml",
    "run toy.yaml --EVIL", "run toy.yaml --timeout EVIL", "run toy.yaml --engine EVIL", "clean --dry-run",
    "clean EVIL --dry-run", "clean --dry-run --logs EVIL", "clean --status EVIL", "board EVIL",
    "board --stop --logs EVIL", "doctor --logs EVIL", "init EVIL", "init EVIL.yaml", "EVIL",
]  # fmt: skip


def test_no_command_lets_control_characters_through(
    folder: Path, capsys: pytest.CaptureFixture[str], private_tmp: Path
) -> None:
    ids = [run_of(EVIL).id, run_of(f"=cmd {EVIL}").id]
    evil = EVIL.replace("\x00", "")  # no argument holds one
    for line in [*EVERY_COMMAND, *(f"show {each}{how}" for each in ids for how in ("", " --json"))]:
        run_app([word.replace("EVIL", evil) for word in line.split()])
        out, err = capsys.readouterr()
        assert not controls(out + err), f"{line}: {controls(out + err)}"
        assert "Traceback (" not in err, line
        if "--format csv" in line:
            assert len(out.splitlines()) == 3, "a row is a line"
        if "json" in line and out:
            json.loads(out)
        if line == "plan evil.yaml":
            assert "[/tmp] [red]x[/red] :smile:" in " ".join(out.split()), err


def test_every_problem_of_a_file_is_a_line() -> None:
    error = ConfigError("a\nb.yaml", [Problem(1, 2, "grid", "x"), Problem(0, 0, "", "y")])
    assert str(error).splitlines() == ["a\\nb.yaml: y", "a\\nb.yaml:1:2: grid: x"]
