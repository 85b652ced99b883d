"""Who must have a second factor: set by an administrator at run time."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel import audit
from callcore.kernel.database import insert_unless_exists
from callcore.kernel.errors import Conflict, Forbidden
from callcore.network.access_tables import SettingRow
from callcore.network.model import Role, Viewer

KEY: Final = "security"
_ROLES: Final = "totp_roles"


@dataclass(frozen=True, slots=True)
class SecuritySettings:
    """`version` 0: nobody has changed anything."""

    totp_roles: frozenset[Role]
    version: int


def read_roles(value: Mapping[str, Any] | None) -> frozenset[Role]:
    """Of a stored value; words that are no roles are passed over."""
    stored = (value or {}).get(_ROLES, ())
    return frozenset(role for role in Role if role.value in stored)


async def security_settings(session: AsyncSession) -> SecuritySettings:
    row = await session.scalar(select(SettingRow).where(SettingRow.key == KEY))
    return SecuritySettings(read_roles(row.value if row else None), row.version if row else 0)


async def require_second_factor(
    session: AsyncSession, viewer: Viewer, roles: Collection[Role], *, shown: int, at: datetime
) -> None:
    """For administrators. Raises Forbidden, Conflict("settings-changed")."""
    if viewer.role is not Role.ADMIN:
        raise Forbidden("not-admin")
    before = (await security_settings(session)).totp_roles
    value = {_ROLES: sorted(role.value for role in roles)}
    values = {"value": value, "at": at, "user_id": viewer.user_id, "version": shown + 1}
    if shown == 0:
        is_written = await insert_unless_exists(session, SettingRow, key=KEY, **values)
    else:
        changed = update(SettingRow).where(SettingRow.key == KEY, SettingRow.version == shown)
        is_written = await session.scalar(changed.values(**values).returning(SettingRow.version)) is not None
    if not is_written:
        raise Conflict("settings-changed")
    changes = {_ROLES: [sorted(before), value[_ROLES]]}
    audit.record(
        session,
        at=at,
        actor_id=viewer.user_id,
        action="security:changed",
        entity="settings",
        entity_id=KEY,
        changes=changes,
    )
