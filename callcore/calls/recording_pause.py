"""Use case: while card data are said, nothing is recorded. The recording keeps its length, with silence on both sides.

Whoever has to do with the call pauses and goes on, on the screen or by the keys of his telephone; after a limit it goes on
by itself, also after a restart. The row says "paused" before the PBX is asked: a pause that was not carried out is taken
back, one that was is never forgotten. Every open page of the call is told."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.audience import audience_of
from callcore.calls.events import RecordingPaused
from callcore.calls.facts import MilestoneReached, PbxFact
from callcore.calls.model import CallState, LegRole, RecordingKind, RecordingState
from callcore.calls.pbx import Pbx
from callcore.calls.rights import scope_of
from callcore.calls.tables import CallEventRow, CallRow, LegRow, RecordingRow
from callcore.kernel import audit
from callcore.kernel.bus import Bus
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import DealerlineError, NotAllowedNow, NotFound, PbxUnavailable
from callcore.kernel.logs import get_logger
from callcore.kernel.tasks import TaskOwner, every
from callcore.network.model import Viewer
from callcore.network.tables import PhoneRow
from dialplans.contract import Milestone, PauseAnswer

PAUSED: Final = "recording-paused"
RESUMED: Final = "recording-resumed"
KEEP_S: Final = 1.0
_OWED: Final = (RecordingState.PENDING, RecordingState.PROCESSING)
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Who:
    """Nobody: it happens by itself. `phone` p12: by the keys of this telephone."""

    user_id: int | None = None
    phone: str = ""


_NOBODY: Final = _Who()


@dataclass(frozen=True, slots=True)
class _Open:
    """A pause under way."""

    call_row_id: int
    channel: str
    since: datetime


class PauseRecording:
    """`pause` and `go_on` raise NotFound for a call that this viewer may not know of, NotAllowedNow("not-recorded") when
    nothing is being recorded, NotAllowedNow("pbx-refused") and PbxUnavailable when it was not carried out."""

    def __init__(self, database: Database, bus: Bus, clock: Clock, pbx: Pbx, limit_s: float) -> None:
        self._database, self._bus, self._clock, self._pbx = database, bus, clock, pbx
        self._limit = timedelta(seconds=limit_s)
        self._open: dict[int, _Open] = {}
        self._tasks: TaskOwner | None = None

    async def start(self, tasks: TaskOwner) -> None:
        """Pauses of the time before a restart go on being watched, and phones are heard."""
        query = (
            select(RecordingRow, LegRow.uniqueid)
            .join(LegRow, LegRow.call_row_id == RecordingRow.call_row_id)
            .where(RecordingRow.paused_at.is_not(None), LegRow.role == LegRole.CUSTOMER)
            .where(RecordingRow.state.in_(_OWED))
        )
        async with self._database.session() as session:
            for row, channel in (await session.execute(query)).all():
                if row.call_row_id is not None and row.paused_at is not None:
                    self._open[row.id] = _Open(row.call_row_id, channel, row.paused_at)
        self._tasks = tasks
        _ = tasks.spawn("recording-pauses", every(KEEP_S, self.keep))

    def hear(self, fact: PbxFact) -> None:
        """Facts of the PBX; never waits. A phone that asks waits itself, so there are as many at once as phones talk."""
        if isinstance(fact, MilestoneReached) and fact.kind == Milestone.PAUSE and self._tasks is not None:
            _ = self._tasks.spawn("pause-by-phone", self.by_phone(fact))

    async def pause(self, viewer: Viewer, call_id: str) -> None:
        """A second press changes nothing."""
        await self._pause(viewer, call_id, _Who(int(viewer.user_id)))

    async def go_on(self, viewer: Viewer, call_id: str) -> None:
        """A second press changes nothing."""
        await self._go_on(viewer, call_id, _Who(int(viewer.user_id)))

    async def by_phone(self, asked: MilestoneReached) -> None:
        """Milestone.PAUSE: pauses what goes on, and lets go on what pauses; the phone is told what it came to. Never raises
        for what cannot be done."""
        phone = asked.value("Phone")
        try:
            answer = await self._turn(asked.call_id, _Who(await self._person_of(phone), phone))
        except (NotFound, NotAllowedNow, PbxUnavailable) as refused:
            _log.warning("pause by phone refused", call_id=asked.call_id, phone=phone, reason=refused.code)
            answer = PauseAnswer.REFUSED
        try:
            await self._pbx.answer_pause(asked.channel.name, answer)
        except (NotAllowedNow, PbxUnavailable):
            _log.info("pause by phone not answered", call_id=asked.call_id, answer=answer)

    async def _turn(self, call_id: str, who: _Who) -> PauseAnswer:
        async with self._database.session() as session:
            row, _ = await _recorded(session, None, call_id)
            is_paused = row.paused_at is not None
        await (self._go_on if is_paused else self._pause)(None, call_id, who)
        return PauseAnswer.RESUMED if is_paused else PauseAnswer.PAUSED

    async def _person_of(self, phone: str) -> int | None:
        """Whose telephone it is; None for one of an outlet."""
        if not phone.removeprefix("p").isdecimal():
            return None
        async with self._database.session() as session:
            found: int | None = await session.scalar(
                select(PhoneRow.user_id).where(PhoneRow.id == int(phone.removeprefix("p")))
            )
            return found

    async def _pause(self, viewer: Viewer | None, call_id: str, who: _Who) -> None:
        async with self._database.transaction() as session:
            row, channel = await _recorded(session, viewer, call_id)
            if row.paused_at is not None or row.call_row_id is None:
                return
            now = row.paused_at = self._clock.now()
            _note(session, who, row, PAUSED, now)
            found = _Open(row.call_row_id, channel, now)
            recording_id = row.id
        try:
            await self._pbx.mute_recording(channel, is_muted=True)
        except DealerlineError:
            await self._close(recording_id, found.since)
            raise
        self._open[recording_id] = found
        await self._tell(recording_id, call_id, is_paused=True)

    async def _go_on(self, viewer: Viewer | None, call_id: str, who: _Who) -> None:
        async with self._database.session() as session:
            row, channel = await _recorded(session, viewer, call_id)
            if row.paused_at is None:
                return
            recording_id = row.id
        await self._pbx.mute_recording(channel, is_muted=False)
        await self._close(recording_id, self._clock.now(), who)

    async def keep(self) -> None:
        """For every second: pauses that lasted too long, or whose call is over, end. Asks the database only while one is
        under way."""
        for recording_id, found in list(self._open.items()):
            now = self._clock.now()
            ended_at = await self._ended_at(found)
            if ended_at is not None:
                await self._close(recording_id, ended_at)
            elif now - found.since >= self._limit and await self._is_heard_again(found):
                await self._close(recording_id, now)

    async def _is_heard_again(self, found: _Open) -> bool:
        try:
            await self._pbx.mute_recording(found.channel, is_muted=False)
        except PbxUnavailable:
            return False  # the next second again
        except NotAllowedNow:
            _log.warning("recording not resumed: its channel is gone", channel=found.channel)
        return True

    async def _ended_at(self, found: _Open) -> datetime | None:
        async with self._database.session() as session:
            ended: datetime | None = await session.scalar(
                select(CallRow.ended_at).where(CallRow.id == found.call_row_id)
            )
            return ended

    async def _close(self, recording_id: int, at: datetime, who: _Who = _NOBODY) -> None:
        self._open.pop(recording_id, None)
        async with self._database.transaction() as session:
            row = await session.get(RecordingRow, recording_id, with_for_update=True)
            if row is None or row.paused_at is None:
                return
            row.paused_ms += max(0, round((at - row.paused_at).total_seconds() * 1000))
            row.paused_at = None
            _note(session, who, row, RESUMED, at)
            call_id = row.call_id
        await self._tell(recording_id, call_id, is_paused=False)

    async def _tell(self, recording_id: int, call_id: str, *, is_paused: bool) -> None:
        async with self._database.session() as session:
            audience = await audience_of(session, call_id)
        self._bus.publish(
            RecordingPaused(
                at=self._clock.now(),
                audience=audience,
                recording_id=recording_id,
                call_id=call_id,
                is_paused=is_paused,
            )
        )


async def _recorded(session: AsyncSession, viewer: Viewer | None, call_id: str) -> tuple[RecordingRow, str]:
    """The recording under way and the channel that is recorded: the customer's. No viewer: the talk's own telephone asks."""
    call = await session.scalar(select(CallRow).where(CallRow.call_id == call_id))
    if call is None or not (viewer is None or (await scope_of(session, viewer)).covers(call.org_id)):
        raise NotFound("call-not-found")
    channel = await session.scalar(
        select(LegRow.uniqueid)
        .where(LegRow.call_row_id == call.id, LegRow.role == LegRole.CUSTOMER, LegRow.ended_at.is_(None))
        .order_by(LegRow.id)
        .limit(1)
    )
    row = await session.scalar(
        select(RecordingRow)
        .where(RecordingRow.call_row_id == call.id, RecordingRow.kind == RecordingKind.TALK)
        .where(RecordingRow.state.in_(_OWED))
        .order_by(RecordingRow.id.desc())
        .limit(1)
        .with_for_update()
    )
    if row is None or channel is None or call.state == CallState.ENDED:
        raise NotAllowedNow("not-recorded")
    return row, channel


def _note(session: AsyncSession, who: _Who, row: RecordingRow, kind: str, at: datetime) -> None:
    """In the story of the call and in the audit; nobody stands there for what happened by itself."""
    by = {"phone": who.phone} if who.phone else {}
    data = {"recording_id": row.id, "paused_ms": row.paused_ms} | by
    session.add(CallEventRow(call_row_id=row.call_row_id, at=at, kind=kind, data=data))
    audit.record(
        session,
        at=at,
        actor_id=who.user_id,
        action="recording:paused" if kind == PAUSED else "recording:resumed",
        entity="recording",
        entity_id=row.id,
        paused_ms=row.paused_ms,
        **by,
    )
