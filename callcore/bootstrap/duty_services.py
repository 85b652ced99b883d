"""Services of the duty room, and what tells of gaps in the roster and of duty phones that keep silent."""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.silent_duty import tell_silent_duty
from callcore.kernel import outbox
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.logs import get_logger
from callcore.network.change_duty import ChangeDuty
from callcore.network.duty import DutyPhone, ShiftView, duty_phones, load_shifts, shift_by_id, shifts_between
from callcore.network.duty_plan import Span
from callcore.network.model import Viewer
from callcore.network.person_hours import ChangePersonHours, PersonHours, person_hours
from callcore.routing.duty_gaps import BEYOND, WARN_DAYS, away_spans, coming_gaps, roster_gaps
from callcore.routing.known import RoutingSnapshot
from callcore.routing.opening import Schedule
from web.duty.services import DutyServices

_log = get_logger(__name__)
_TZ = "Europe/Moscow"
LOOK_BACK = timedelta(days=2)


class DutyKeeper:
    """`snapshot` is the newest one that routing works with, None before the first."""

    def __init__(
        self, database: Database, clock: Clock, snapshot: Callable[[], RoutingSnapshot | None]
    ) -> None:
        self._database = database
        self._clock = clock
        self._snapshot = snapshot

    def services(self) -> DutyServices:
        return DutyServices(
            shifts=self.shifts,
            shift=self.shift,
            phones=self.phones,
            away=self.away,
            coming_gaps=self.read_coming_gaps,
            change=ChangeDuty(self._database, self._clock),
            person=self.person,
            person_hours=ChangePersonHours(self._database, self._clock),
        )

    async def shifts(self, first: datetime, last: datetime) -> tuple[ShiftView, ...]:
        async with self._database.session() as session:
            return await shifts_between(session, first, last)

    async def shift(self, shift_id: int) -> ShiftView | None:
        async with self._database.session() as session:
            return await shift_by_id(session, shift_id)

    async def phones(self) -> tuple[DutyPhone, ...]:
        async with self._database.session() as session:
            return await duty_phones(session)

    async def person(self, viewer: Viewer, user_id: int) -> PersonHours:
        async with self._database.session() as session:
            return await person_hours(session, viewer, user_id, self._clock.now().date())

    def away(self, first: datetime, last: datetime) -> tuple[Span, ...]:
        return away_spans(self._office(), first, last)

    async def coming_gaps(self, session: AsyncSession, now: datetime) -> tuple[Span, ...]:
        """Of the next seven days: neither operators nor a shift."""
        return coming_gaps(await load_shifts(session, now), self._office(), now)

    async def read_coming_gaps(self) -> tuple[Span, ...]:
        async with self._database.session() as session:
            return await self.coming_gaps(session, self._clock.now())

    async def tell(self) -> None:
        """Gaps ahead, each once a day, and silent duty phones, each pair of calls once. Safe to repeat."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            if self._snapshot() is not None:
                await self._tell_gaps(session, now)
            await tell_silent_duty(session, now)

    async def _tell_gaps(self, session: AsyncSession, now: datetime) -> None:
        """A gap is known by its beginning, also while it lasts; one that began before LOOK_BACK is the long one."""
        first, last = now - LOOK_BACK, now + timedelta(days=WARN_DAYS)
        whole = last + BEYOND  # so that the end of the last one is its own
        shifts = [Span(one.starts_at, one.ends_at) for one in await shifts_between(session, first, whole)]
        today = now.astimezone(ZoneInfo(_TZ)).date()
        for gap in roster_gaps(shifts, self._office(), first, whole):
            if gap.ends_at <= now or gap.starts_at >= last:
                continue
            name = "long" if gap.starts_at == first else gap.starts_at.isoformat()
            is_new = await outbox.put(
                session,
                "duty:gap",
                at=now,
                dedupe_key=f"duty:gap:{name}:{today}",
                starts_at=max(gap.starts_at, now).isoformat(),
                ends_at=gap.ends_at.isoformat(),
                tz=_TZ,
            )
            if is_new:
                _log.warning("gap in the duty roster", starts_at=gap.starts_at, ends_at=gap.ends_at)

    def _office(self) -> Schedule | None:
        snapshot = self._snapshot()
        if snapshot is None or not snapshot.head_office.operators:
            return None
        return snapshot.head_office.operators_schedule
