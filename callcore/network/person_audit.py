"""Audit rows of what was changed of a person: hours, days, pauses."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel import audit
from callcore.kernel.clock import Clock
from callcore.network.model import Viewer


def note_person(
    session: AsyncSession, clock: Clock, viewer: Viewer, action: str, user_id: int, **data: Any
) -> None:
    """In the caller's transaction; see kernel.audit.record."""
    audit.record(
        session,
        at=clock.now(),
        actor_id=viewer.user_id,
        action=action,
        entity="user",
        entity_id=user_id,
        **data,
    )
