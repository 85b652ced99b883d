"""Where the factory lets an attempt open the number: the customer was dialled, whether he answered or not."""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.attempt_tables import AttemptRow
from callcore.calls.number_modes import mode_sql
from callcore.calls.reveal import Reveal, open_number
from callcore.calls.reveal_tables import PhoneRevealRow
from callcore.calls.settings import KEY, FirstCall
from callcore.network.access_tables import SettingRow
from callcore.network.model import PhonePolicy
from callcore.network.tables import OrgRow
from callcore.orders.tables import OrderRow

LOOK_BACK: Final = timedelta(days=2)
MAX_AT_ONCE: Final = 200


def is_reveal_due(connection: Connection, now: datetime) -> bool:
    """Whether `open_attempted` would find anything; nothing at all while a talk is asked for."""
    stored = select(SettingRow.value["first_call"].as_string()).where(SettingRow.key == KEY)
    if connection.scalar(stored) != FirstCall.ATTEMPTED.value:
        return False
    return connection.execute(_dialled(now).with_only_columns(AttemptRow.id).limit(1)).first() is not None


async def open_attempted(session: AsyncSession, *, now: datetime) -> int:
    """How many numbers were opened. In the caller's transaction; repeated it finds nothing more."""
    opened = 0
    for attempt, order_id, org_id in (await session.execute(_dialled(now))).all():
        reveal = Reveal(
            order_id=order_id,
            org_id=org_id,
            number=attempt.number,
            call_id=attempt.call_id,
            user_id=attempt.user_id,
            at=attempt.dialled_at or now,
            why=FirstCall.ATTEMPTED.value,
        )
        opened += await open_number(session, reveal)
    return opened


def _dialled(now: datetime) -> Select[*tuple[Any, ...]]:
    """Of the dealer who pressed, while the order is his."""
    known = select(PhoneRevealRow.id).where(
        PhoneRevealRow.order_id == AttemptRow.order_id, PhoneRevealRow.org_id == OrderRow.org_id
    )
    return (
        select(AttemptRow, OrderRow.id, OrderRow.org_id)
        .join(OrderRow, OrderRow.id == AttemptRow.order_id)
        .join(OrgRow, OrgRow.id == OrderRow.org_id)
        .where(
            AttemptRow.made_at > now - LOOK_BACK,
            AttemptRow.dialled_at.is_not(None),
            AttemptRow.org_id == OrderRow.org_id,
            OrderRow.deleted_at.is_(None),
            mode_sql(OrderRow.phone_policy.expression, OrgRow.phone_policy.expression)
            != PhonePolicy.NEVER.value,
            ~known.exists(),
        )
        .order_by(AttemptRow.id)
        .limit(MAX_AT_ONCE)
    )
