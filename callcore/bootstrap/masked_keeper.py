"""Pairs of masked sessions in memory: the answer to the PBX neither waits nor reads."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import DatabaseUnavailable
from callcore.kernel.logs import get_logger
from callcore.kernel.tasks import TaskOwner, every
from callcore.outbound.masked import (
    Pairs,
    load_pairs,
    newest_press,
    open_sessions,
    renew_sessions,
)
from callcore.outbound.masked_way import MaskedWay
from callcore.routing.live import Tie

LOOK_S: Final = 2.0
LOAD_EVERY: Final = timedelta(seconds=20)  # orders and telephones change hands
RENEW_EVERY: Final = timedelta(minutes=10)
READ_AGAIN: Final = 1000  # presses before the start: one may have been missed while the application was down
_log = get_logger(__name__)


class MaskedKeeper:
    """`ways` and `ties` answer from memory: what they read is replaced whole. Presses made
    while the application was down are read again at the start: opening is repeatable."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._pairs = Pairs()
        self._read_to = 0
        self._loaded_at: datetime | None = None
        self._renewed_at: datetime | None = None

    def ways(self) -> Mapping[tuple[str, str], MaskedWay]:
        """The same object until something is read anew."""
        return self._pairs.ways

    def ties(self) -> Mapping[tuple[str, str], Tie]:
        """The same object until something is read anew."""
        return self._pairs.ties

    def start(self, tasks: TaskOwner) -> None:
        _ = tasks.spawn("masked", every(LOOK_S, self.look))

    async def look(self) -> None:
        """One cheap question while nobody presses. Without the database the last reading goes on serving."""
        now = self._clock.now()
        try:
            newest = await self._database.read(newest_press)
            if self._loaded_at is None:
                self._read_to = max(newest - READ_AGAIN, 0)
            is_new = newest > self._read_to
            if is_new:
                is_new = await self._database.write(lambda one: self._open(one, now))
            if self._renewed_at is None or now - self._renewed_at >= RENEW_EVERY:
                _ = await self._database.write(lambda one: renew_sessions(one, now))
                self._renewed_at = now
            if is_new or self._loaded_at is None or now - self._loaded_at >= LOAD_EVERY:
                self._pairs = await self._database.read(lambda one: load_pairs(one, now))
                self._loaded_at = now
        except DatabaseUnavailable as error:
            _log.warning("masked sessions not read, the last reading goes on serving", error=str(error))

    def _open(self, connection: Connection, now: datetime) -> bool:
        self._read_to, is_open = open_sessions(connection, self._read_to, now)
        return is_open
