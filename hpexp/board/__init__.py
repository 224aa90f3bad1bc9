"""TensorBoard servers: finding, starting, reusing and stopping them."""

from __future__ import annotations

from hpexp.board.best import best_runs
from hpexp.board.registry import remove_entries, stale_entries
from hpexp.board.serve import Board, board_folder, find_board, open_board, stop_boards
from hpexp.board.servers import Server, servers, servers_of, serves
from hpexp.board.start import Asked
from hpexp.board.stop import stop
from hpexp.board.view import make_view

__all__ = [
    "Asked",
    "Board",
    "Server",
    "best_runs",
    "board_folder",
    "find_board",
    "make_view",
    "open_board",
    "remove_entries",
    "servers",
    "servers_of",
    "serves",
    "stale_entries",
    "stop",
    "stop_boards",
]
