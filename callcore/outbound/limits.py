"""What may be dialled, when, and how much by one dealer. Refusals are NotAllowedNow with a code and what a page may quote."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.attempt_tables import AttemptRow
from callcore.calls.attempts import AttemptState
from callcore.calls.settings import CallSettings
from callcore.kernel.errors import NotAllowedNow
from callcore.kernel.phone_kinds import NumberKind, kind_of
from callcore.network.model import DEALER_ROLES, OrgKind, Viewer
from callcore.network.phone_checks import is_own_did
from callcore.network.tables import OrgRow

MIN_DIGITS: Final = 10  # shorter ones are services


def check_destination(number: str, settings: CallSettings) -> None:
    """Raises NotAllowedNow("destination-not-allowed"): another country, a paid or a short number."""
    is_allowed = number.startswith(settings.prefixes) and len(number) - 1 >= MIN_DIGITS
    if not is_allowed or kind_of(number) is NumberKind.PAID:
        raise NotAllowedNow("destination-not-allowed")


async def check_option(session: AsyncSession, viewer: Viewer) -> None:
    """Raises NotAllowedNow("no-site-calls"): a dealer without «Звонок с сайта» has no button either."""
    if viewer.role in DEALER_ROLES:
        takes = await session.scalar(select(OrgRow.takes_site_calls).where(OrgRow.id == viewer.org_id))
        if not takes:
            raise NotAllowedNow("no-site-calls")


async def check_not_ours(session: AsyncSession, number: str) -> None:
    """Raises NotAllowedNow("number-is-ours"): the call would come back to us."""
    if await is_own_did(session, number):
        raise NotAllowedNow("number-is-ours")


def check_hour(settings: CallSettings, now: datetime, tz: str) -> None:
    """Raises NotAllowedNow("customer-sleeps") outside the hours in the customer's zone."""
    there = now.astimezone(ZoneInfo(tz))
    if not settings.from_minute <= there.hour * 60 + there.minute < settings.until_minute:
        raise NotAllowedNow(
            "customer-sleeps",
            there=f"{there:%H:%M}",
            since=_clock(settings.from_minute),
            until=_clock(settings.until_minute),
        )


async def check_amount(session: AsyncSession, org_id: int, settings: CallSettings, now: datetime) -> None:
    """Of one dealer; the head office has no limits. Locks the dealer until the transaction ends, so that two presses do not
    both find the last free place. Raises NotAllowedNow("too-many-calls-now", "too-many-calls-today")."""
    org = (
        await session.execute(
            update(OrgRow)
            .where(OrgRow.id == org_id)
            .values(version=OrgRow.version)
            .returning(OrgRow.kind, OrgRow.tz)
            .execution_options(synchronize_session=False)
        )
    ).one()
    if org.kind == OrgKind.MANUFACTURER:
        return
    own = select(func.count()).select_from(AttemptRow).where(AttemptRow.org_id == org_id)
    own = own.where(AttemptRow.user_id.is_not(None))
    going_on = await session.scalar(own.where(AttemptRow.state != AttemptState.ENDED.value)) or 0
    if going_on >= settings.max_calls_at_once:
        raise NotAllowedNow("too-many-calls-now", most=settings.max_calls_at_once)
    day = now.astimezone(ZoneInfo(org.tz)).replace(hour=0, minute=0, second=0, microsecond=0)
    today = await session.scalar(own.where(AttemptRow.made_at >= day)) or 0
    if today >= settings.max_calls_a_day:
        raise NotAllowedNow("too-many-calls-today", most=settings.max_calls_a_day)


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24:02}:{minute % 60:02}"
