"""Use case: the factory changes the settings of calls. They hold from then on; what was proven or opened stays so."""

import re
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from callcore.calls.settings import (
    KEY,
    CallSettings,
    StoredCallSettings,
    stored_call_settings,
    write_call_settings,
)
from callcore.kernel import audit
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import Forbidden, Invalid
from callcore.network.access_tables import SettingRow
from callcore.network.model import Role, Viewer
from callcore.network.tables import UserRow

EDITORS: Final = frozenset({Role.ADMIN, Role.MANUFACTURER})
READERS: Final = EDITORS | {Role.SUPERVISOR}
MAX_PREFIXES: Final = 20
MAX_LABEL_CHARS: Final = 32
_PREFIX: Final = re.compile(r"\+[1-9]\d{0,5}", re.ASCII)
# Every whole number of the settings has its bounds here; the page reads them for its hints.
BOUNDS: Final[dict[str, tuple[int, int]]] = {
    "proven_talk_s": (3, 600),
    "max_calls_at_once": (1, 100),
    "max_calls_a_day": (1, 100_000),
    "from_minute": (0, 24 * 60 - 1),
    "until_minute": (1, 24 * 60),
    "masked_days": (1, 90),
    "callback_tries": (1, 10),
    "callback_from_minute": (0, 24 * 60 - 1),
    "callback_until_minute": (1, 24 * 60),
    "callback_lease_s": (30, 3600),
    "mobile_kopecks": (0, 10_000),
    "fixed_kopecks": (0, 10_000),
    "billed_by_s": (1, 60),
}
MAX_WAITS: Final = 10
LONGEST_WAIT_MINUTES: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class CallSettingsBook:
    """`author` and `at` of the last change, empty while nobody has made one."""

    stored: StoredCallSettings
    author: str
    at: datetime | None


def may_edit_call_settings(viewer: Viewer) -> bool:
    return viewer.role in EDITORS


class ChangeCallSettings:
    """All raise Forbidden for who may not. `save` raises Invalid with codes by field, and Conflict("settings-changed")
    when somebody else saved since version `shown`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def book(self, viewer: Viewer) -> CallSettingsBook:
        if viewer.role not in READERS:
            raise Forbidden("not-reader")
        async with self._database.session() as session:
            found = await session.execute(
                select(SettingRow.at, UserRow.full_name)
                .outerjoin(UserRow, UserRow.id == SettingRow.user_id)
                .where(SettingRow.key == KEY)
            )
            row = found.first()
            at, author = (row.at, row.full_name or "") if row else (None, "")
            return CallSettingsBook(await stored_call_settings(session), author, at)

    async def save(self, viewer: Viewer, settings: CallSettings, *, shown: int) -> int:
        if not may_edit_call_settings(viewer):
            raise Forbidden("not-editor")
        if wrong := check_call_settings(settings):
            raise Invalid("settings-wrong", fields=wrong)
        async with self._database.transaction() as session:
            before, now = await stored_call_settings(session), self._clock.now()
            version = await write_call_settings(
                session, settings, shown=shown, at=now, user_id=viewer.user_id
            )
            old, new = asdict(before.settings), asdict(settings)
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


def check_call_settings(settings: CallSettings) -> dict[str, str]:
    """Codes of what is wrong by the name of the field: too-small, too-big, too-long, not-prefix, not-after."""
    wrong: dict[str, str] = {}
    for name, (low, high) in BOUNDS.items():
        value = getattr(settings, name)
        if not low <= value <= high:
            wrong[name] = "too-small" if value < low else "too-big"
    if settings.until_minute <= settings.from_minute:
        wrong.setdefault("until_minute", "not-after")
    wrong |= _check_callbacks(settings, wrong)
    if not settings.prefixes or not all(_PREFIX.fullmatch(one) for one in settings.prefixes):
        wrong["prefixes"] = "not-prefix"
    elif len(settings.prefixes) > MAX_PREFIXES:
        wrong["prefixes"] = "too-long"
    if len(settings.cli_label) > MAX_LABEL_CHARS:
        wrong["cli_label"] = "too-long"
    return wrong


def _check_callbacks(settings: CallSettings, known: dict[str, str]) -> dict[str, str]:
    waits, wrong = settings.callback_waits, {}
    if not 0 < len(waits) <= MAX_WAITS or not all(1 <= one <= LONGEST_WAIT_MINUTES for one in waits):
        wrong["callback_waits"] = "not-waits"
    since = max(settings.callback_from_minute, settings.from_minute)
    until = min(settings.callback_until_minute, settings.until_minute)
    if until <= since and "callback_until_minute" not in known:
        wrong["callback_until_minute"] = "not-after"
    return wrong
