"""What the factory sets for its messages at run time."""

from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel import audit
from callcore.kernel.database import insert_unless_exists
from callcore.kernel.errors import Conflict, Invalid
from callcore.messaging.rules import Quiet
from callcore.network.access_tables import SettingRow

KEY: Final = "messages"
SMS_A_DAY: Final = 200
MAX_SMS_A_DAY: Final = 100_000


@dataclass(frozen=True, slots=True)
class MessageSettings:
    """`version` 0: nobody has changed anything. `sms_a_day`: as many may people of one dealer write to customers by hand on a
    day of his."""

    quiet: Quiet = field(default_factory=Quiet)
    sms_a_day: int = SMS_A_DAY
    version: int = 0


async def message_settings(session: AsyncSession) -> MessageSettings:
    row = await session.scalar(select(SettingRow).where(SettingRow.key == KEY))
    if row is None:
        return MessageSettings()
    since, until = (time.fromisoformat(row.value[name]) for name in ("quiet_since", "quiet_until"))
    return MessageSettings(Quiet(since, until), int(row.value.get("sms_a_day", SMS_A_DAY)), row.version)


async def set_messages(
    session: AsyncSession, quiet: Quiet, sms_a_day: int, *, shown: int, now: datetime, user_id: int
) -> None:
    """Raises Conflict("settings-changed") when another was saved since `shown`, Invalid (field sms_a_day)."""
    if not 0 <= sms_a_day <= MAX_SMS_A_DAY:
        raise Invalid("settings-wrong", fields={"sms_a_day": "sms-a-day-wrong"})
    value: dict[str, Any] = {
        "quiet_since": f"{quiet.since:%H:%M}",
        "quiet_until": f"{quiet.until:%H:%M}",
        "sms_a_day": sms_a_day,
    }
    row = {"value": value, "version": shown + 1, "at": now, "user_id": user_id}
    if shown == 0:
        is_written = await insert_unless_exists(session, SettingRow, key=KEY, **row)
    else:
        is_written = (
            await session.scalar(
                update(SettingRow)
                .where(SettingRow.key == KEY, SettingRow.version == shown)
                .values(**row)
                .returning(SettingRow.version)
            )
            is not None
        )
    if not is_written:
        raise Conflict("settings-changed")
    audit.record(
        session, at=now, actor_id=user_id, action="messages:quiet", entity="settings", entity_id=KEY, **value
    )
