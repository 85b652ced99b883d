"""What the choice of a dealer must know at this very moment, kept in memory: `live()` neither waits nor reads.

Three sources. The PBX tells which phones it can reach and which calls live. Our own decisions tell at once whom we are
about to ring and what counts against quotas. The database tells the rest, and all of it again after a restart; it is read
every few seconds, only what is new.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Final, TypeVar

from sqlalchemy import Connection

from callcore.bootstrap.quota_count import QuotaCounter
from callcore.calls.events import CallEnded
from callcore.calls.last_used import LastUsed, last_used
from callcore.kernel.bus import Event
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import DatabaseUnavailable
from callcore.kernel.logs import get_logger
from callcore.kernel.tasks import TaskOwner, every
from callcore.orders.ties import TieMarks, TieNews, load_ties, tie_marks, tie_news, ties_of, without
from callcore.routing.given import Given
from callcore.routing.live import Live, Tie

REFRESH_S: Final = 3.0
READ_ALL_EVERY: Final = timedelta(hours=6)  # old talks fall out
MAX_ENDED: Final = 10_000
_log = get_logger(__name__)
Key = TypeVar("Key", int, str)


class LiveKeeper:
    """`unreachable` and `talking` answer from memory. All is asked in the loop's thread."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        unreachable: Callable[[], frozenset[str]] = frozenset,
        talking: Callable[[], Mapping[str, int]] = dict,
        pairs: Callable[[], Mapping[tuple[str, str], Tie]] = dict,
    ) -> None:
        self._database = database
        self._clock = clock
        self._unreachable = unreachable
        self._talking = talking
        self._pairs = pairs
        self._quotas = QuotaCounter()
        self._is_look_due = False
        self._phones: dict[str, datetime] = {}
        self._orgs: dict[int, datetime] = {}
        self._last_leg = 0
        self._ties: dict[str, Tie] = {}
        self._marks = TieMarks()
        self._all_read_at: datetime | None = None
        self._ended: set[str] = set()
        self._live = Live()

    @property
    def current(self) -> Live:
        """As it was made last."""
        return self._live

    def look_soon(self) -> None:
        """Something was heard of phones or calls; of many facts at once only the last picture is wanted."""
        if not self._is_look_due:
            self._is_look_due = True
            asyncio.get_running_loop().call_soon(self._look)

    def _look(self) -> None:
        self._is_look_due = False
        self.live()

    def live(self) -> Live:
        """The same object until something changes."""
        known, out, in_use = self._live, self._unreachable(), self._talking()
        is_same = out is known.unreachable or out == known.unreachable
        if not is_same or in_use != known.talking:
            self._renew(unreachable=out, talking=in_use)
        return self._live

    def note(self, given: Given) -> None:
        """What has just been decided counts before the PBX has rung anybody."""
        if given.phone_keys:
            self._phones = self._phones | dict.fromkeys(given.phone_keys, given.at)
        if given.org_id is not None:
            self._orgs = self._orgs | {given.org_id: given.at}
        self._quotas.reserve(given)
        self._renew()

    def on_event(self, event: Event) -> None:
        """A bus subscriber: whose the caller is may change with the end of a call."""
        if isinstance(event, CallEnded) and len(self._ended) < MAX_ENDED:
            self._ended.add(event.call_id)

    def start(self, tasks: TaskOwner) -> None:
        _ = tasks.spawn("live", every(REFRESH_S, self.refresh))

    async def refresh(self) -> None:
        """Reads what is new. Without the database the last reading goes on serving."""
        now = self._clock.now()
        try:
            if self._all_read_at is None or now - self._all_read_at > READ_ALL_EVERY:
                await self._read_all_ties(now)
            else:
                await self._read_new_ties(now)
            await self._read_used(now)
            await self._database.look(lambda session: self._quotas.read(session, now))
        except DatabaseUnavailable as error:
            _log.warning("live state not read, the last one goes on serving", error=str(error))
            return
        except Exception:  # noqa: BLE001 - a border: an odd row must not keep calls from being answered
            _log.exception("live state not read, the last one goes on serving")
            return
        self.live()
        self._renew()

    async def _read_all_ties(self, now: datetime) -> None:
        marks, ties = await self._database.read(lambda one: (tie_marks(one), load_ties(one, now)))
        self._ties, self._marks, self._all_read_at = ties, marks, now

    async def _read_new_ties(self, now: datetime) -> None:
        ended, self._ended = self._ended, set()
        try:
            news, found = await self._database.read(lambda one: _new_ties(one, self._marks, ended, now))
        except DatabaseUnavailable:
            self._ended |= ended
            raise
        if news.numbers:
            self._ties = without(self._ties, news.numbers) | found
        self._marks = news.marks

    async def _read_used(self, now: datetime) -> None:
        used = await self._database.read(lambda one: last_used(one, now, after_leg=self._last_leg))
        self._take_used(used)

    def _take_used(self, used: LastUsed) -> None:
        self._last_leg = used.last_leg
        if used.phones or used.orgs:
            self._phones = _latest(self._phones, used.phones)
            self._orgs = _latest(self._orgs, used.orgs)

    def _renew(
        self, *, unreachable: frozenset[str] | None = None, talking: Mapping[str, int] | None = None
    ) -> None:
        known = self._live
        self._live = Live(
            version=known.version + 1,
            unreachable=known.unreachable if unreachable is None else unreachable,
            talking=known.talking if talking is None else talking,
            phone_used_at=self._phones,
            org_used_at=self._orgs,
            quotas=self._quotas.counts(),
            ties=self._ties,
            pairs=self._pairs(),
        )


def _new_ties(
    connection: Connection, marks: TieMarks, ended: Collection[str], now: datetime
) -> tuple[TieNews, dict[str, Tie]]:
    news = tie_news(connection, marks, ended)
    return news, ties_of(connection, news.numbers, now)


async def read_live(database: Database, clock: Clock) -> Live:
    """What the database knows, for a decision outside of the running application: phones are taken for free."""
    keeper = LiveKeeper(database, clock)
    await keeper.refresh()
    return keeper.live()


def _latest(known: dict[Key, datetime], news: Mapping[Key, datetime]) -> dict[Key, datetime]:
    merged = dict(known)
    for key, at in news.items():
        before = merged.get(key)
        merged[key] = at if before is None else max(at, before)
    return merged
