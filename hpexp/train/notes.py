"""What was assumed about a run, told in its log and once on the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from hpexp.messages import LogText, Message, Started

Emit = Callable[[Message], None]


def notices(run_id: str, notes: Sequence[str]) -> Iterator[LogText]:
    """A message a note."""
    for note in notes:
        yield LogText(run_id, f"{note}\n", notice=True)


def telling(emit: Emit, notes: Sequence[str]) -> Emit:
    """Puts notes into each run's log once it has started."""
    if not notes:
        return emit

    def told(message: Message) -> None:
        emit(message)
        if isinstance(message, Started):
            for notice in notices(message.run_id, notes):
                emit(notice)

    return told
