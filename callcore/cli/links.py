"""A link to the PBX for the length of one command."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from callcore.asterisk.ami import AsteriskPbx
    from config.settings import Settings


@asynccontextmanager
async def connected_pbx(settings: "Settings", limit_s: float) -> "AsyncIterator[AsteriskPbx]":
    """Raises TimeoutError when the PBX is not heard within `limit_s`."""
    from callcore.asterisk.ami import AsteriskPbx
    from callcore.bootstrap.application import ami_settings
    from callcore.kernel.clock import SystemClock

    pbx = AsteriskPbx(ami_settings(settings), SystemClock())
    await pbx.start()
    try:
        async with asyncio.timeout(limit_s):
            while not pbx.health().connected:  # noqa: ASYNC110 - health is a value, not an event
                await asyncio.sleep(0.05)
        yield pbx
    finally:
        await pbx.close()
