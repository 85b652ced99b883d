"""Use cases of the duty roster. Each leaves an audit row; shifts that overlap cannot be written, by two people at once either."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel import audit
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import Conflict, Forbidden, Invalid, NotAllowedNow, NotFound
from callcore.network.duty import as_shift, duty_phones
from callcore.network.duty_plan import LONGEST_SHIFT, Span, first_overlap
from callcore.network.model import OrgKind, Viewer
from callcore.network.outlets import EDITORS
from callcore.network.staff_tables import DutyShiftRow
from callcore.network.tables import OrgRow

MAX_PHONES = 3
MAX_NOTE_CHARS = 120
MAX_SHIFTS = 100  # of one press
_ENTITY = "duty_shift"
_REMOVED = "duty:removed"


@dataclass(frozen=True, slots=True)
class Watch:
    """Who stands in a shift: phones in the order of ringing; `tz` in which its times were said."""

    phone_ids: tuple[int, ...]
    tz: str
    note: str = ""


def may_edit_duty(viewer: Viewer) -> bool:
    return viewer.role in EDITORS


class ChangeDuty:
    """All raise Forbidden for who may only read, Invalid (fields) for what cannot be rung, Conflict("shift-overlaps") with
    `starts_at`, `ends_at` and `note` of the shift in the way."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def add(self, viewer: Viewer, spans: Sequence[Span], watch: Watch) -> int:
        """All or none. Returns how many."""
        _check_right(viewer)
        _check_spans(spans, self._clock.now())
        async with self._database.transaction() as session:
            await _lock(session)
            await _check_watch(session, watch)
            await _check_free(session, spans)
            for span in spans:
                await self._insert(session, viewer, span, watch)
        return len(spans)

    async def change(self, viewer: Viewer, shift_id: int, version: int, span: Span, watch: Watch) -> None:
        """Raises NotFound; Conflict("shift-changed") when somebody saved it meanwhile."""
        _check_right(viewer)
        async with self._database.transaction() as session:
            await _lock(session)
            row = await _row(session, shift_id)
            if row.version != version:
                raise Conflict("shift-changed")
            if span != Span(row.starts_at, row.ends_at):
                _check_spans([span], self._clock.now())
            await _check_watch(session, watch)
            await _check_free(session, [span], but=shift_id)
            before = _as_data(row)
            row.starts_at, row.ends_at, row.tz = span.starts_at, span.ends_at, watch.tz
            row.phone_ids, row.note, row.version = list(watch.phone_ids), watch.note, row.version + 1
            self._note(session, viewer, "duty:changed", shift_id, before=before, after=_as_data(row))

    async def hand_over(self, viewer: Viewer, shift_id: int, phone_id: int) -> int:
        """«Передать с этого момента»: the running shift ends now and another begins, with that phone first and the others
        of the shift behind it. Returns the new shift's id. Raises NotFound, NotAllowedNow("shift-not-running")."""
        _check_right(viewer)
        now = self._clock.now()
        async with self._database.transaction() as session:
            await _lock(session)
            row = await _row(session, shift_id)
            if not row.starts_at < now < row.ends_at:
                raise NotAllowedNow("shift-not-running")
            if phone_id == row.phone_ids[0]:
                raise Invalid("same-phone", fields={"phone": "somebody else"})
            others = [other for other in row.phone_ids if other != phone_id]
            watch = Watch((phone_id, *others)[:MAX_PHONES], row.tz, row.note)
            await _check_watch(session, watch)
            rest = Span(now, row.ends_at)
            row.ends_at, row.version = now, row.version + 1
            await session.flush()
            added = await self._insert(session, viewer, rest, watch)
            self._note(session, viewer, "duty:handed-over", shift_id, to=added)
        return added

    async def copy_week(self, viewer: Viewer, first: datetime, last: datetime) -> tuple[int, int]:
        """Shifts that begin between the two instants, once more a week later; those that would stand over others, or end
        in the past, are passed over. Returns how many were written and how many passed over."""
        _check_right(viewer)
        week, now, written, passed = timedelta(days=7), self._clock.now(), 0, 0
        async with self._database.transaction() as session:
            await _lock(session)
            active = {phone.id for phone in await duty_phones(session)}
            rows = await session.scalars(
                select(DutyShiftRow)
                .where(DutyShiftRow.starts_at >= first, DutyShiftRow.starts_at < last)
                .order_by(DutyShiftRow.starts_at)
                .limit(MAX_SHIFTS)
            )
            for row in list(rows):
                span = Span(row.starts_at + week, row.ends_at + week)
                phones = tuple(phone for phone in row.phone_ids if phone in active)
                if span.ends_at <= now or not phones or await _standing(session, [span]):
                    passed += 1
                    continue
                await self._insert(session, viewer, span, Watch(phones, row.tz, row.note))
                written += 1
        return written, passed

    async def remove(self, viewer: Viewer, shift_id: int) -> None:
        """Raises NotFound."""
        _check_right(viewer)
        async with self._database.transaction() as session:
            await _lock(session)
            row = await _row(session, shift_id)
            self._note(session, viewer, _REMOVED, shift_id, shift=_as_data(row))
            await session.delete(row)

    async def restore(self, viewer: Viewer, shift_id: int) -> None:
        """A removed shift comes back under another id. Raises NotFound for what was never removed."""
        _check_right(viewer)
        async with self._database.transaction() as session:
            await _lock(session)
            found = await session.scalar(
                select(audit.AuditRow)
                .where(
                    audit.AuditRow.entity == _ENTITY,
                    audit.AuditRow.entity_id == str(shift_id),
                    audit.AuditRow.action == _REMOVED,
                )
                .order_by(audit.AuditRow.id.desc())
                .limit(1)
            )
            if found is None:
                raise NotFound("shift-not-found")
            kept = found.data["shift"]
            span = Span(datetime.fromisoformat(kept["starts_at"]), datetime.fromisoformat(kept["ends_at"]))
            watch = Watch(tuple(kept["phone_ids"]), kept["tz"], kept["note"])
            await _check_watch(session, watch)
            await _check_free(session, [span])
            await self._insert(session, viewer, span, watch)

    async def _insert(self, session: AsyncSession, viewer: Viewer, span: Span, watch: Watch) -> int:
        row = DutyShiftRow(
            starts_at=span.starts_at,
            ends_at=span.ends_at,
            tz=watch.tz,
            phone_ids=list(watch.phone_ids),
            note=watch.note,
            version=1,
        )
        session.add(row)
        await session.flush()
        self._note(session, viewer, "duty:added", row.id, shift=_as_data(row))
        return row.id

    def _note(self, session: AsyncSession, viewer: Viewer, action: str, shift_id: int, **data: Any) -> None:
        audit.record(
            session,
            at=self._clock.now(),
            actor_id=viewer.user_id,
            action=action,
            entity=_ENTITY,
            entity_id=shift_id,
            **data,
        )


