"""One group of settings that people change at run time, saved against lost updates. Runs in the caller's transaction."""

from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.database import insert_unless_exists
from callcore.kernel.errors import Conflict
from callcore.network.access_tables import SettingRow


async def save_setting(
    session: AsyncSession, key: str, value: dict[str, Any], *, shown: int, at: datetime, user_id: int | None
) -> int:
    """The new version. Raises Conflict("settings-changed") when another was saved since `shown`; 0: nobody had saved."""
    values = {"value": value, "at": at, "user_id": user_id, "version": shown + 1}
    if shown == 0:
        if await insert_unless_exists(session, SettingRow, key=key, **values):
            return 1
        raise Conflict("settings-changed")
    changed = await session.scalar(
        update(SettingRow)
        .where(SettingRow.key == key, SettingRow.version == shown)
        .values(**values)
        .returning(SettingRow.version)
    )
    if changed is None:
        raise Conflict("settings-changed")
    return int(changed)
