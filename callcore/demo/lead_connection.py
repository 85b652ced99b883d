"""Use case: the settings of the demonstration name its own lead base, wherever it listens this time."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.intake.lead_tables import IntegrationAccountRow
from callcore.intake.leads.change_account import AccountDraft
from callcore.intake.leads.model import KIND


async def connect_demo_base(
    session: AsyncSession, address: str, login: str, sealed: str, now: datetime
) -> None:
    """A connection that somebody made himself, known by another user, is left alone."""
    row = await session.scalar(select(IntegrationAccountRow).where(IntegrationAccountRow.kind == KIND))
    if row is None:
        usual = AccountDraft(address=address, login=login)
        row = IntegrationAccountRow(
            kind=KIND,
            login=login,
            is_on=usual.is_on,
            every_minutes=usual.every_minutes,
            source=usual.source,
            at=now,
            secret_at=now,
        )
        session.add(row)
    elif row.login != login:
        return
    row.address, row.secret = address, sealed
