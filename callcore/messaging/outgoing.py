"""Letters and SMS as rows that the worker sends. In the caller's transaction; one cause and address make one row."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.database import insert_unless_exists
from callcore.messaging.letter_html import letter_html
from callcore.messaging.matrix import Channel
from callcore.messaging.rules import LetterState
from callcore.messaging.tables import DeliveryRow
from callcore.messaging.texts import Text

STOP_WORDS: Final = "Отписаться от предложений: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """`link` is a whole address or empty; `stop_link` stands on advertising. `due_at` is when it may leave."""

    channel: Channel
    address: str
    text: Text
    dedupe_key: str
    due_at: datetime
    event: str
    link: str = ""
    stop_link: str = ""
    is_ad: bool = False
    order_id: int | None = None
    customer_id: int | None = None
    user_id: int | None = None
    org_id: int | None = None
    error: str = ""  # why it cannot be sent at all


async def post(session: AsyncSession, message: Outgoing, now: datetime) -> bool:
    """False when it was written before."""
    is_letter = message.channel is Channel.EMAIL
    return await insert_unless_exists(
        session,
        DeliveryRow,
        channel=message.channel.value,
        address=message.address,
        subject=message.text.title,
        body=_letter(message) if is_letter else _sms(message),
        html=letter_html(message.text, message.link, message.stop_link) if is_letter else "",
        state=(LetterState.DEAD if message.error else LetterState.WAITING).value,
        attempts=0,
        error=message.error,
        made_at=now,
        due_at=message.due_at,
        dedupe_key=message.dedupe_key,
        sender="",
        sender_id="",
        is_ad=message.is_ad,
        event=message.event,
        order_id=message.order_id,
        customer_id=message.customer_id,
        user_id=message.user_id,
        org_id=message.org_id,
    )


def _letter(message: Outgoing) -> str:
    """An address stands alone on its line, so that every mail program makes a link of it."""
    parts = [message.text.body, message.link, f"{STOP_WORDS}{message.stop_link}" if message.stop_link else ""]
    return "\n\n".join(part for part in parts if part) + "\n"


def _sms(message: Outgoing) -> str:
    """Its words name the link where they want it; the way out of advertising comes last."""
    return f"{message.text.body} Отписаться: {message.stop_link}" if message.stop_link else message.text.body
