"""Hangs up for a decision that does not come to an end. The server's thread is busy deciding, so another one looks at its watch."""

import socket
import threading
import time
from typing import Final

POLL_S: Final = 0.05


class DecisionGuard:
    """One decision at a time: `begin` and `end` are called by the thread that decides."""

    def __init__(self, limit_s: float) -> None:
        """The line is cut not later than `limit_s` after `begin`."""
        self._limit_s = max(limit_s - POLL_S, limit_s / 2)
        self._lock = threading.Lock()
        self._cut_at = 0.0
        self._line = -1  # of the PBX; -1 while nothing is decided
        self._is_cut = False
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._watch, name="agi-guard", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._ended.set()

    def begin(self, line: int) -> None:
        """`line` is the descriptor of the connection, open until `end`."""
        with self._lock:
            self._line, self._is_cut = line, False
            self._cut_at = time.monotonic() + self._limit_s

    def end(self) -> bool:
        """Whether somebody still listens."""
        with self._lock:
            self._line = -1
            return not self._is_cut

    def _watch(self) -> None:
        while not self._ended.wait(POLL_S):
            with self._lock:
                if self._line >= 0 and not self._is_cut and time.monotonic() >= self._cut_at:
                    self._is_cut = True
                    _hang_up(self._line)


def _hang_up(line: int) -> None:
    """The PBX sees the end at once; the descriptor stays with its owner."""
    try:
        with socket.fromfd(line, socket.AF_INET, socket.SOCK_STREAM) as copy:
            copy.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it has gone by itself
