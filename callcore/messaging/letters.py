"""Letters and SMS as the administrator sees them: what waits, what was sent, what died and why; and a second chance."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel import audit
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database, insert_unless_exists
from callcore.kernel.errors import Forbidden, NotAllowedNow
from callcore.kernel.outbox import OutboxRow
from callcore.messaging.forget_messages import FORGOTTEN
from callcore.messaging.matrix import Channel
from callcore.messaging.rules import LetterState
from callcore.messaging.tables import DeliveryRow
from callcore.network.model import Role, Viewer

MAX_ROWS: Final = 100
MAX_ABOUT_CHARS: Final = 500
_FACT: Final = "fact:"  # begins the key of a dead fact


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


async def bury_fact(session: AsyncSession, row: OutboxRow, error: str, now: datetime) -> None:
    """A fact of which nobody could be told stands among the dead letters, so that somebody sees it and may try again."""
    about = ", ".join(f"{name}: {value}" for name, value in row.data.items())
    await insert_unless_exists(
        session,
        DeliveryRow,
        channel=Channel.EMAIL.value,
        address="",
        subject=f"Событие не разослано: {row.topic}",
        body=about[:MAX_ABOUT_CHARS],
        state=LetterState.DEAD.value,
        attempts=row.attempts,
        error=error,
        made_at=row.made_at,
        due_at=now,
        dedupe_key=f"{_FACT}{row.id}",
        event=row.topic,
    )


class SendAgain:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def send_again(self, viewer: Viewer, letter_id: int) -> None:
        """A dead letter waits once more, as if it were new; a dead fact is told once more. Raises NotAllowedNow for one that is not
        dead, or whose customer is forgotten."""
        _check(viewer)
        now = self._clock.now()
        async with self._database.transaction() as session:
            key = await session.scalar(
                update(DeliveryRow)
                .where(DeliveryRow.id == letter_id, DeliveryRow.state == LetterState.DEAD.value)
                .where(DeliveryRow.error != FORGOTTEN)
                .values(state=LetterState.WAITING.value, attempts=0, error="", due_at=now, made_at=now)
                .returning(DeliveryRow.dedupe_key)
                .execution_options(synchronize_session=False)
            )
            if key is None:
                raise NotAllowedNow("letter-not-dead")
            if key.startswith(_FACT):
                await _tell_again(session, letter_id, int(key.removeprefix(_FACT)), now)
            audit.record(
                session,
                at=now,
                actor_id=viewer.user_id,
                action="letter:again",
                entity="letter",
                entity_id=letter_id,
            )


async def _tell_again(session: AsyncSession, letter_id: int, fact_id: int, now: datetime) -> None:
    await session.execute(delete(DeliveryRow).where(DeliveryRow.id == letter_id))
    anew = {"done_at": None, "attempts": 0, "error": "", "due_at": now}
    await session.execute(update(OutboxRow).where(OutboxRow.id == fact_id).values(**anew))


def _check(viewer: Viewer) -> None:
    if viewer.role != Role.ADMIN:
        raise Forbidden("not-administrator")
