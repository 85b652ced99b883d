"""Letters and SMS as the administrator sees them: what waits, what was sent, what died and why; and a second chance."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel import audit
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import Forbidden, NotAllowedNow
from callcore.messaging.rules import LetterState
from callcore.messaging.tables import DeliveryRow
from callcore.network.model import Role, Viewer

MAX_ROWS: Final = 100


@dataclass(frozen=True, slots=True)
class LetterView:
    """`channel` is email or sms. `error` holds the words of the other side, or a code of our own (too-old,
    sms-not-set-up, no-consent, no-site-address)."""

    id: int
    channel: str
    address: str
    subject: str
    body: str
    state: LetterState
    attempts: int
    error: str
    made_at: datetime
    due_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True)
class LetterPage:
    """Newest first. `counts` by state."""

    items: tuple[LetterView, ...]
    next_after: int | None
    counts: Mapping[LetterState, int]


async def find_letters(
    session: AsyncSession, viewer: Viewer, state: LetterState, *, after: int | None = None, limit: int = 25
) -> LetterPage:
    """Raises Forbidden for everybody but the administrator."""
    _check(viewer)
    limit = max(1, min(limit, MAX_ROWS))
    query = select(DeliveryRow).where(DeliveryRow.state == state.value)
    if after is not None:
        query = query.where(DeliveryRow.id < after)
    rows = list(await session.scalars(query.order_by(DeliveryRow.id.desc()).limit(limit + 1)))
    grouped = await session.execute(select(DeliveryRow.state, func.count()).group_by(DeliveryRow.state))
    counts = dict.fromkeys(LetterState, 0) | {LetterState(name): count for name, count in grouped}
    items = tuple(_view(row) for row in rows[:limit])
    return LetterPage(items, items[-1].id if len(rows) > limit else None, counts)


def _view(row: DeliveryRow) -> LetterView:
    return LetterView(
        id=row.id,
        channel=row.channel,
        address=row.address,
        subject=row.subject,
        body=row.body,
        state=LetterState(row.state),
        attempts=row.attempts,
        error=row.error,
        made_at=row.made_at,
        due_at=row.due_at,
        sent_at=row.sent_at,
        delivered_at=row.delivered_at,
    )


class SendAgain:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def send_again(self, viewer: Viewer, letter_id: int) -> None:
        """A dead letter waits once more, as if it were new. Raises NotAllowedNow for one that is not dead."""
        _check(viewer)
        now = self._clock.now()
        async with self._database.transaction() as session:
            found = await session.scalar(
                update(DeliveryRow)
                .where(DeliveryRow.id == letter_id, DeliveryRow.state == LetterState.DEAD.value)
                .values(state=LetterState.WAITING.value, attempts=0, error="", due_at=now, made_at=now)
                .returning(DeliveryRow.id)
                .execution_options(synchronize_session=False)
            )
            if found is None:
                raise NotAllowedNow("letter-not-dead")
            audit.record(
                session,
                at=now,
                actor_id=viewer.user_id,
                action="letter:again",
                entity="letter",
                entity_id=letter_id,
            )


def _check(viewer: Viewer) -> None:
    if viewer.role != Role.ADMIN:
        raise Forbidden("not-administrator")
