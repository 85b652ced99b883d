"""How often one may ask: a form that makes telephones ring must not serve to pester anybody. Counted in the database, so
that neither a restart nor a second process forgets."""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.attempt_tables import AttemptRow
from callcore.calls.attempts import AttemptKind
from callcore.kernel.errors import TooMany
from callcore.outbound.callbacks.model import CallbackAsk, CallbackSource
from callcore.outbound.callbacks.sites import CallbackSite
from callcore.outbound.tables import CallbackRow

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
PER_IP: Final = 5  # an hour
PER_IP_WITHOUT_WORK: Final = 2  # an hour, of the page that needs no script
PER_NUMBER: Final = 3  # a day, over all sites
RINGS_PER_NUMBER: Final = 8  # a day, however often the request was refreshed
PER_SITE: Final = 60  # an hour
_FROM_OUTSIDE: Final = (CallbackSource.WIDGET, CallbackSource.PAGE)


async def check_limits(
    session: AsyncSession, told: CallbackAsk, number: str, site: CallbackSite, ip_hash: str, now: datetime
) -> None:
    """Raises TooMany("callback-…"). Who calls himself from the queue is known to want it; programs have keys."""
    if told.source not in _FROM_OUTSIDE:
        return
    rings = (
        select(func.count())
        .select_from(AttemptRow)
        .where(AttemptRow.number == number, AttemptRow.made_at > now - DAY)
        .where(AttemptRow.kind == AttemptKind.CALLBACK.value)
    )
    if (await session.scalar(rings) or 0) >= RINGS_PER_NUMBER:
        raise TooMany("callback-number", retry_after_s=int(DAY.total_seconds()))
    if await _is_open(session, site, number):
        return  # a refreshed one makes no more calls than it would have had
    per_ip = PER_IP_WITHOUT_WORK if told.source is CallbackSource.PAGE else PER_IP
    is_site = CallbackRow.site == site.key
    limits: list[tuple[str, Any, timedelta, int]] = [
        ("callback-number", CallbackRow.number == number, DAY, PER_NUMBER),
        ("callback-site", is_site, HOUR, PER_SITE),
    ]
    if ip_hash:
        limits.insert(0, ("callback-address", CallbackRow.ip_hash == ip_hash, HOUR, per_ip))
    for code, condition, span, most in limits:
        counted = (
            select(func.count()).select_from(CallbackRow).where(condition, CallbackRow.made_at > now - span)
        )
        if (await session.scalar(counted) or 0) >= most:
            raise TooMany(code, retry_after_s=int(span.total_seconds()))


async def _is_open(session: AsyncSession, site: CallbackSite, number: str) -> bool:
    key = f"{site.key}:{number}"
    return await session.scalar(select(CallbackRow.id).where(CallbackRow.open_key == key)) is not None
