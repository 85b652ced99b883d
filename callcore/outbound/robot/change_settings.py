"""Use case: the factory changes the settings of the robot. What was switched on calls for orders made from then on."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel import audit
from callcore.kernel.errors import Forbidden, Invalid
from callcore.network.access_tables import SettingRow
from callcore.network.model import Role, Viewer
from callcore.network.tables import UserRow
from callcore.orders.model import OrderChannel, OrderKind
from callcore.orders.tables import OrderRow
from callcore.outbound.robot.settings import (
    KEY,
    RobotSettings,
    StoredRobotSettings,
    stored_robot_settings,
    write_robot_settings,
)
from callcore.outbound.robot.voices import VOICES

EDITORS: Final = frozenset({Role.ADMIN, Role.MANUFACTURER})
READERS: Final = EDITORS | {Role.SUPERVISOR, Role.OPERATOR}
MAX_RETRIES: Final = 5
MAX_RETRY_MINUTES: Final = 24 * 60
MAX_NAME_CHARS: Final = 80
MAX_SOURCES: Final = 30
MAX_SOURCE_CHARS: Final = 80
SEEN_WITHIN: Final = timedelta(days=30)
MAX_SEEN: Final = 12
BOUNDS: Final[dict[str, tuple[int, int]]] = {
    "delay_minutes": (0, 24 * 60),
    "from_minute": (7 * 60, 21 * 60),
    "until_minute": (8 * 60, 22 * 60),
    "max_at_once": (1, 50),
}


@dataclass(frozen=True, slots=True)
class RobotBook:
    """`author` and `at` of the last change, empty while nobody has made one. `seen` are the sources of the last orders,
    «google/cpc», the most frequent first."""

    stored: StoredRobotSettings
    author: str
    at: datetime | None
    seen: tuple[str, ...] = ()


async def robot_book(session: AsyncSession, viewer: Viewer, now: datetime) -> RobotBook:
    """Raises Forbidden."""
    if viewer.role not in READERS:
        raise Forbidden("not-reader")
    row = (
        await session.execute(
            select(SettingRow.at, UserRow.full_name)
            .outerjoin(UserRow, UserRow.id == SettingRow.user_id)
            .where(SettingRow.key == KEY)
        )
    ).first()
    stored = await stored_robot_settings(session)
    author, at = ((row.full_name or ""), row.at) if row else ("", None)
    return RobotBook(stored, author, at, await _seen(session, now))


async def _seen(session: AsyncSession, now: datetime) -> tuple[str, ...]:
    rows = await session.execute(
        select(OrderRow.source, OrderRow.medium)
        .where(OrderRow.created_at >= now - SEEN_WITHIN, OrderRow.kind == OrderKind.ORDER.value)
        .group_by(OrderRow.source, OrderRow.medium)
        .order_by(func.count().desc(), OrderRow.source, OrderRow.medium)
        .limit(MAX_SEEN)
    )
    return tuple(f"{source}/{medium}" for source, medium in rows)


async def save_robot_settings(
    session: AsyncSession, viewer: Viewer, settings: RobotSettings, *, shown: int, now: datetime
) -> int:
    """In the caller's transaction. Raises Forbidden, Invalid with codes by field, Conflict("settings-changed")."""
    if viewer.role not in EDITORS:
        raise Forbidden("not-editor")
    if wrong := check_robot_settings(settings):
        raise Invalid("settings-wrong", fields=wrong)
    before = (await stored_robot_settings(session)).settings
    since = (before.since if before.is_on else now.isoformat()) if settings.is_on else ""
    meant = replace(settings, since=since)
    version = await write_robot_settings(session, meant, shown=shown, at=now, user_id=viewer.user_id)
    old, new = asdict(before), asdict(meant)
    audit.record(
        session,
        at=now,
        actor_id=viewer.user_id,
        action="settings:saved",
        entity="settings",
        entity_id=KEY,
        before={name: value for name, value in old.items() if value != new[name]},
        after={name: value for name, value in new.items() if value != old[name]},
    )
    return version


def check_robot_settings(settings: RobotSettings) -> dict[str, str]:
    """Codes of what is wrong by the name of the field: too-small, too-big, too-long, too-many, not-after, none-chosen,
    too-many-sources, not-source, no-voice."""
    wrong = _wrong_numbers(settings) | _wrong_orders(settings)
    if settings.voice not in VOICES:
        wrong["voice"] = "no-voice"
    if len(settings.manager_name) > MAX_NAME_CHARS:
        wrong["manager_name"] = "too-long"
    return wrong


def _wrong_numbers(settings: RobotSettings) -> dict[str, str]:
    wrong: dict[str, str] = {}
    for name, (low, high) in BOUNDS.items():
        value = getattr(settings, name)
        if not low <= value <= high:
            wrong[name] = "too-small" if value < low else "too-big"
    if settings.until_minute <= settings.from_minute:
        wrong.setdefault("until_minute", "not-after")
    if len(settings.retry_minutes) > MAX_RETRIES:
        wrong["retry_minutes"] = "too-many"
    elif any(not 1 <= one <= MAX_RETRY_MINUTES for one in settings.retry_minutes):
        wrong["retry_minutes"] = "too-big"
    return wrong


def _wrong_orders(settings: RobotSettings) -> dict[str, str]:
    """After which orders it calls."""
    wrong: dict[str, str] = {}
    unknown = set(settings.channels) - {one.value for one in OrderChannel}
    if unknown or (settings.is_on and not settings.channels):
        wrong["channels"] = "none-chosen"
    if len(settings.sources) > MAX_SOURCES:
        wrong["sources"] = "too-many-sources"
    elif any(len(one) > MAX_SOURCE_CHARS or one.startswith("/") for one in settings.sources):
        wrong["sources"] = "not-source"
    return wrong