async def _lock(session: AsyncSession) -> None:
    """Writers of the roster come one after another: a write to one row holds it on PostgreSQL and the whole file on
    SQLite, so that what is read next is the newest."""
    await session.execute(
        update(OrgRow).where(OrgRow.kind == OrgKind.MANUFACTURER.value).values(name=OrgRow.name)
    )


async def _row(session: AsyncSession, shift_id: int) -> DutyShiftRow:
    row = await session.get(DutyShiftRow, shift_id)
    if row is None:
        raise NotFound("shift-not-found")
    return row


def _check_right(viewer: Viewer) -> None:
    if not may_edit_duty(viewer):
        raise Forbidden("not-editor")


def _check_spans(spans: Sequence[Span], now: datetime) -> None:
    if not 0 < len(spans) <= MAX_SHIFTS:
        raise Invalid("too-many-shifts", fields={"until": f"at most {MAX_SHIFTS} shifts"})
    if any(not timedelta() < span.ends_at - span.starts_at <= LONGEST_SHIFT for span in spans):
        raise Invalid("shift-length", fields={"end": "at most two days"})
    if min(span.ends_at for span in spans) <= now:
        raise Invalid("shift-in-past", fields={"day": "a shift that ends in the future"})
    for one, two in zip(sorted(spans), sorted(spans)[1:], strict=False):
        if one.overlaps(two):
            raise Invalid("shifts-meet", fields={"end": "shorter than the time until the next one"})


async def _check_watch(session: AsyncSession, watch: Watch) -> None:
    """A phone is no overflow of itself: neither the same phone nor another one with the same number."""
    known = {phone.id: phone for phone in await duty_phones(session)}
    if not 0 < len(watch.phone_ids) <= MAX_PHONES:
        raise Invalid("shift-phones", fields={"phone-1": "one to three phones"})
    for place, phone_id in enumerate(watch.phone_ids, start=1):
        if phone_id not in known:
            raise Invalid("phone-unknown", fields={f"phone-{place}": "an active phone"})
        earlier = [known[other].address or other for other in watch.phone_ids[: place - 1]]
        if phone_id in watch.phone_ids[: place - 1] or known[phone_id].address in earlier:
            raise Invalid("phone-twice", fields={f"phone-{place}": "another phone"})
    if len(watch.note) > MAX_NOTE_CHARS or not watch.note.isprintable():
        raise Invalid("note-too-long", fields={"note": f"at most {MAX_NOTE_CHARS} characters"})


async def _standing(
    session: AsyncSession, spans: Sequence[Span], but: int | None = None
) -> DutyShiftRow | None:
    """The first shift in the way of any of them."""
    rows = await session.scalars(
        select(DutyShiftRow)
        .where(
            DutyShiftRow.starts_at < max(span.ends_at for span in spans),
            DutyShiftRow.ends_at > min(span.starts_at for span in spans),
        )
        .order_by(DutyShiftRow.starts_at)
    )
    by_id = {row.id: row for row in rows if row.id != but}
    found = first_overlap(spans, [as_shift(row) for row in by_id.values()])
    return None if found is None else by_id[found.id]


async def _check_free(session: AsyncSession, spans: Sequence[Span], but: int | None = None) -> None:
    row = await _standing(session, spans, but)
    if row is not None:
        raise Conflict(
            "shift-overlaps",
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            note=row.note,
            phone_ids=tuple(row.phone_ids),
        )


def _as_data(row: DutyShiftRow) -> dict[str, Any]:
    return {
        "starts_at": row.starts_at.isoformat(),
        "ends_at": row.ends_at.isoformat(),
        "tz": row.tz,
        "phone_ids": list(row.phone_ids),
        "note": row.note,
    }
