"""Waiting in tests: short steps and a deadline, never a bare sleep."""

import asyncio
from collections.abc import Callable


async def until(holds: Callable[[], object], limit_s: float = 60.0) -> None:
    """Return as soon as `holds()` is true; TimeoutError after the limit."""
    async with asyncio.timeout(limit_s):
        while not holds():  # noqa: ASYNC110 - what is waited for belongs to the code under test
            await asyncio.sleep(0.005)
