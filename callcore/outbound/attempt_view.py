"""Read side: one call that somebody pressed for, as its page follows it. Holds no number of a customer."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.attempt_tables import AttemptRow
from callcore.calls.attempts import AttemptKind, AttemptState
from callcore.calls.rights import scope_of
from callcore.kernel.errors import NotFound
from callcore.network.model import Viewer
from callcore.network.tables import UserRow
from callcore.orders.rights import reach_of, sees_order
from callcore.orders.tables import OrderRow
from callcore.outbound.targets import PRESSED, Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptView:
    """`asked` is what was pressed, for another try; None for a machine's own. `user_name` who pressed. `cli` the number of
    ours that the customer was shown, E.164, and `cli_label` how it was signed then, may be empty."""

    call_id: str
    asked: Asked | None
    state: AttemptState
    result: str
    reason: str
    user_name: str
    is_mine: bool
    order_number: int | None
    made_at: datetime
    joined_at: datetime | None
    ended_at: datetime | None
    talk_s: int
    cli: str = ""
    cli_label: str = ""

    @property
    def is_over(self) -> bool:
        return self.state is AttemptState.ENDED


async def attempt_view(session: AsyncSession, viewer: Viewer, call_id: str) -> AttemptView:
    """Of his own organisation or of one below it; staff sees all. Raises NotFound."""
    scope = await scope_of(session, viewer)
    found = (
        await session.execute(
            select(AttemptRow, UserRow.full_name)
            .outerjoin(UserRow, UserRow.id == AttemptRow.user_id)
            .where(AttemptRow.call_id == call_id)
        )
    ).first()
    if found is None or not (scope.covers(found[0].org_id) or found[0].user_id == int(viewer.user_id)):
        raise NotFound("attempt-not-found")
    row: AttemptRow = found[0]
    own = sees_order(await reach_of(session, viewer))
    number = None
    if row.order_id is not None:
        number = await session.scalar(select(OrderRow.number).where(OrderRow.id == row.order_id, own))
    return AttemptView(
        call_id=row.call_id,
        asked=_asked(row),
        state=AttemptState(row.state),
        result=row.result,
        reason=row.reason,
        user_name=found[1] or "",
        is_mine=row.user_id == int(viewer.user_id),
        order_number=number,
        made_at=row.made_at,
        joined_at=row.joined_at,
        ended_at=row.ended_at,
        talk_s=row.talk_s,
        cli=row.cli,
        cli_label=str(row.data.get("cli_label") or ""),
    )


def _asked(row: AttemptRow) -> Asked | None:
    kind, name = AttemptKind(row.kind), str(row.data.get("asked", ""))
    return Asked(kind, name) if kind in PRESSED and name else None
