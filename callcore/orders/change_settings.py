"""Use case: the factory changes the settings of its orders. They hold for what happens from then on; nothing that was is
counted anew."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel import audit
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import Forbidden, Invalid
from callcore.network.access_tables import SettingRow
from callcore.network.model import OrgState, Role, Viewer
from callcore.network.policy import MAX_POINTS
from callcore.network.tables import OrgRow, UserRow
from callcore.orders.settings import KEY, OrderSettings, StoredSettings, stored_settings, write_settings

EDITORS: Final = frozenset({Role.ADMIN, Role.MANUFACTURER})
READERS: Final = EDITORS | {Role.SUPERVISOR}
MAX_DAYS: Final = 365
MAX_MINUTES: Final = 30 * 24 * 60
_DAYS: Final = ("due_days", "claim_days")
_MINUTES: Final = ("accept_minutes", "contact_minutes", "release_minutes", "open_to_all_minutes")


@dataclass(frozen=True, slots=True)
class SettingsBook:
    """`author` and `at` of the last change, empty while nobody has made one. `orgs`: who may be the department that
    distributes by hand, by id."""

    stored: StoredSettings
    author: str
    at: datetime | None
    orgs: dict[int, str]


def may_edit_settings(viewer: Viewer) -> bool:
    return viewer.role in EDITORS


class ChangeSettings:
    """All raise Forbidden for who may not. `save` raises Invalid with the fields that are out of bounds, and
    Conflict("settings-changed") when somebody else saved since version `shown`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def book(self, viewer: Viewer) -> SettingsBook:
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
            return SettingsBook(await stored_settings(session), author, at, await _orgs(session))

    async def save(self, viewer: Viewer, settings: OrderSettings, *, shown: int) -> int:
        if not may_edit_settings(viewer):
            raise Forbidden("not-editor")
        async with self._database.transaction() as session:
            if wrong := check_settings(settings, await _orgs(session)):
                raise Invalid("settings-wrong", fields=wrong)
            before, now = await stored_settings(session), self._clock.now()
            version = await write_settings(session, settings, shown=shown, at=now, user_id=viewer.user_id)
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


def check_settings(settings: OrderSettings, orgs: dict[int, str]) -> dict[str, str]:
    """Codes of what is wrong by the name of the field: too-small, too-big, not-listed."""
    wrong: dict[str, str] = {}
    bounds = dict.fromkeys(_DAYS, (1, MAX_DAYS)) | dict.fromkeys(_MINUTES, (0, MAX_MINUTES))
    bounds |= {"points_done": (0, MAX_POINTS), "points_failed": (-MAX_POINTS, 0)}
    values = asdict(settings)
    for name, (low, high) in bounds.items():
        if not low <= values[name] <= high:
            wrong[name] = "too-small" if values[name] < low else "too-big"
    for score, points in enumerate(settings.points_by_score, start=1):
        if abs(points) > MAX_POINTS:
            wrong[f"score_{score}"] = "too-small" if points < 0 else "too-big"
    if settings.desk_org_id is not None and settings.desk_org_id not in orgs:
        wrong["desk_org_id"] = "not-listed"
    return wrong


async def _orgs(session: AsyncSession) -> dict[int, str]:
    rows = await session.execute(
        select(OrgRow.id, OrgRow.name).where(OrgRow.state == OrgState.ACTIVE).order_by(OrgRow.name, OrgRow.id)
    )
    return dict(rows.all())
