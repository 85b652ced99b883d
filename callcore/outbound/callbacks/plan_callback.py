"""What one callback needs to be called, read at the moment of calling: which phones of ours ring, which number is shown.

The phones are those that would ring if the customer called that number of ours now: hours, pauses, ranking and quotas are the
routing's. Who took the request comes first, then the outlet or dealer whose it is; what a person gave to the operators rings at
the operators first.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.attempt_tables import AttemptRow
from callcore.calls.attempts import AttemptKind, AttemptState
from callcore.calls.settings import CallSettings
from callcore.calls.tables import CallRow
from callcore.kernel.errors import NotAllowedNow
from callcore.network.model import PhoneOwner
from callcore.network.pauses import open_pauses
from callcore.network.tables import DidRow, OutletRow, PhoneRow, UserRow
from callcore.outbound.callbacks.model import (
    BUSY_WAIT,
    NOBODY_WAIT,
    QUEUE_WAIT,
    CallbackReason,
    CallbackSource,
    Try,
    allowed_from,
    rounds_of,
)
from callcore.outbound.callbacks.sites import CallbackSite
from callcore.outbound.cli_number import cli_for
from callcore.outbound.do_not_call import is_barred
from callcore.outbound.limits import check_destination, check_not_ours
from callcore.outbound.tables import CallbackRow, CallbackSiteRow
from dialplans.contract import MAX_KEYS_PER_STEP, PHONE_KEY

ALIVE_FOR: Final = timedelta(hours=3)  # an older call without an end is one whose end nobody saw


class Steps(Protocol):
    """Groups of phone keys in the order in which they would ring, without duty. Empty before the network is known."""

    def __call__(self, did: str, caller: str, now: datetime) -> Sequence[tuple[str, ...]]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackTools:
    """What is known in memory. `talking`: live calls by phone key. `whisper` (site id, region, order) gives ready sounds.
    `usual_cli` is the trunk's own number, E.164 or empty. `hold_place` keeps a ticket's place in the queue for a few seconds;
    it raises nothing: without the PBX there is nobody before whom to hold it."""

    steps: Steps
    unreachable: Callable[[], Collection[str]]
    talking: Callable[[], Mapping[str, int]]
    whisper: Callable[[int | None, str | None, int | None], str]
    is_connected: Callable[[], bool]
    usual_cli: str
    hold_place: Callable[[int, datetime], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCallback:
    number: str
    cli: str
    phone_keys: tuple[str, ...]
    whisper: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now."""

    until: datetime


async def plan_callback(
    session: AsyncSession, row: CallbackRow, tools: CallbackTools, settings: CallSettings, now: datetime
) -> PlannedCallback | Wait | CallbackReason:
    """The reason when it may not be called by a machine at all."""
    if (opens := allowed_from(now, row.tz, settings)) > now:
        return Wait(opens)
    if (reason := await _refusal(session, row, settings)) is not None:
        return reason
    site = await _site(session, row)
    cli = await _cli(session, row, site, tools.usual_cli)
    if not tools.is_connected() or not cli:
        return Wait(now + NOBODY_WAIT)
    if await _is_busy(session, row.number, now):
        return Wait(now + BUSY_WAIT)
    groups = await phone_groups(session, row, cli, tools, now)
    if not groups:
        return Wait(now + NOBODY_WAIT)
    talking = tools.talking()
    group = groups[rounds_of(await tries_of(session, row)) % len(groups)]
    free = tuple(key for key in group if not talking.get(key))
    if not free:  # a place in the queue is not lost to the next caller by looking seldom
        return Wait(now + (QUEUE_WAIT if row.source == CallbackSource.QUEUE else BUSY_WAIT))
    return PlannedCallback(
        number=row.number,
        cli=cli,
        phone_keys=free[:MAX_KEYS_PER_STEP],
        whisper=tools.whisper(site.id if site else None, row.region_code, row.order_id),
    )


async def tries_of(session: AsyncSession, row: CallbackRow) -> list[Try]:
    """Ended ones since the request was made or refreshed, oldest first."""
    found = await session.execute(
        select(AttemptRow.result, AttemptRow.reason)
        .where(AttemptRow.kind == AttemptKind.CALLBACK.value, AttemptRow.owner_id == row.id)
        .where(AttemptRow.state == AttemptState.ENDED.value, AttemptRow.made_at >= row.refreshed_at)
        .order_by(AttemptRow.id)
    )
    return [Try(one.result, one.reason) for one in found]


