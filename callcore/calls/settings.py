"""What the factory sets for calls at run time: what proves a contact, when numbers open, what may be dialled."""

from dataclasses import asdict, dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, String, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.network.access_tables import SettingRow
from callcore.network.model import PhonePolicy
from callcore.network.save_setting import save_setting

KEY: Final = "calls"


class FirstCall(StrEnum):
    """What opens a number in the mode «until first call»."""

    ANSWERED = "answered"  # a proven talk
    ATTEMPTED = "attempted"  # the customer was dialled, whether he answered or not


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSettings:
    """`proven_talk_s`: both sides joined at least this long prove a contact. `phone_policy` is the network's own, for
    dealers and orders that set none. `reveals_other_orders`: a number that was opened on one order is open on the
    customer's other orders of the same dealer. Calls out of one dealer: `max_calls_at_once`, `max_calls_a_day` (his day).
    `prefixes` is what may be dialled, E.164 beginnings. `from_minute`..`until_minute` of the day in the customer's zone.
    `cli_label` is how the operator signs our numbers on the customer's screen. `masked_days` a masked session lives.
    `announces_recording`: whoever we call hears first that the talk is recorded.
    `dealers_hand_outside`: a dealer, too, may hand a talk on to an outside number. Callbacks: the customer is rung
    `callback_tries` times at most, `callback_waits` minutes apart (the last one again), in hours of his own; `callback_lease_s`
    a worker holds one. The carrier takes `mobile_kopecks` or `fixed_kopecks` a minute of talk, in steps of `billed_by_s`."""

    proven_talk_s: int = 10
    first_call: FirstCall = FirstCall.ANSWERED
    phone_policy: PhonePolicy = PhonePolicy.UNTIL_FIRST_CALL
    reveals_other_orders: bool = True
    max_calls_at_once: int = 5
    max_calls_a_day: int = 300
    prefixes: tuple[str, ...] = ("+7",)
    from_minute: int = 8 * 60
    until_minute: int = 22 * 60
    cli_label: str = ""
    announces_recording: bool = True
    masked_days: int = 14
    dealers_hand_outside: bool = False
    callback_tries: int = 3
    callback_waits: tuple[int, ...] = (2, 10, 60)
    callback_from_minute: int = 9 * 60
    callback_until_minute: int = 21 * 60
    callback_lease_s: int = 240
    mobile_kopecks: int = 0
    fixed_kopecks: int = 0
    billed_by_s: int = 60


@dataclass(frozen=True, slots=True)
class StoredCallSettings:
    """`version` 0: nobody has changed anything."""

    settings: CallSettings
    version: int


async def call_settings(session: AsyncSession) -> CallSettings:
    return (await stored_call_settings(session)).settings


async def stored_call_settings(session: AsyncSession) -> StoredCallSettings:
    """What a newer or older program wrote and this one does not know is passed over."""
    row = await session.scalar(select(SettingRow).where(SettingRow.key == KEY))
    if row is None:
        return StoredCallSettings(CallSettings(), 0)
    return StoredCallSettings(read_settings(row.value), row.version)


def read_settings(value: dict[str, Any]) -> CallSettings:
    """Of a stored value."""
    usual = CallSettings()
    known: dict[str, Any] = {}
    for item in fields(CallSettings):
        if item.name in value:
            kind = type(getattr(usual, item.name))
            known[item.name] = kind(value[item.name])  # enums and tuples are stored as words and lists
    return CallSettings(**known)


async def write_call_settings(
    session: AsyncSession, settings: CallSettings, *, shown: int, at: datetime, user_id: int
) -> int:
    """The new version. Raises Conflict("settings-changed") when another was saved since `shown`."""
    return await save_setting(session, KEY, asdict(settings), shown=shown, at=at, user_id=user_id)


def settings_on(connection: Connection) -> CallSettings:
    """The same on a plain connection."""
    value = connection.scalar(select(SettingRow.value).where(SettingRow.key == KEY))
    return read_settings(value) if value else CallSettings()


# --- the same in SQL: read once a statement ---------------------------------------------------------------------


def proven_talk_sql() -> ColumnElement[int]:
    """`proven_talk_s` as it is stored now."""
    stored = select(SettingRow.value["proven_talk_s"].as_integer()).where(SettingRow.key == KEY)
    return func.coalesce(stored.scalar_subquery(), CallSettings().proven_talk_s)


def phone_policy_sql() -> ColumnElement[str]:
    """The network's own PhonePolicy as it is stored now."""
    stored = select(SettingRow.value["phone_policy"].as_string()).where(SettingRow.key == KEY)
    usual = literal(CallSettings().phone_policy.value, String)
    return func.coalesce(func.nullif(stored.scalar_subquery(), ""), usual)
