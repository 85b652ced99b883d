"""Processes of one session, read from /proc: an Asterisk and every program that it started."""

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path

_POLL_S = 0.02
_KILL_WAIT_S = 5.0


def session_pids(session: int, proc: Path = Path("/proc")) -> tuple[int, ...]:
    """Living members of the session (zombies are not). proc(5): fields after the name are state, ppid, pgrp, session."""
    found = []
    for entry in proc.iterdir():
        if not entry.name.isdigit():
            continue
        with suppress(OSError, ValueError, IndexError):
            fields = (entry / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            if int(fields[3]) == session and fields[0] not in ("Z", "X"):
                found.append(int(entry.name))
    return tuple(sorted(found))


def pids_running(argument: str, proc: Path = Path("/proc")) -> tuple[int, ...]:
    """Leaders of their own session that were started with this argument, e.g. an asterisk.conf's path."""
    wanted = os.fsencode(argument)
    found = []
    for entry in proc.iterdir():
        if not entry.name.isdigit():
            continue
        with suppress(OSError):
            pid = int(entry.name)
            if wanted in (entry / "cmdline").read_bytes().split(b"\0") and pid in session_pids(pid, proc):
                found.append(pid)
    return tuple(sorted(found))


async def kill_session(session: int, grace_s: float) -> None:
    """TERM to all that is left of the session, KILL to those who stay."""
    for sign, wait_s in ((signal.SIGTERM, grace_s), (signal.SIGKILL, _KILL_WAIT_S)):
        pids = session_pids(session)
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, sign)
        if await _gone(session, wait_s if pids else 0):
            return


async def _gone(session: int, timeout_s: float) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            while session_pids(session):  # noqa: ASYNC110 - strangers to this loop, only /proc tells
                await asyncio.sleep(_POLL_S)
            return True
    return not session_pids(session)
