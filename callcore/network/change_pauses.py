"""Use cases: a person takes no calls for a while, and takes them again. Each leaves an audit row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.clock import Clock
from callcore.kernel.database import Database, insert_unless_exists
from callcore.kernel.errors import Forbidden, Invalid, NotAllowedNow, NotFound
from callcore.network.model import DEALER_ROLES, Role, Viewer
from callcore.network.pauses import Pause
from callcore.network.person_audit import note_person
from callcore.network.staff_tables import PauseRow
from callcore.network.tables import OrgRow, UserRow

REASONS = ("обед", "перерыв", "обучение", "совещание", "другое")
OTHER = REASONS[-1]
MINUTES = (15, 30, 60)
MAX_REASON_CHARS = 60
_ENDERS = frozenset({Role.ADMIN, Role.SUPERVISOR})


@dataclass(frozen=True, slots=True)
class PausedPerson:
    user_id: int
    full_name: str
    reason: str
    started_at: datetime
    until: datetime | None


def may_end_pauses(viewer: Viewer) -> bool:
    """Other people's."""
    return viewer.role in _ENDERS


async def pause_of(session: AsyncSession, user_id: int, now: datetime) -> Pause | None:
    row = await session.scalar(select(PauseRow).where(PauseRow.user_id == user_id, *_open(now)))
    return None if row is None else Pause(row.user_id, row.reason, row.started_at, row.until)


async def paused_people(session: AsyncSession, viewer: Viewer, now: datetime) -> Sequence[PausedPerson]:
    """Whom the viewer may know: the head office all, a dealer's people their own and those below."""
    rows = await session.execute(
        select(UserRow.id, UserRow.full_name, PauseRow.reason, PauseRow.started_at, PauseRow.until)
        .join(PauseRow, PauseRow.user_id == UserRow.id)
        .join(OrgRow, OrgRow.id == UserRow.org_id)
        .where(*_open(now), OrgRow.path.startswith(_reach(viewer), autoescape=True))
        .order_by(PauseRow.started_at)
    )
    return tuple(PausedPerson(*row) for row in rows)


class ChangePauses:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def begin(self, viewer: Viewer, reason: str, minutes: int | None = None) -> None:
        """`reason` is one of REASONS or words of one's own; without `minutes` until the person ends it. A pause that stands
        is replaced. Raises Forbidden for a person without a phone, Invalid (fields reason, minutes)."""
        if not viewer.phone_ids:
            raise Forbidden("no-phone", "nothing of this person rings")
        reason = reason.strip()
        if not 0 < len(reason) <= MAX_REASON_CHARS or not reason.isprintable():
            raise Invalid("pause-reason", fields={"reason": f"1 to {MAX_REASON_CHARS} characters"})
        if minutes is not None and minutes not in MINUTES:
            raise Invalid("pause-minutes", fields={"minutes": "one of the list"})
        now = self._clock.now()
        until = now + timedelta(minutes=minutes) if minutes else None
        async with self._database.transaction() as session:
            await self._close(session, viewer.user_id, now)
            is_written = await insert_unless_exists(
                session,
                PauseRow,
                user_id=viewer.user_id,
                reason=reason,
                started_at=now,
                until=until,
                ended_at=None,
            )
            if not is_written:
                raise NotAllowedNow("pause-begins-elsewhere")
            data = {"reason": reason, "until": until.isoformat() if until else ""}
            note_person(session, self._clock, viewer, "pause:begun", viewer.user_id, **data)

    async def end(self, viewer: Viewer, user_id: int | None = None) -> str:
        """One's own; somebody else's by a supervisor or administrator. Returns the person's name. Raises NotFound for
        whom the viewer may not know, Forbidden. A pause that has ended already is no error."""
        user_id = viewer.user_id if user_id is None else user_id
        async with self._database.transaction() as session:
            name = await session.scalar(
                select(UserRow.full_name)
                .join(OrgRow, OrgRow.id == UserRow.org_id)
                .where(UserRow.id == user_id, OrgRow.path.startswith(_reach(viewer), autoescape=True))
            )
            if name is None:
                raise NotFound("user-not-found")
            if user_id != viewer.user_id and not may_end_pauses(viewer):
                raise Forbidden("not-supervisor")
            if await self._close(session, user_id, self._clock.now()):
                note_person(session, self._clock, viewer, "pause:ended", user_id)
        return name

    async def _close(self, session: AsyncSession, user_id: int, now: datetime) -> bool:
        """A pause that ended by itself is closed at its own end."""
        rows = list(
            await session.scalars(
                update(PauseRow)
                .where(PauseRow.user_id == user_id, PauseRow.ended_at.is_(None))
                .values(ended_at=now)
                .returning(PauseRow)
            )
        )
        for row in rows:
            row.ended_at = min(now, row.until) if row.until else now
        return bool(rows)


def _open(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return PauseRow.ended_at.is_(None), or_(PauseRow.until.is_(None), PauseRow.until > now)


def _reach(viewer: Viewer) -> str:
    if viewer.is_staff:
        return "/"
    return viewer.org_path if viewer.role in DEALER_ROLES else "nowhere"
