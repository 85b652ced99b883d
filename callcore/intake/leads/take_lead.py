"""Use case: one lead becomes one order, in one transaction, however often it is told."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.intake.draft import Draft
from callcore.intake.lead_tables import ExternalLeadRow
from callcore.intake.take_in import RegionsOf, Sender, take_in
from callcore.kernel.database import insert_unless_exists

PROGRAM: Final = "LeadsDB"


@dataclass(frozen=True, slots=True)
class LeadOrigin:
    """From where, and what its orders carry."""

    account_id: int
    generation: int
    run_id: int
    source: str
    site_org_id: int | None


async def take_lead(
    session: AsyncSession,
    origin: LeadOrigin,
    external_id: str,
    draft: Draft,
    *,
    now: datetime,
    regions_of: RegionsOf,
) -> bool:
    """False when it was taken before. A rival with the same lead is waited for. Raises Invalid as take_in."""
    key = {
        "account_id": origin.account_id,
        "generation": origin.generation,
        "external_id": external_id,
    }
    if not await insert_unless_exists(session, ExternalLeadRow, **key, run_id=origin.run_id, at=now):
        return False
    draft = replace(draft, source=origin.source, site_org_id=origin.site_org_id)
    sender = Sender(source="api", program=PROGRAM)
    order = await take_in(session, draft, sender, now=now, regions_of=regions_of)
    of_lead = [getattr(ExternalLeadRow, name) == value for name, value in key.items()]
    await session.execute(
        update(ExternalLeadRow)
        .where(*of_lead)
        .values(order_id=order.id)
        .execution_options(synchronize_session=False)
    )
    return True
