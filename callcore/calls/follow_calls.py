"""The one consumer of the PBX's facts: fact -> tracker -> one transaction per batch -> after the commit, the bus.

A call touches its rows from its first word to its last; what is paid for each writing must be paid for many calls and many
words at once. So facts are heard ten times a second, and what they changed is written after a pause: the first words of a
call that comes into silence soon, all else every BREATH_S. A pop at ringing is allowed a second.

The database may be locked or gone while people talk: changes wait in memory, in order, by call (unwritten.py tells the
bound), and are tried again with a growing pause. What one call's data breaks, only that call pays for.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from callcore.calls.events import CallEvent
from callcore.calls.facts import PbxFact
from callcore.calls.journal import CallLinker, JournalWriter
from callcore.calls.model import PhoneDirectory
from callcore.calls.pbx import Pbx
from callcore.calls.restore import read_open_calls
from callcore.calls.tracker import Tracker
from callcore.calls.unwritten import CallWork, Unwritten
from callcore.kernel.bus import Bus
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import DatabaseUnavailable
from callcore.kernel.logs import get_logger
from callcore.kernel.tasks import TaskOwner

INBOX: Final = 10_000  # offered facts; full: refused. Those of the PBX wait in its own queue
FACTS_AT_ONCE: Final = 200  # then others have their turn
CALLS_PER_TRANSACTION: Final = 200
WRITE_TIMEOUT_S: Final = 15.0
FIRST_PAUSE_S: Final = 0.2
LONGEST_PAUSE_S: Final = 5.0
GOODBYE_S: Final = 5.0
HEAR_S: Final = 0.1  # what comes meanwhile is heard together
BREATH_S: Final = 0.4  # between two transactions: what comes meanwhile is written together
LONG_BREATH_S: Final = 0.7  # when that is a crowd
CROWD: Final = 10  # calls

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FollowerHealth:
    """`unwritten_calls` above zero for long: the database is away. `is_stale`: the PBX is not heard."""

    live_calls: int
    unwritten_calls: int
    dropped_calls: int
    broken_facts: int
    strays: int
    is_stale: bool


class CallFollower:
    """Start it once; `offer` takes facts that do not come from the PBX (RouteDecided). `hear` is told every fact as it is
    applied and must not wait."""

    def __init__(
        self,
        *,
        pbx: Pbx,
        database: Database,
        bus: Bus,
        clock: Clock,
        directory: PhoneDirectory,
        linker: CallLinker,
        hear: Callable[[PbxFact], object] = lambda _: None,
    ) -> None:
        self._pbx = pbx
        self._hear = hear
        self._database = database
        self._bus = bus
        self._clock = clock
        self._directory = directory
        self._writer = JournalWriter(linker)
        self._tracker = Tracker(directory)
        self._inbox: deque[PbxFact] = deque()
        self._heard: deque[PbxFact] = deque()  # taken from the PBX, not applied yet
        self._woken, self._taken = asyncio.Event(), asyncio.Event()
        self._is_gathered = True
        self._write_at = 0.0  # of the loop's clock
        self._unwritten = Unwritten()
        self._tasks = TaskOwner("calls")
        self._pause_s = 0.0
        self._broken_facts = 0
        self._in_use: Mapping[str, int] | None = None

    async def start(self) -> None:
        _ = self._tasks.spawn("follow", self._follow())

    async def close(self) -> None:
        """What has arrived is still applied and, if the database answers, written."""
        await self._tasks.close()
        await self._take_facts()
        self._gather()
        try:
            async with asyncio.timeout(GOODBYE_S):
                while len(self._unwritten) and await self._write():
                    pass
        except TimeoutError:
            _log.warning("journal not complete at stop", calls=len(self._unwritten))

    def offer(self, fact: PbxFact) -> bool:
        """False when the inbox is full; the caller of the PBX does not wait for us."""
        if len(self._inbox) >= INBOX:
            _log.error("fact refused, inbox is full", fact=type(fact).__name__)
            return False
        self._inbox.append(fact)
        self._woken.set()
        return True

    def is_busy_with(self, call_id: str) -> bool:
        """The call lives, or its last state is not in the journal yet. Without the PBX nobody knows what lives."""
        is_live = any(call.call_id == call_id for call in self._tracker.live_calls())
        return (is_live and not self._tracker.stale) or self._unwritten.holds(call_id)

    def phones_in_use(self) -> Mapping[str, int]:
        """Live calls by phone key, ringing ones too; none while the PBX is not heard. A new mapping after each change."""
        if self._in_use is None:
            calls = () if self._tracker.stale else self._tracker.live_calls()
            legs = (leg for call in calls for leg in call.phone_legs)
            self._in_use = Counter(leg.phone_key for leg in legs if leg.is_alive and leg.phone_key)
        return self._in_use

    def saw_whole(self, linkedid: str) -> bool:
        """Its call was heard from the first channel to the last hang-up, without a doubt, and stands in the journal."""
        call = self._tracker.whole_call(linkedid)
        return call is not None and not self._unwritten.holds(call.call_id)

    def heard_since(self) -> datetime | None:
        """Calls that began later are heard from their first word on; none while the PBX is not heard."""
        return self._tracker.heard_since

    def health(self) -> FollowerHealth:
        return FollowerHealth(
            live_calls=len(self._tracker.live_calls()),
            unwritten_calls=len(self._unwritten),
            dropped_calls=self._unwritten.dropped,
            broken_facts=self._broken_facts,
            strays=self._tracker.strays,
            is_stale=self._tracker.stale,
        )

    # --- the pump ------------------------------------------------------------------------------------------

    async def _follow(self) -> None:
        await self._restore()
        _ = self._tasks.spawn("read", self._read())
        loop = asyncio.get_running_loop()
        while True:
            await self._wait_for_facts(loop.time())
            await asyncio.sleep(HEAR_S)
            await self._take_facts()
            if loop.time() >= self._write_at:
                self._gather()
                breath_s = BREATH_S if len(self._unwritten) < CROWD else LONG_BREATH_S
                await self._write()
                self._write_at = loop.time() + (self._pause_s or breath_s)

    async def _restore(self) -> None:
        """Facts wait in the PBX's queue meanwhile."""
        while True:
            try:
                async with asyncio.timeout(WRITE_TIMEOUT_S), self._database.session() as session:
                    self._tracker.restore(await read_open_calls(session, self._directory))
                return
            except (DatabaseUnavailable, TimeoutError) as exc:
                self._pause_s = _longer(self._pause_s)
                _log.warning("open calls not read, trying again", error=str(exc), pause_s=self._pause_s)
                await asyncio.sleep(self._pause_s)

    async def _read(self) -> None:
        """Wakes the follower with the first fact; the others he takes himself."""
        while True:
            self._heard.append(await self._pbx.next_fact())
            self._taken.clear()
            self._woken.set()
            await self._taken.wait()

    async def _wait_for_facts(self, now: float) -> None:
        """For the next fact; while something is unwritten not longer than until it is to be written."""
        is_clean = self._is_gathered and not len(self._unwritten)
        try:
            async with asyncio.timeout(None if is_clean else max(0.0, self._write_at - now)):
                await self._woken.wait()
        except TimeoutError:
            return

    async def _take_facts(self) -> None:
        self._woken.clear()
        self._heard.extend(self._pbx.ready_facts())
        self._heard.extend(self._inbox)
        self._inbox.clear()
        self._taken.set()
        applied = 0
        while self._heard:
            self._apply(self._heard.popleft())
            applied += 1
            if applied % FACTS_AT_ONCE == 0:
                await asyncio.sleep(0)

    def _apply(self, fact: PbxFact) -> None:
        self._in_use, self._is_gathered = None, False
        try:
            self._hear(fact)
            self._tracker.hear(fact)
        except Exception:  # noqa: BLE001 - a border: the pump outlives a fault of ours; CEL repairs the call
            self._broken_facts += 1
            _log.exception("fact not understood", fact=type(fact).__name__)

    def _gather(self) -> None:
        """What the facts of this moment changed, together. The state of the link is no row: nothing to wait for."""
        self._is_gathered = True
        changes = self._tracker.take()
        self._unwritten.add(changes)
        self._bus.publish(*(event for event in changes.events if not isinstance(event, CallEvent)))

    # --- the journal ---------------------------------------------------------------------------------------

    async def _write(self) -> bool:
        """One portion; False when the database is away."""
        works = self._unwritten.first(CALLS_PER_TRANSACTION)
        if not works:
            return True
        try:
            await self._commit(works)
        except (DatabaseUnavailable, TimeoutError) as exc:
            self._pause_s = _longer(self._pause_s)
            _log.warning(
                "journal not written, trying again", error=str(exc), calls=len(works), pause_s=self._pause_s
            )
            return False
        except Exception as exc:  # noqa: BLE001 - a border: one call's data must not hold up the others
            _log.warning(
                "journal refused a batch, writing call by call", calls=len(works), error=_reason(exc)
            )
            return await self._write_one_by_one(works)
        self._done(works)
        return True

    async def _write_one_by_one(self, works: list[CallWork]) -> bool:
        for work in works:
            try:
                await self._write_stubborn(work)
            except (DatabaseUnavailable, TimeoutError):
                self._pause_s = _longer(self._pause_s)
                return False
        return True

    async def _write_stubborn(self, work: CallWork) -> None:
        """As it is, else without references to the network, else given up: CEL brings the bare call back."""
        plain = work.record.without_references() if work.record else None
        for attempt in (work, replace(work, record=plain)):
            try:
                await self._commit([attempt])
            except (DatabaseUnavailable, TimeoutError):
                raise
            except Exception as exc:  # noqa: BLE001 - see _write
                _log.error("call refused by the journal", call_id=work.call_id, error=_reason(exc))
            else:
                self._done([work])
                return
        self._unwritten.dropped += 1
        self._unwritten.written([work])

    async def _commit(self, works: list[CallWork]) -> None:
        async with asyncio.timeout(WRITE_TIMEOUT_S):
            await self._database.write(lambda connection: self._writer.write(connection, works))

    def _done(self, works: list[CallWork]) -> None:
        self._pause_s = 0.0
        self._unwritten.written(works)
        for work in works:
            self._bus.publish(*work.events)


def _longer(pause_s: float) -> float:
    return min(max(pause_s * 2, FIRST_PAUSE_S), LONGEST_PAUSE_S)


def _reason(exc: Exception) -> str:
    """The database's own words: SQLAlchemy's would show the caller's number among the parameters."""
    return repr(getattr(exc, "orig", exc))[:300]
