"""How many SMS the people of one dealer may write to customers by hand on a day; the factory's own are not counted."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.errors import NotAllowedNow
from callcore.messaging.deliveries import AD_EVENT, WRITTEN
from callcore.messaging.matrix import Channel
from callcore.messaging.settings import MessageSettings
from callcore.messaging.tables import DeliveryRow
from callcore.network.model import Viewer
from callcore.network.tables import OrgRow


async def sms_left(
    session: AsyncSession, viewer: Viewer, settings: MessageSettings, now: datetime
) -> int | None:
    """Of today, on the dealer's own clock; None for who has no quota."""
    if viewer.is_staff:
        return None
    tz = await session.scalar(select(OrgRow.tz).where(OrgRow.id == viewer.org_id)) or viewer.tz
    local = now.astimezone(ZoneInfo(tz))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    written = await session.scalar(
        select(func.count()).where(
            DeliveryRow.org_id == viewer.org_id,
            DeliveryRow.made_at >= midnight,
            DeliveryRow.channel == Channel.SMS.value,
            DeliveryRow.event.in_((WRITTEN, AD_EVENT)),
        )
    )
    return max(settings.sms_a_day - (written or 0), 0)


async def check_sms_quota(
    session: AsyncSession, viewer: Viewer, settings: MessageSettings, now: datetime
) -> None:
    """Raises NotAllowedNow("sms-quota")."""
    if await sms_left(session, viewer, settings, now) == 0:
        raise NotAllowedNow("sms-quota")
