"""Which of our numbers a customer sees when we call him: registered ones only."""

from sqlalchemy import case, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.network.tables import DidRow


async def cli_for(session: AsyncSession, *, org_id: int | None, region_code: str | None, usual: str) -> str:
    """A tracked number in E.164: of the dealer in the customer's region, else of the dealer, else of the region, else of
    the head office anywhere; `usual` (the trunk's own) when there is none. Called back it leads to the same dealer."""
    is_own = DidRow.org_id == org_id if org_id is not None else DidRow.org_id.is_(None)
    is_here = DidRow.region_code == region_code if region_code else DidRow.region_code.is_(None)
    rank = case((is_own & is_here, 0), (is_own & DidRow.org_id.is_not(None), 1), (is_here, 2), else_=3)
    found = await session.scalar(
        select(DidRow.number)
        .where(DidRow.is_active, is_own | DidRow.org_id.is_(None), is_own | is_here)
        .order_by(rank, DidRow.id)
        .limit(1)
    )
    return found or usual
