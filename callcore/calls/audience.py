"""Who may hear of a call, read from the journal: for news that come after the call has left the tracker."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.tables import CallRow
from callcore.kernel.bus import Audience
from callcore.network.tables import OrgRow


async def audience_of(session: AsyncSession, call_id: str) -> Audience:
    """Staff, and the call's dealer with all above it; staff alone when nobody took the call."""
    path = await session.scalar(
        select(OrgRow.path).join(CallRow, CallRow.org_id == OrgRow.id).where(CallRow.call_id == call_id)
    )
    org_ids = frozenset(int(part) for part in (path or "").split("/") if part.isdigit())
    return Audience(staff=True, org_ids=org_ids)
