"""Lines for a shell: what hpexp suggests can be pasted."""

from __future__ import annotations

import shlex
from pathlib import Path

from hpexp.paths import logs_words


def command(*words: str, logs: Path | None = None) -> str:
    """`hpexp …` as one line, with `--logs` where that is not the default folder."""
    return " ".join(map(word, ["hpexp", *words, *(logs_words(logs) if logs is not None else [])]))


def word(text: str) -> str:
    """One word of a command line; what cannot be seen is written as bash and zsh escape it."""
    if text.isprintable():
        return shlex.quote(text)
    return f"$'{''.join(map(_escaped, text))}'"


def _escaped(character: str) -> str:
    if character in "'\\":
        return f"\\{character}"
    if character.isprintable():
        return character
    # As bytes: what `\u` stands for depends on the locale. Half surrogates are bytes of a file's name.
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogateescape"))
