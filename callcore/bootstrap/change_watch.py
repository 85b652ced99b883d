"""Routing follows what people change within a second: every change leaves a row in the audit log, whose newest row tells
cheaply whether the network must be read again. What nobody did is found by a reading now and then."""

import time
from collections.abc import Awaitable, Callable

from callcore.kernel.audit import newest
from callcore.kernel.database import Database
from callcore.kernel.errors import DatabaseUnavailable

LOOK_S = 0.5


class ChangeWatch:
    """`refresh` runs when somebody changed something, and every `refresh_s` seconds."""

    def __init__(
        self, database: Database, refresh: Callable[[], Awaitable[object]], refresh_s: float
    ) -> None:
        self._database = database
        self._refresh = refresh
        self._refresh_s = refresh_s
        self._seen: int | None = None
        self._due_at = 0.0

    async def look(self) -> None:
        if not await self._is_changed() and time.monotonic() < self._due_at:
            return
        self._due_at = time.monotonic() + self._refresh_s
        await self._refresh()

    async def _is_changed(self) -> bool:
        try:
            self._seen, is_changed = await self._database.read(
                lambda connection: newest(connection, self._seen)
            )
        except DatabaseUnavailable:
            return False
        return is_changed
