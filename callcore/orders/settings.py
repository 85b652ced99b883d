"""What the factory sets for its orders at run time: terms, points, who distributes what nobody took."""

from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.network.access_tables import SettingRow
from callcore.network.ledger import ORDERS
from callcore.network.save_setting import save_setting

KEY: Final = ORDERS


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSettings:
    """`points_failed` is taken for the dealer's fault alone unless `points_failed_always`; `points_below_zero`: a dealer's sum may
    fall below zero. `due_days` run to the end of the
    day in the order's zone. `accept_minutes`: an order that nobody took is a problem after it. `contact_minutes`: one
    taken without a proven contact is a problem after it; `release_minutes` gives it back to the others by itself (0:
    never). `desk_org_id` is the department that distributes by hand, None for the head office itself. `needs_confirmation`:
    distribution begins only when the customer has confirmed. `working_minutes`: stages wait in office time of the order's zone. `open_to_all_minutes`: after the last window everybody who is
    registered sees the order (0: only candidates). `claim_days`: how long a dealer's customer is protected."""

    points_done: int = 100
    points_failed: int = -50
    points_failed_always: bool = False
    points_below_zero: bool = True
    points_by_score: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0)
    due_days: int = 14
    accept_minutes: int = 60
    contact_minutes: int = 120
    release_minutes: int = 0
    desk_org_id: int | None = None
    needs_confirmation: bool = False
    working_minutes: bool = False
    open_to_all_minutes: int = 0
    claim_days: int = 90
    survey_after_close: bool = True


_STORED: Final = select(SettingRow.value, SettingRow.version).where(SettingRow.key == KEY)
_KNOWN: Final = frozenset(item.name for item in fields(OrderSettings))


@dataclass(frozen=True, slots=True)
class StoredSettings:
    """`version` 0: nobody has changed anything."""

    settings: OrderSettings
    version: int


async def order_settings(session: AsyncSession) -> OrderSettings:
    return (await stored_settings(session)).settings


async def stored_settings(session: AsyncSession) -> StoredSettings:
    """What a newer or older program wrote and this one does not know is passed over."""
    row = (await session.execute(_STORED)).first()
    if row is None:
        return StoredSettings(OrderSettings(), 0)
    values = {name: value for name, value in row.value.items() if name in _KNOWN}
    if "points_by_score" in values:
        values["points_by_score"] = tuple(values["points_by_score"])
    return StoredSettings(OrderSettings(**values), row.version)


async def write_settings(
    session: AsyncSession, settings: OrderSettings, *, shown: int, at: datetime, user_id: int
) -> int:
    """The new version. Raises Conflict("settings-changed") when another was saved since `shown`."""
    return await save_setting(session, KEY, asdict(settings), shown=shown, at=at, user_id=user_id)