async def phone_groups(
    session: AsyncSession, row: CallbackRow, cli: str, tools: CallbackTools, now: datetime
) -> list[tuple[str, ...]]:
    """Phones that can be reached, in the order in which groups are rung."""
    asleep, out = await open_pauses(session, now), tools.unreachable()
    groups: list[tuple[str, ...]] = []
    if row.user_id is not None:
        groups.append(await _keys(session, PhoneRow.user_id == row.user_id, ()))
    if row.outlet_id is not None:
        groups.append(await _keys(session, PhoneRow.outlet_id == row.outlet_id, ()))
    is_by_steps = row.assigned_at is None and await _owner(session, cli) == row.org_id
    if row.org_id is not None and not is_by_steps:
        own = or_(UserRow.org_id == row.org_id, OutletRow.org_id == row.org_id)
        groups.append(await _keys(session, own, asleep))
    if row.assigned_at is not None and not groups:
        groups.append(await _keys(session, PhoneRow.owner == PhoneOwner.OPERATOR.value, asleep))
    groups += tools.steps(cli, row.number, now)
    if not groups:
        groups.append(await _keys(session, PhoneRow.owner == PhoneOwner.OPERATOR.value, asleep))
    reachable = [tuple(key for key in group if key not in out) for group in groups]
    return [group for group in dict.fromkeys(reachable) if group]


async def _refusal(session: AsyncSession, row: CallbackRow, settings: CallSettings) -> CallbackReason | None:
    """Who asked from the queue has called himself; who is called by a named person is not called by a machine."""
    try:
        check_destination(row.number, settings)
        await check_not_ours(session, row.number)
    except NotAllowedNow:
        return CallbackReason.BAD_NUMBER
    is_own_wish = row.source == CallbackSource.QUEUE or row.user_id is not None
    if not is_own_wish and await is_barred(session, row.number, row.customer_id):
        return CallbackReason.BARRED
    return None


async def _site(session: AsyncSession, row: CallbackRow) -> CallbackSite | None:
    found = (
        await session.execute(
            select(CallbackSiteRow.id, CallbackSiteRow.key, CallbackSiteRow.title, DidRow.number)
            .outerjoin(DidRow, DidRow.id == CallbackSiteRow.did_id)
            .where(CallbackSiteRow.key == row.site)
        )
    ).first()
    if found is None:
        return None
    return CallbackSite(id=found.id, key=found.key, title=found.title, did_number=found.number or "")


async def _cli(session: AsyncSession, row: CallbackRow, site: CallbackSite | None, usual: str) -> str:
    if site is not None and site.did_number:
        return site.did_number
    if row.source == CallbackSource.QUEUE and row.page:  # the number of ours that he called
        called = await session.scalar(
            select(DidRow.number).where(DidRow.number == row.page.split(" ")[0], DidRow.is_active)
        )
        if called:
            return called
    return await cli_for(session, org_id=row.org_id, region_code=row.region_code, usual=usual)


async def _owner(session: AsyncSession, number: str) -> int | None:
    found: int | None = await session.scalar(select(DidRow.org_id).where(DidRow.number == number))
    return found


async def _is_busy(session: AsyncSession, number: str, now: datetime) -> bool:
    """He is being called by us, or he is calling us, at this moment."""
    attempt = select(AttemptRow.id).where(
        AttemptRow.number == number, AttemptRow.state != AttemptState.ENDED.value
    )
    call = select(CallRow.id).where(
        CallRow.caller_number == number, CallRow.ended_at.is_(None), CallRow.started_at > now - ALIVE_FOR
    )
    for found in (attempt, call):
        if await session.scalar(found.limit(1)) is not None:
            return True
    return False


async def _keys(
    session: AsyncSession, condition: ColumnElement[bool], asleep: Collection[Any]
) -> tuple[str, ...]:
    rows = await session.execute(
        select(PhoneRow.id, PhoneRow.user_id)
        .outerjoin(UserRow, UserRow.id == PhoneRow.user_id)
        .outerjoin(OutletRow, OutletRow.id == PhoneRow.outlet_id)
        .where(PhoneRow.is_active, condition, or_(PhoneRow.user_id.is_(None), UserRow.is_active))
        .order_by(PhoneRow.position, PhoneRow.id)
        .limit(MAX_KEYS_PER_STEP)
    )
    return tuple(PHONE_KEY.format(id=row.id) for row in rows if row.user_id not in asleep)
