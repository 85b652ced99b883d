"""The application gives way to calls: the PBX and whoever answers it run first when there is too little processor for all.

On Linux a thread has its own niceness, hands it to what it starts, and may not lower it again. So one thread keeps that of
the beginning, for starting what must not wait.
"""

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

Result = TypeVar("Result")
NICENESS: Final = 10
_unhindered: Final = ThreadPoolExecutor(1, "unhindered")


def give_way() -> None:
    """First thing in the application's main thread, before there are others."""
    _ = _unhindered.submit(threading.get_native_id).result()  # from now on it is there
    os.setpriority(os.PRIO_PROCESS, 0, max(NICENESS, os.getpriority(os.PRIO_PROCESS, 0)))


async def unhindered(work: Callable[[], Result]) -> Result:
    """In the thread that does not give way. Raises what `work` raises."""
    return await asyncio.get_running_loop().run_in_executor(_unhindered, work)
