"""What one person chose for himself, on any device. Whoever keeps something here owns its key and checks what it reads."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.database import insert_unless_exists
from callcore.network.access_tables import PreferenceRow

KEYBOARD: Final = "keyboard"


async def preference(session: AsyncSession, user_id: int, key: str) -> Mapping[str, Any]:
    """Empty when nothing was chosen yet."""
    found = await session.scalar(
        select(PreferenceRow.value).where(PreferenceRow.user_id == user_id, PreferenceRow.key == key)
    )
    return found or {}


async def keep_preference(session: AsyncSession, user_id: int, key: str, value: Mapping[str, Any]) -> None:
    """The last choice wins."""
    if not await insert_unless_exists(session, PreferenceRow, user_id=user_id, key=key, value=dict(value)):
        mine = (PreferenceRow.user_id == user_id, PreferenceRow.key == key)
        await session.execute(update(PreferenceRow).where(*mine).values(value=dict(value)))


async def has_single_keys(session: AsyncSession, user_id: int) -> bool:
    """WCAG 2.1.4: a person may switch shortcuts of one key off."""
    return (await preference(session, user_id, KEYBOARD)).get("single") is not False


async def keep_single_keys(session: AsyncSession, user_id: int, *, are_on: bool) -> None:
    await keep_preference(session, user_id, KEYBOARD, {"single": are_on})
