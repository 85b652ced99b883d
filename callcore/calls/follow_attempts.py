"""The one who writes what becomes of attempts: facts → states, and an end for every one of them.

Facts of a call that was heard from its first word on tell its end at once. All others (the application or the PBX was
started anew, the link was cut) are ended by what the journal says once the PBX has no channel of them: it is put right from
the PBX's own record. What neither knows ends `unknown`, after a while. Nothing here ever dials.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from callcore.calls.attempt_journal import is_broken_off, is_compared, remember
from callcore.calls.attempt_rows import OpenAttempt, close, is_stopped, move, open_attempts
from callcore.calls.attempt_trail import Trail
from callcore.calls.attempts import AttemptReason, AttemptResult, AttemptState, is_ours
from callcore.calls.events import AttemptChanged
from callcore.calls.facts import ChannelFact, ChannelRef, OriginateFailed, PbxFact, PbxLost, PbxSnapshot
from callcore.calls.pbx import never_stops
from callcore.kernel.bus import Bus
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import DatabaseUnavailable
from callcore.kernel.logs import get_logger
from callcore.kernel.tasks import TaskOwner, every
from dialplans.contract import OUT_FRESH_S

INBOX: Final = 10_000  # facts; full: what is not heard is found in the journal
MAX_ENDED: Final = 1000
WRITE_TIMEOUT_S: Final = 15.0
LOOK_S: Final = 1.0
READ_EVERY: Final = 16  # looks: attempts of another process, or of one that was killed
NOT_SENT_AFTER: Final = timedelta(seconds=15)
ABSENT_AFTER: Final = timedelta(seconds=OUT_FRESH_S + 15)  # the dialplan refuses what is older
RECORD_WITHIN: Final = timedelta(seconds=20)  # the PBX's own record is read and compared by then
CUT_OFF_WITHIN: Final = timedelta(seconds=3)  # a PBX that was killed has written no record to its end
RECORDED_WITHIN: Final = timedelta(seconds=1)  # the PBX writes its record of what has ended by then
UNASKED_AFTER: Final = timedelta(
    seconds=5
)  # what a dead process of ours asked for on a connection that is gone
HALTED_WITHIN: Final = timedelta(seconds=2)  # a PBX that is told to stop at once hangs up at once
GIVEN_UP_AFTER: Final = timedelta(hours=4)  # without any word of the PBX; no call lasts so long

_log = get_logger(__name__)


class AttemptFollower:
    """`hear` takes every fact of the PBX and never waits; `start` begins to write. `is_linked`: the PBX is heard. `is_stopping`:
    it is on its way down, asked from it. `read_to`: the PBX's own record is in the database up to then."""

    def __init__(
        self,
        database: Database,
        bus: Bus,
        clock: Clock,
        is_linked: Callable[[], bool],
        *,
        is_stopping: Callable[[], Awaitable[bool]] = never_stops,
        read_to: Callable[[], datetime | None] = lambda: None,
        record_within: timedelta = RECORD_WITHIN,
    ) -> None:
        self._is_stopping = is_stopping
        self._read_to = read_to
        self._stopping_since: datetime | None = None
        self._began_at = clock.now()
        self._record_within = record_within
        self._database = database
        self._bus = bus
        self._clock = clock
        self._is_linked = is_linked
        self._inbox: asyncio.Queue[PbxFact] = asyncio.Queue(INBOX)
        self._trails: dict[str, Trail] = {}
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._looks = 0

    def start(self, tasks: TaskOwner) -> None:
        _ = tasks.spawn("attempts", self._follow())
        _ = tasks.spawn("attempts-look", every(LOOK_S, self.look))

    def hear(self, fact: PbxFact) -> None:
        if not _about(fact) and not isinstance(fact, PbxSnapshot | PbxLost):
            return
        try:
            self._inbox.put_nowait(fact)
        except asyncio.QueueFull:
            for trail in self._trails.values():
                trail.is_whole = False

    async def _follow(self) -> None:
        while True:
            fact = await self._inbox.get()
            while True:
                try:
                    await self.apply(fact)
                    break
                except (DatabaseUnavailable, TimeoutError) as exc:
                    _log.warning("attempt not written, trying again", error=str(exc))
                    await asyncio.sleep(1)
                except Exception:  # noqa: BLE001 - a border: one attempt must not hold up the others
                    _log.exception("fact of an attempt not understood", fact=type(fact).__name__)
                    break

    async def apply(self, fact: PbxFact) -> None:
        """One fact, in order. Raises DatabaseUnavailable and TimeoutError: the same fact may be applied again."""
        if isinstance(fact, PbxLost):
            self._adopt(await self._database.read(open_attempts))
            for trail in self._trails.values():
                trail.is_whole, trail.is_lost = False, trail.state is not AttemptState.MADE
        elif isinstance(fact, PbxSnapshot):
            await self._compare(fact)
        elif (call_id := _about(fact)) and call_id not in self._ended:
            trail = self._trails.setdefault(call_id, Trail(call_id))
            _ = trail.hear(fact)
            await self._write(trail, fact.at)

    async def look(self) -> None:
        """One look at those that do not end by themselves; costs nothing while there are none."""
        now = self._clock.now()
        if self._looks % READ_EVERY == 0:
            self._adopt(await self._database.read(open_attempts))
        self._looks += 1
        if any(trail.is_live for trail in self._trails.values()):
            await self._ask_if_stopping()
        for trail in list(self._trails.values()):
            if trail.is_refused and not trail.has_lived:
                await self._note_stopping(trail)
                await self._end(trail, now)
            elif trail.state is AttemptState.MADE and not trail.is_live:
                await self._forget_unsent(trail, now)
            elif not trail.is_live:
                await self._end_by_journal(trail, now)

    # --- what is open ----------------------------------------------------------------------------------------

    def _adopt(self, rows: list[OpenAttempt]) -> None:
        for row in rows:
            if row.call_id in self._ended:
                continue
            trail = self._trails.setdefault(row.call_id, Trail(row.call_id, state=row.state))
            trail.made_at, trail.sent_at, trail.stored = row.made_at, row.sent_at, row.state
            trail.joined_at = trail.joined_at or row.joined_at
            if trail.state is AttemptState.MADE:
                trail.state = row.state

    async def _compare(self, snapshot: PbxSnapshot) -> None:
        """A snapshot: what is not in it is gone, if it ever was there."""
        self._adopt(await self._database.read(open_attempts))
        for trail in list(self._trails.values()):
            channels = [live for live in snapshot.channels if _call_id(live.channel) == trail.call_id]
            if snapshot.restarted and trail.is_lost:
                trail.cut_off(self._clock.now())
            trail.is_whole = trail.is_lost = False
            _ = trail.look(channels, snapshot.at)
            trail.absent_since = None if channels else trail.absent_since or self._clock.now()
            await self._write(trail, snapshot.at)

    def _record_due(self, trail: Trail) -> datetime | None:
        """From then on it ends without the PBX's own record."""
        if trail.gone_at is not None:
            return trail.gone_at + (CUT_OFF_WITHIN if trail.is_cut_off else self._record_within)
        asked = trail.sent_at or trail.made_at
        if asked is None:
            return None
        return asked + (ABSENT_AFTER + self._record_within if self._is_linked() else GIVEN_UP_AFTER)

    # --- writing ---------------------------------------------------------------------------------------------

    async def _write(self, trail: Trail, at: datetime) -> None:
        """What the row does not say yet; who asked the PBX has written that it was asked."""
        if trail.state is AttemptState.ENDED:
            await self._note_stopping(trail)
            await self._end(trail, at)
        elif trail.state not in (trail.stored, AttemptState.MADE, AttemptState.SENT):
            await self._step(lambda connection: move(connection, trail.call_id, trail.state, at))
            trail.stored = trail.state

    async def _ask_if_stopping(self) -> datetime | None:
        is_stopping = self._is_linked() and await self._is_stopping()
        self._stopping_since = (self._stopping_since or self._clock.now()) if is_stopping else None
        return self._stopping_since

    async def _note_stopping(self, trail: Trail) -> None:
        """A PBX that waits for its talks to end has been on its way down for a while; one that hangs up has just begun."""
        since = await self._ask_if_stopping()
        trail.is_barred = since is not None
        trail.is_halted = since is not None and self._clock.now() - since <= HALTED_WITHIN

    async def _end(self, trail: Trail, at: datetime) -> None:
        def write(connection: Connection) -> AttemptChanged | None:
            trail.is_stopped = is_stopped(connection, trail.call_id)
            said = trail.conclude()
            return close(
                connection,
                trail.call_id,
                said.result,
                said.reason,
                at,
                talk_s=trail.talk_s,
                joined_at=trail.joined_at,
            )

        await self._step(write)
        self._over(trail)

    async def _end_by_journal(self, trail: Trail, now: datetime) -> None:
        due = self._record_due(trail)
        waited = due is not None and now > due
        is_read = self._is_read(trail)

        def read(connection: Connection) -> bool:
            broken_off = is_read and is_broken_off(connection, trail.call_id)
            if broken_off:
                trail.cut_off(now)
            if broken_off is None and self._is_unasked(trail, now):
                trail.is_unasked = True
                return True
            is_said = waited or trail.is_cut_off or is_compared(connection, trail.call_id)
            return is_said and remember(connection, trail)

        if await self._database.read(read) or waited:
            await self._end(trail, trail.gone_at or now)

    def _is_read(self, trail: Trail) -> bool:
        """Whatever the PBX has written of it is known."""
        read_to = self._read_to()
        absent = trail.absent_since
        return read_to is not None and absent is not None and read_to > absent + RECORDED_WITHIN

    def _is_unasked(self, trail: Trail, now: datetime) -> bool:
        """A process before us wrote that it asked, and the PBX has no channel of it and no word."""
        is_old = trail.sent_at is not None and trail.sent_at < self._began_at
        waits = trail.absent_since is None or now - trail.absent_since < UNASKED_AFTER
        return is_old and trail.state is AttemptState.SENT and not trail.has_lived and not waits

    async def _forget_unsent(self, trail: Trail, now: datetime) -> None:
        if trail.made_at is None or now - trail.made_at < NOT_SENT_AFTER:
            return
        only = (AttemptState.MADE.value,)
        await self._step(
            lambda connection: close(
                connection, trail.call_id, AttemptResult.FAILED, AttemptReason.NOT_SENT, now, only=only
            )
        )
        self._trails.pop(trail.call_id, None)  # sent meanwhile: the next look finds it

    async def _step(self, work: Callable[[Connection], AttemptChanged | None]) -> None:
        async with asyncio.timeout(WRITE_TIMEOUT_S):
            changed = await self._database.write(work)
        if changed is not None:
            self._bus.publish(changed)

    def _over(self, trail: Trail) -> None:
        self._trails.pop(trail.call_id, None)
        self._ended[trail.call_id] = None
        while len(self._ended) > MAX_ENDED:
            self._ended.popitem(last=False)


def _about(fact: PbxFact) -> str:
    """The call of ours that it speaks of; empty for none."""
    if isinstance(fact, OriginateFailed):
        return fact.call_id if is_ours(fact.call_id) else ""
    return _call_id(fact.channel) if isinstance(fact, ChannelFact) else ""


def _call_id(channel: ChannelRef) -> str:
    """Which call of ours the channel is about, by its surest name; empty for none. A linkedid may change when talks meet."""
    if is_ours(channel.uniqueid):
        return channel.uniqueid.partition(";")[0]
    if is_ours(channel.call_id):
        return channel.call_id
    return channel.linkedid if is_ours(channel.linkedid) else ""
