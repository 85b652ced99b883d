"""Is the PBX on its way down? From `core stop` on it refuses every action and says why (main/manager.c, process_message)."""

import asyncio
from typing import Final

from callcore.calls.pbx import Pbx
from callcore.kernel.errors import NotAllowedNow, PbxUnavailable

ANSWER_WITHIN_S: Final = 1.0
_NO_CHANNEL: Final = "no-such-channel"
_WORDS: Final = "shutting down"


async def is_stopping(pbx: Pbx) -> bool:
    """Asks for something that cannot be done: a PBX at work says that there is no such channel. Never raises; no answer is no
    proof."""
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            await pbx.mute_recording(_NO_CHANNEL, is_muted=False)
    except NotAllowedNow as refused:
        return _WORDS in refused.message
    except (PbxUnavailable, TimeoutError):
        pass
    return False
