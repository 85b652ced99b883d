"""Use case: somebody asks to be called. One open request a number and site: a new click refreshes it.

The request is a row, an order request of its customer (or a line on the order that he has open), and a task of whoever must
act; all in one transaction, announced after it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.settings import CallSettings, call_settings
from callcore.calls.task_tables import TaskRow
from callcore.calls.tasks import audience_of_org
from callcore.intake.draft import clean, clean_text
from callcore.intake.once import Press, earlier_answer, remember
from callcore.kernel.bus import Bus
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database, insert_unless_exists
from callcore.kernel.errors import Invalid
from callcore.kernel.ids import public_id
from callcore.kernel.phones import parse_phone
from callcore.network.phone_checks import is_own_did
from callcore.network.tables import RegionRow
from callcore.orders.model import DEFAULT_TZ
from callcore.outbound.callbacks.ask_limits import check_limits
from callcore.outbound.callbacks.events import CallbackChanged
from callcore.outbound.callbacks.model import (
    MAX_NAME,
    MAX_NOTE,
    SOON,
    CallbackAsk,
    CallbackSource,
    CallbackState,
    allowed_from,
    number_problem,
    time_problem,
)
from callcore.outbound.callbacks.request_trail import leave_task, put_on_order
from callcore.outbound.callbacks.sites import CallbackSite
from callcore.outbound.tables import CallbackRow

RegionsOf = Callable[[str], Sequence[str]]
QUEUE: Final = "queue"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedCallback:
    """What the asker is told. `due_at` when he will be called, UTC; `tz` his zone. `is_new` False: it was open already."""

    id: int
    public_id: str
    due_at: datetime
    tz: str
    is_soon: bool
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """What the request's own row needs of its number: E.164, its region, its zone."""

    number: str
    region_code: str | None
    tz: str


class AskCallback:
    """Raises Invalid("fields-wrong") with codes by field (number, at, name, note) and TooMany."""

    def __init__(self, database: Database, clock: Clock, bus: Bus, regions_of: RegionsOf) -> None:
        self._database = database
        self._clock = clock
        self._bus = bus
        self._regions_of = regions_of

    async def ask(
        self, told: CallbackAsk, site: CallbackSite, *, press: Press | None = None, ip_hash: str = ""
    ) -> AskedCallback:
        """`press`: the same request sent again is answered as the first was."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            asked = await self.ask_in(session, told, site, now=now, press=press, ip_hash=ip_hash)
            audience = await audience_of_org(session, await _org_of(session, asked.id))
        self._bus.publish(CallbackChanged(at=now, audience=audience, callback_id=asked.id))
        return asked

    async def ask_in(
        self,
        session: AsyncSession,
        told: CallbackAsk,
        site: CallbackSite,
        *,
        now: datetime,
        press: Press | None = None,
        ip_hash: str = "",
    ) -> AskedCallback:
        """In the caller's transaction."""
        if press is not None and (known := await earlier_answer(session, press, now)) is not None:
            return await _told_again(session, known)
        settings = await call_settings(session)
        where = await self._where(session, told.number)
        if told.at is not None and told.at.tzinfo is None:
            told = replace(told, at=told.at.replace(tzinfo=ZoneInfo(where.tz)).astimezone(UTC))
        await _check(session, told, where, settings, now)
        await check_limits(session, told, where.number, site, ip_hash, now)
        asked = await _refreshed(session, told, site, where, settings, now)
        if asked is None:
            asked = await _made(session, told, site, where, settings, ip_hash, now)
        if press is not None:
            await remember(session, press, asked.public_id)
        return asked

    async def _where(self, session: AsyncSession, text: str) -> Where:
        if problem := number_problem(text):
            raise Invalid("fields-wrong", fields={"number": problem})
        number = parse_phone(text)
        assert number is not None
        codes = self._regions_of(number.e164)
        region = await session.get(RegionRow, codes[0]) if codes else None
        return Where(
            number=number.e164,
            region_code=region.code if region else None,
            tz=region.tz if region else DEFAULT_TZ,
        )


