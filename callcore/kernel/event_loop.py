"""The loops that the processes of the application run on, and how they read what comes in many small pieces."""

import asyncio


def new_loop() -> asyncio.AbstractEventLoop:
    """uvloop's, where there is one: a FastAGI request costs it half."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def read_on_later(transport: asyncio.ReadTransport, after_s: float) -> None:
    """What comes meanwhile waits in the socket and is read at once: each piece by itself costs a turn of the loop."""
    transport.pause_reading()
    _ = asyncio.get_running_loop().call_later(after_s, read_on, transport)


def read_on(transport: asyncio.ReadTransport) -> None:
    """May be called when nothing is paused."""
    if not transport.is_closing():
        transport.resume_reading()
