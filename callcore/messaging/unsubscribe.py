"""Use case: a customer ends advertising by the link that stands in it. In the caller's transaction."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from callcore.customers.consents import ConsentKind, has_consent, revoke_consent
from callcore.messaging.links import customer_of_stop


@dataclass(frozen=True, slots=True)
class StopView:
    """`is_on`: he still gets advertising."""

    is_on: bool


async def stop_view(session: AsyncSession, token: str, now: datetime) -> StopView:
    """Raises NotFound."""
    customer_id = await customer_of_stop(session, token, now)
    return StopView(await has_consent(session, customer_id, ConsentKind.ADS))


async def stop_ads(session: AsyncSession, token: str, *, ip: str, now: datetime) -> None:
    """Twice is once. Raises NotFound."""
    customer_id = await customer_of_stop(session, token, now)
    await revoke_consent(session, customer_id, ConsentKind.ADS, at=now, source="link", ip=ip)
