"""How much is owed and how much room is left, for the health page."""

import asyncio
from dataclasses import dataclass, replace

from recordings.files import free_space
from recordings.model import RecordingHealth, RecordingSettings
from recordings.queue import RecordingQueue


@dataclass(slots=True)
class Tally:
    """What the worker counts itself, since its start."""

    done: int = 0
    errors: int = 0
    last_error: str = ""

    def fail(self, code: str) -> None:
        self.errors += 1
        self.last_error = code

    def added_to(self, seen: RecordingHealth, *, is_busy: bool) -> RecordingHealth:
        return replace(
            seen,
            done_total=self.done,
            errors_total=self.errors,
            is_busy=is_busy,
            last_error=self.last_error,
        )


async def look_at_store(queue: RecordingQueue, settings: RecordingSettings) -> RecordingHealth:
    """Without the figures that the worker counts itself."""
    waiting, failed = await queue.counts()
    space = await asyncio.to_thread(free_space, settings.store_dir)
    return RecordingHealth(
        waiting=waiting,
        failed=failed,
        free_bytes=space.free_bytes,
        is_store_writable=space.is_writable,
        is_space_low=space.free_bytes < settings.min_free_bytes,
    )
