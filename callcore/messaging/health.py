"""What waits to be told and sent, and how much of it is late."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, func, select

from callcore.kernel.outbox import OutboxRow
from callcore.messaging.matrix import Channel
from callcore.messaging.rules import LetterState
from callcore.messaging.tables import DeliveryRow

OPEN_FACT: Final = (OutboxRow.done_at.is_(None),)
WAITS: Final = (DeliveryRow.state == LetterState.WAITING.value,)
OPEN_LETTER: Final = (*WAITS, DeliveryRow.channel == Channel.EMAIL.value)
OPEN_SMS: Final = (*WAITS, DeliveryRow.channel == Channel.SMS.value)


@dataclass(frozen=True, slots=True)
class MessageHealth:
    """Facts and letters that are due and wait; seconds since the oldest of them fell due; dead letters."""

    waiting: int = 0
    oldest_s: float = 0.0
    dead: int = 0
    has_mail: bool = False


def read_health(connection: Connection, now: datetime, *, has_mail: bool) -> MessageHealth:
    """Letters that wait for a mail server to be set up do not count as late."""
    tables: list[Any] = [(OutboxRow, OPEN_FACT), (DeliveryRow, OPEN_SMS)]
    tables += [(DeliveryRow, OPEN_LETTER)] if has_mail else []
    waiting, oldest_s = 0, 0.0
    for table, is_open in tables:
        count, oldest = connection.execute(
            select(func.count(), func.min(table.due_at)).where(*is_open, table.due_at <= now)
        ).one()
        waiting += count
        oldest_s = max(oldest_s, (now - oldest).total_seconds() if oldest else 0.0)
    is_dead = DeliveryRow.state == LetterState.DEAD.value
    dead = connection.scalar(select(func.count()).select_from(DeliveryRow).where(is_dead))
    return MessageHealth(waiting, oldest_s, int(dead or 0), has_mail)
