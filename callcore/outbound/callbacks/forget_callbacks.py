"""Use case: a customer asks to be forgotten, so nobody calls him back and nothing tells who asked. In the caller's transaction."""

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.task_model import CloseReason
from callcore.outbound.callbacks.model import OPEN, CallbackState
from callcore.outbound.tables import CallbackRow


async def forget_callbacks(session: AsyncSession, customer_id: int) -> None:
    """An open request counts as closed when it was last asked for: of the moment the audit tells."""
    own = CallbackRow.customer_id == customer_id
    ended = {"state": CallbackState.CLOSED.value, "reason": CloseReason.OTHER.value, "open_key": None}
    is_open = CallbackRow.state.in_([state.value for state in OPEN])
    await session.execute(
        update(CallbackRow).where(own, is_open).values(closed_at=CallbackRow.refreshed_at, **ended)
    )
    nothing = dict.fromkeys(("number", "name", "note", "page", "ip_hash"), "")
    await session.execute(update(CallbackRow).where(own).values(**nothing))
