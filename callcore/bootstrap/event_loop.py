"""The loops that the application runs on, and how its threads take turns."""

import asyncio
import sys
from typing import Final

SWITCH_S: Final = 0.0001


def new_loop() -> asyncio.AbstractEventLoop:
    """uvloop's, where there is one: a FastAGI request costs it half."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def share_processor() -> None:
    """The thread that answers the PBX waits at most so long for the one that writes the journal; Python's own 5 ms would be
    the longest part of its answer."""
    sys.setswitchinterval(SWITCH_S)
