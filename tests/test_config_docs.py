"""docs/config.md says what the schema and the vocabulary say, and its examples are valid."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hpexp import config
from hpexp.config.schema import File, keys_of
from hpexp.config.sections import SplitSection, StoppingSection, TensorBoardSection, TrainingSection
from hpexp.config.values import expected
from hpexp.vocabulary import BUILTIN_DATA, KERAS_DATA, PARAMETERS, Parameter
from tests.bad_inputs import MAIN

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "config.md").read_text()
CONFIGS = sorted((ROOT / "configs").glob("*.yaml"))


def parameter_table() -> str:
    """The table of parameters, as the page has it between its two comments."""
    rows = [
        f"| `{each.name}` | {_takes(each)} | {_default(each)} | {each.help} |" for each in PARAMETERS.values()
    ]
    return "\n".join(["| parameter | takes | default | meaning |", "|---|---|---|---|", *rows])


def _takes(parameter: Parameter) -> str:
    if len(parameter.allowed) > 5:
        names = {"optimizer": "optimizer", "activation": "activation", "initializer": "initializer"}
        return f"a Keras {names[parameter.name]}: " + ", ".join(f"`{name}`" for name in parameter.allowed)
    text = expected(parameter)
    for name in parameter.allowed:
        text = re.sub(rf"\b{name}\b", f"`{name}`", text)
    return text.removeprefix("one of ")


def _default(parameter: Parameter) -> str:
    default = parameter.default
    if default is None:
        return "Keras's" if parameter.name != "clipnorm" else "none"
    if isinstance(default, tuple):
        return f"`[{', '.join(map(str, default))}]`"
    return f"`{str(default).lower() if isinstance(default, bool | str) else f'{default:g}'}`"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


def test_the_table_of_parameters_is_that_of_the_vocabulary() -> None:
    (table,) = re.findall(r"<!-- parameters -->\n(.*?)\n<!-- end -->", PAGE, flags=re.DOTALL)
    assert table == parameter_table()


def test_every_key_is_documented() -> None:
    keys = PAGE[PAGE.index("## Keys") : PAGE.index("## Data")]
    first_cells = " ".join(re.findall(r"^\| (.*?) \|", keys, flags=re.MULTILINE))
    assert set(re.findall(r"`(.+?)`", first_cells)) == set(keys_of(File))
    stopping = PAGE[PAGE.index("## early_stopping") : PAGE.index("## Metrics")]
    assert set(re.findall(r"^\| `(\w+)` \|", stopping, flags=re.MULTILINE)) == set(keys_of(StoppingSection))


@pytest.mark.parametrize("section", [SplitSection, TensorBoardSection, TrainingSection])
def test_defaults_shown_are_the_defaults(section: type) -> None:
    fields = section.model_fields  # type: ignore[attr-defined]
    parts = [f"{name}: {str(field.default).lower()}" for name, field in fields.items()]
    assert f"`{{{', '.join(parts)}}}`" in PAGE


def test_every_data_set_is_named() -> None:
    assert all(f"`{name}`" in PAGE for name in (*BUILTIN_DATA, *KERAS_DATA))


@pytest.mark.parametrize("text", blocks("yaml"))
def test_examples_are_valid(text: str, tmp_path: Path) -> None:
    (tmp_path / MAIN).write_text(text)
    rows = "".join(f"{n},0{n},{n},{n}.5\n" for n in range(20))
    (tmp_path / "houses.csv").write_text("id,zip,rooms,price\n" + rows)
    (tmp_path / "nets.py").write_text(blocks("python")[0])
    config.data_facts(config.load(tmp_path / MAIN))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_shipped_files_are_valid(path: Path) -> None:
    experiment = config.load(path)
    assert experiment.name == path.stem
    assert experiment.description
    assert config.data_facts(experiment).train


def test_there_are_shipped_files() -> None:
    assert len(CONFIGS) >= 5
