"""Rows of the selling network with sensible values; name what matters to the test, leave the rest."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from callcore.network.policy import Policy, policy_to_json
from callcore.network.policy_tables import PolicyRow, PolicyVersionRow
from callcore.network.staff_tables import DutyShiftRow, InviteRow
from callcore.network.tables import DidRow, OrgRow, OutletRow, PhoneRow, RegionRow, UserRow

ALWAYS = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
SINCE = datetime(2025, 1, 1, tzinfo=UTC)
_numbers = itertools.count(1)


async def make_region(session: AsyncSession, code: str = "RU-MOW", **values: Any) -> RegionRow:
    """Returns the region of this code, made when it is not there."""
    row = await session.get(RegionRow, code)
    if row is None:
        row = RegionRow(**{"code": code, "name": f"Регион {code}", "tz": "Europe/Moscow"} | values)
        session.add(row)
        await session.flush()
    return row


async def make_org(
    session: AsyncSession, *, parent: OrgRow | None = None, region_code: str | None = None, **values: Any
) -> OrgRow:
    """A manufacturer without a parent, a dealer with one, unless `kind` says otherwise."""
    if region_code is not None:
        await make_region(session, region_code)
    defaults = {
        "kind": "manufacturer" if parent is None else "dealer",
        "name": f"Организация {next(_numbers)}",
        "parent_id": None if parent is None else parent.id,
        "region_code": region_code,
        "path": "",
        "tz": "Europe/Moscow",
        "created_at": SINCE,
    }
    row = OrgRow(**defaults | values)
    session.add(row)
    await session.flush()
    row.path = f"{'/' if parent is None else parent.path}{row.id}/"
    await session.flush()
    return row


async def make_outlet(
    session: AsyncSession, org: OrgRow, *, region_code: str = "RU-MOW", **values: Any
) -> OutletRow:
    """Open day and night, unless `hours` say otherwise."""
    region = await make_region(session, region_code)
    defaults = {
        "org_id": org.id,
        "name": f"Салон {next(_numbers)}",
        "city": "Москва",
        "address": "ул. Образцовая, 1",
        "region_code": region.code,
        "tz": region.tz,
        "hours": ALWAYS,
    }
    return await _added(session, OutletRow(**defaults | values))


async def make_user(session: AsyncSession, org: OrgRow, **values: Any) -> UserRow:
    """An operator whose password nobody knows; give `password_hash` to sign in."""
    number = next(_numbers)
    defaults = {
        "org_id": org.id,
        "email": f"user{number}@example.test",
        "full_name": f"Сотрудник {number}",
        "role": "operator",
        "password_hash": "!",
        "tz": org.tz,
        "created_at": SINCE,
    }
    return await _added(session, UserRow(**defaults | values))


async def make_phone(
    session: AsyncSession, *, outlet: OutletRow | None = None, user: UserRow | None = None, **values: Any
) -> PhoneRow:
    """A SIP phone of an outlet, of an operator, or a duty phone when it belongs to neither."""
    number = next(_numbers)
    owner = "outlet" if outlet is not None else "operator" if user is not None else "duty"
    defaults = {
        "kind": "sip",
        "label": f"Телефон {number}",
        "extension": str(1000 + number),
        "owner": owner,
        "outlet_id": None if outlet is None else outlet.id,
        "user_id": None if user is None else user.id,
        "duty_position": 1 if owner == "duty" else None,
    }
    return await _added(session, PhoneRow(**defaults | values))


async def make_did(
    session: AsyncSession, *, org: OrgRow | None = None, region_code: str | None = None, **values: Any
) -> DidRow:
    if region_code is not None:
        await make_region(session, region_code)
    number = next(_numbers)
    defaults = {
        "number": f"+7495000{number:04d}",
        "label": f"Номер {number}",
        "region_code": region_code,
        "org_id": None if org is None else org.id,
    }
    return await _added(session, DidRow(**defaults | values))


async def make_policy(session: AsyncSession, policy: Policy | None = None, **values: Any) -> PolicyRow:
    """With one version of this body, the built-in one unless given."""
    row = await _added(session, PolicyRow(**{"name": f"Стратегия {next(_numbers)}"} | values))
    body = policy_to_json(policy or Policy())
    await _added(session, PolicyVersionRow(policy_id=row.id, version=1, made_at=SINCE, body=body))
    return row


async def make_invite(session: AsyncSession, org: OrgRow, *, made_at: datetime, **values: Any) -> InviteRow:
    """A link for a manager that was made a moment ago; give `token_hash` to come in by it."""
    defaults = {
        "token_hash": f"hash-{next(_numbers)}",
        "org_id": org.id,
        "email": f"guest{next(_numbers)}@example.test",
        "role": "dealer_manager",
        "made_at": made_at,
        "expires_at": made_at + timedelta(days=7),
    }
    return await _added(session, InviteRow(**defaults | values))


async def make_shift(
    session: AsyncSession, phone: PhoneRow, starts_at: datetime, *, hours: float = 8, **values: Any
) -> DutyShiftRow:
    defaults = {
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=hours),
        "tz": "Europe/Moscow",
        "phone_ids": [phone.id],
        "note": "",
        "version": 1,
    }
    return await _added(session, DutyShiftRow(**defaults | values))


async def _added(session: AsyncSession, row: Any) -> Any:
    session.add(row)
    await session.flush()
    return row
