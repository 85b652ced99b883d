"""What the factory sets for the robot at run time: whether it calls, after which orders, in which hours, how often."""

from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.settings import KEY as CALLS
from callcore.calls.settings import read_settings
from callcore.network.access_tables import SettingRow
from callcore.network.save_setting import save_setting
from callcore.orders.model import OrderChannel

KEY: Final = "robot"


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotSettings:
    """`channels` are the doors (OrderChannel) whose orders are called; `sources` narrow them to advertising: «google» or
    «google/cpc», source and medium as the order has them; none: any. `voice` a code of callcore.outbound.robot.voices. `since` is when it was switched on, UTC in ISO:
    older orders are left alone. The hours are minutes of the day on the customer's clock. `retry_minutes`: the wait after
    each try that was not answered; so many tries more. `manager_name` is said while no dealer has the order. `needs_consent`: only who has agreed to automatic
    calls is called; who has refused never is."""

    is_on: bool = False
    since: str = ""
    channels: tuple[str, ...] = (OrderChannel.SITE.value, OrderChannel.API.value)
    sources: tuple[str, ...] = ()
    voice: str = ""
    delay_minutes: int = 5
    from_minute: int = 9 * 60
    until_minute: int = 20 * 60
    retry_minutes: tuple[int, ...] = (15, 120)
    max_at_once: int = 3
    manager_name: str = ""
    starts_distribution: bool = True
    needs_consent: bool = False

    @property
    def on_since(self) -> datetime | None:
        return datetime.fromisoformat(self.since) if self.is_on and self.since else None


@dataclass(frozen=True, slots=True)
class StoredRobotSettings:
    """`version` 0: nobody has changed anything."""

    settings: RobotSettings
    version: int


_STORED: Final = select(SettingRow.key, SettingRow.value).where(SettingRow.key.in_((KEY, CALLS)))


def read_robot_settings(connection: Connection) -> RobotSettings:
    """For who polls; with the hours in which anybody may be called at all."""
    values: dict[str, Any] = {row.key: row.value for row in connection.execute(_STORED)}
    limits = read_settings(values.get(CALLS) or {})
    settings = _read(values.get(KEY) or {})
    return replace(
        settings,
        from_minute=max(settings.from_minute, limits.from_minute),
        until_minute=min(settings.until_minute, limits.until_minute),
    )


async def stored_robot_settings(session: AsyncSession) -> StoredRobotSettings:
    row = await session.scalar(select(SettingRow).where(SettingRow.key == KEY))
    if row is None:
        return StoredRobotSettings(RobotSettings(), 0)
    return StoredRobotSettings(_read(row.value), row.version)


def _read(value: dict[str, Any]) -> RobotSettings:
    """What a newer or older program wrote and this one does not know is passed over."""
    usual, known = RobotSettings(), {}
    for item in fields(RobotSettings):
        if item.name in value:
            kind = type(getattr(usual, item.name))
            known[item.name] = kind(value[item.name])
    return RobotSettings(**known)


async def write_robot_settings(
    session: AsyncSession, settings: RobotSettings, *, shown: int, at: datetime, user_id: int | None
) -> int:
    """The new version. Raises Conflict("settings-changed") when another was saved since `shown`."""
    return await save_setting(session, KEY, asdict(settings), shown=shown, at=at, user_id=user_id)