async def _check(
    session: AsyncSession, told: CallbackAsk, where: Where, settings: CallSettings, now: datetime
) -> None:
    wrong = {
        "at": time_problem(told.at, now, where.tz, settings),
        "name": "too-long" if len(told.name) > MAX_NAME else "",
        "note": "too-long" if len(told.note) > MAX_NOTE else "",
        "number": "number-ours" if await is_own_did(session, where.number) else "",
    }
    if found := {name: code for name, code in wrong.items() if code}:
        raise Invalid("fields-wrong", fields=found)


def _due(told: CallbackAsk, where: Where, settings: CallSettings, now: datetime) -> datetime:
    soon = now if told.source is CallbackSource.QUEUE else now + SOON
    return allowed_from(told.at if told.at and told.at > now else soon, where.tz, settings)


def _open_key(site: CallbackSite, number: str) -> str:
    return f"{site.key}:{number}"


async def _refreshed(
    session: AsyncSession,
    told: CallbackAsk,
    site: CallbackSite,
    where: Where,
    settings: CallSettings,
    now: datetime,
) -> AskedCallback | None:
    """None when nothing is open. One that is being called now stays as it is."""
    key, due_at = _open_key(site, where.number), _due(told, where, settings, now)
    values: dict[str, Any] = {"state": CallbackState.WAITING.value, "reason": "", "due_at": due_at}
    values |= {"is_soon": told.at is None, "refreshed_at": now, "lease_until": None}
    values |= {name: text for name in ("name", "note") if (text := clean(getattr(told, name)))}
    taken = await session.scalar(
        update(CallbackRow)
        .where(CallbackRow.open_key == key, CallbackRow.state != CallbackState.CALLING.value)
        .values(**values)
        .returning(CallbackRow.id)
        .execution_options(synchronize_session=False)
    )
    row = await session.scalar(
        select(CallbackRow).where(CallbackRow.open_key == key).execution_options(populate_existing=True)
    )
    if row is None:
        return None
    if taken is not None and row.task_id is not None:
        await session.execute(
            update(TaskRow)
            .where(TaskRow.id == row.task_id, TaskRow.closed_at.is_(None))
            .values(due_at=due_at)
        )
    return _told(row, is_new=False)


async def _made(
    session: AsyncSession,
    told: CallbackAsk,
    site: CallbackSite,
    where: Where,
    settings: CallSettings,
    ip_hash: str,
    now: datetime,
) -> AskedCallback:
    name = public_id()
    is_new = await insert_unless_exists(
        session,
        CallbackRow,
        public_id=name,
        open_key=_open_key(site, where.number),
        site=site.key,
        number=where.number,
        name=clean(told.name),
        note=clean_text(told.note),
        source=told.source.value,
        page=clean(told.page)[:300],
        medium=clean(told.medium)[:64],
        campaign=clean(told.campaign)[:200],
        region_code=where.region_code,
        tz=where.tz,
        org_id=site.org_id,
        state=CallbackState.WAITING.value,
        reason="",
        attempts=0,
        is_soon=told.at is None,
        made_at=now,
        refreshed_at=now,
        due_at=_due(told, where, settings, now),
        ip_hash=ip_hash,
    )
    if not is_new:  # the same number, the same moment
        rival = await _refreshed(session, told, site, where, settings, now)
        assert rival is not None, "the row that we lost to is committed"
        return rival
    row = await session.scalar(select(CallbackRow).where(CallbackRow.public_id == name))
    assert row is not None
    await put_on_order(session, row, site, now)
    await leave_task(session, row, site, now)
    await session.flush()
    return _told(row, is_new=True)


async def _told_again(session: AsyncSession, known: str) -> AskedCallback:
    row = await session.scalar(select(CallbackRow).where(CallbackRow.public_id == known))
    assert row is not None
    return _told(row, is_new=False)


def _told(row: CallbackRow, *, is_new: bool) -> AskedCallback:
    return AskedCallback(
        id=row.id,
        public_id=row.public_id,
        due_at=row.due_at,
        tz=row.tz,
        is_soon=row.is_soon,
        is_new=is_new,
    )


async def _org_of(session: AsyncSession, callback_id: int) -> int | None:
    found: int | None = await session.scalar(select(CallbackRow.org_id).where(CallbackRow.id == callback_id))
    return found
