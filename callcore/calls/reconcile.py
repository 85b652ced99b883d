"""Nothing is lost: what CEL knows and the journal does not, or knows wrongly, is brought in. Idempotent.

Calls that ended (every linkedid of the group has its LINKEDID_END) are replayed and compared with their rows: calls that
passed while the application was down, calls whose end was not seen, calls of a killed process. A group that fails does
not stop the others. Calls that live, or wait to be written, are left to the follower.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final

from sqlalchemy import Update, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.cel import ENDED, CelEvent, replay
from callcore.calls.cel_file import GRACE, CelReader
from callcore.calls.events import CallChanged
from callcore.calls.journal import CallLinker, JournalWriter
from callcore.calls.model import PhoneDirectory
from callcore.calls.repair import settle
from callcore.calls.tables import CelRow
from callcore.calls.unwritten import CallWork
from callcore.kernel.bus import Audience, Bus
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import DatabaseUnavailable
from callcore.kernel.logs import get_logger
from callcore.kernel.tasks import TaskOwner, every

EVERY_S: Final = 5.0
GROUPS_AT_ONCE: Final = 200
GROUP_TIMEOUT_S: Final = 15.0
MAX_TRIES: Final = 3  # of one group in one life of the application
MAX_LINKEDIDS: Final = 100  # of one group

_COLUMNS: Final = tuple(field.name for field in fields(CelEvent))
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What one run did; `waiting` groups belong to calls that live."""

    lines: int = 0
    right: int = 0
    repaired: int = 0
    inserted: int = 0
    waiting: int = 0
    failed: int = 0


class CallReconciler:
    """`is_busy_with`, `saw_whole` and `heard_since` are those of CallFollower: what it saw whole is right already. `start` runs
    at once and then every EVERY_S."""

    def __init__(
        self,
        *,
        reader: CelReader,
        database: Database,
        bus: Bus,
        clock: Clock,
        directory: PhoneDirectory,
        linker: CallLinker,
        is_busy_with: Callable[[str], bool],
        saw_whole: Callable[[str], bool] = lambda _: False,
        heard_since: Callable[[], datetime | None] = lambda: None,
    ) -> None:
        self._reader = reader
        self._database = database
        self._bus = bus
        self._clock = clock
        self._directory = directory
        self._writer = JournalWriter(linker)
        self._is_busy_with = is_busy_with
        self._saw_whole = saw_whole
        self._heard_since = heard_since
        self.read_to: datetime | None = None  # what the PBX wrote of our calls until then is in the database
        self._tries: Counter[str] = Counter()
        self._tasks = TaskOwner("reconcile")

    async def start(self) -> None:
        _ = self._tasks.spawn("run", every(EVERY_S, self._run_and_log))

    async def close(self) -> None:
        await self._tasks.close()

    async def run(self) -> Reconciled:
        """One pass over all groups that have ended and are not settled."""
        now = self._clock.now()
        lines = await self._reader.read_new(now, since=self._heard_since(), saw_whole=self._saw_whole)
        self.read_to = now
        done: Counter[str] = Counter()
        seen: set[str] = set()
        while fresh := [one for one in await self._ended_linkedids(seen) if one not in seen]:
            whole = [linkedid for linkedid in fresh if self._saw_whole(linkedid)]
            seen |= set(whole)
            done["right"] += await self._trust(whole)
            for linkedid in fresh:
                if linkedid not in seen:
                    seen.add(linkedid)
                    done[await self._guarded(linkedid, seen)] += 1
        return Reconciled(lines=lines, **done)

    async def _trust(self, linkedids: list[str]) -> int:
        if linkedids:
            await self._database.write(lambda connection: connection.execute(_settled(linkedids)))
        return len(linkedids)

    async def _run_and_log(self) -> None:
        result = await self.run()
        if result.repaired or result.inserted or result.failed:
            _log.info(
                "calls reconciled", repaired=result.repaired, inserted=result.inserted, failed=result.failed
            )

    async def _ended_linkedids(self, seen: set[str]) -> list[str]:
        """Oldest first; those that this run has met already cost one look each."""
        query = (
            select(CelRow.linkedid)
            .where(
                CelRow.is_settled.is_(False),
                CelRow.event_type == ENDED,
                CelRow.at <= self._clock.now() - GRACE,
            )
            .order_by(CelRow.id)
            .limit(GROUPS_AT_ONCE + len(seen))
        )
        return await self._database.read(lambda connection: list(dict.fromkeys(connection.scalars(query))))

    async def _guarded(self, linkedid: str, seen: set[str]) -> str:
        """Settles one group; returns the word under which it counts."""
        if self._tries[linkedid] >= MAX_TRIES:
            return "failed"
        try:
            async with asyncio.timeout(GROUP_TIMEOUT_S):
                return await self._settle_group(linkedid, seen)
        except DatabaseUnavailable:
            raise
        except Exception as exc:  # noqa: BLE001 - a border: one group's error does not stop the others
            self._tries[linkedid] += 1
            _log.error(
                "group of CEL not settled", linkedid=linkedid, error=repr(getattr(exc, "orig", exc))[:300]
            )
            return "failed"

    async def _settle_group(self, linkedid: str, seen: set[str]) -> str:
        changed: list[tuple[CallWork, Audience]] = []
        words: set[str] = set()
        async with self._database.transaction() as session:
            events = await _group_of(session, linkedid)
            linkedids = {event.linkedid for event in events}
            seen |= linkedids
            works = replay(events, self._directory)
            ended = {event.linkedid for event in events if event.event_type == ENDED}
            if linkedids - ended or any(self._is_busy_with(work.call_id) for work in works):
                return "waiting"
            for work in works:
                audience = work.events[-1].audience if work.events else Audience(staff=True)
                if wrong := await settle(session, self._writer, work, events):
                    changed.append((work, audience))
                    words.add("inserted" if wrong == ("inserted",) else "repaired")
            await session.execute(_settled(linkedids))
        for work, audience in changed:
            self._announce(work, audience)
        return "inserted" if "inserted" in words else "repaired" if words else "right"

    def _announce(self, work: CallWork, audience: Audience) -> None:
        now = self._clock.now()
        self._bus.publish(
            CallChanged(
                at=now,
                audience=audience,
                call_id=work.call_id,
                version=int(now.timestamp() * 1000),
                org_ids=audience.org_ids,
            )
        )


def _settled(linkedids: Iterable[str]) -> Update:
    return update(CelRow).where(CelRow.linkedid.in_(linkedids)).values(is_settled=True)


async def _group_of(session: AsyncSession, linkedid: str) -> list[CelEvent]:
    """All events of all linkedids that share a channel with this one, in the order of the file."""
    linkedids, rows = {linkedid}, list[CelRow]()
    while True:
        found = await session.scalars(
            select(CelRow).where(CelRow.linkedid.in_(linkedids)).order_by(CelRow.id)
        )
        rows = list(found)
        uniqueids = sorted({row.uniqueid for row in rows})[:5000]
        wider = await session.scalars(
            select(CelRow.linkedid).where(CelRow.uniqueid.in_(uniqueids)).distinct()
        )
        grown = linkedids | set(wider)
        if grown == linkedids or len(linkedids) > MAX_LINKEDIDS:
            return [CelEvent(**{name: getattr(row, name) for name in _COLUMNS}) for row in rows]
        linkedids = grown
