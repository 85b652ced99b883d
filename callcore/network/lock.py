"""One change of the network at a time."""

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.network.model import OrgKind
from callcore.network.tables import OrgRow


async def lock_network(session: AsyncSession) -> None:
    """A write that changes nothing: SQLite knows no other lock and would let two readers go on to write. PostgreSQL locks
    the manufacturer's row."""
    await session.execute(
        update(OrgRow)
        .where(OrgRow.kind == OrgKind.MANUFACTURER.value)
        .values(version=OrgRow.version)
        .execution_options(synchronize_session=False)
    )
