"""Use cases: an outlet is added, changed, taken away. Hours have their own (change_network). Each leaves an audit row."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import Conflict, NotFound
from callcore.network.change_network import MAX_REASON_CHARS
from callcore.network.dealers import sees_org
from callcore.network.editing import (
    Notes,
    changes_between,
    check_fields,
    is_line,
    org_to_change,
    outlet_to_run,
)
from callcore.network.model import Viewer
from callcore.network.policy import Ringing
from callcore.network.tables import (
    OrgRow,
    OutletExceptionRow,
    OutletOverrideRow,
    OutletRow,
    PhoneRow,
    RegionRow,
)

MAX_NAME_CHARS, MAX_ADDRESS_CHARS = 80, 200
RING_S = range(5, 121)
POSITIONS = range(1, 1000)
MAX_CALLS = range(1, 100)

IsUsed = Callable[[AsyncSession, int], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class OutletFields:
    """`tz` empty: the region's main zone. `max_calls` None: as many as the phones have lines. Coordinates are WGS 84
    degrees, both or none."""

    name: str
    city: str
    address: str
    region_code: str
    tz: str = ""
    lat: float | None = None
    lon: float | None = None
    position: int = 100
    ring_s: int = 20
    max_calls: int | None = None
    ringing: Ringing = Ringing.ALL


@dataclass(frozen=True, slots=True)
class OutletToEdit:
    """`stamp` changes with the fields: the guard against lost updates."""

    id: int
    org_id: int
    org_name: str
    fields: OutletFields
    stamp: str
    phones: int


def stamp_of(values: dict[str, Any]) -> str:
    text = json.dumps(values, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class ChangeOutlets:
    """All raise NotFound for what the person may not know, Forbidden for what it may not change."""

    def __init__(self, database: Database, clock: Clock, is_used: IsUsed) -> None:
        """`is_used` tells whether calls or orders remember an outlet."""
        self._database = database
        self._notes = Notes(clock)
        self._is_used = is_used

    async def add(self, viewer: Viewer, org_id: int, fields: OutletFields) -> int:
        """Without hours: they are set on its own page. Raises Invalid (fields). Returns its id."""
        async with self._database.transaction() as session:
            await org_to_change(session, viewer, org_id)
            zone = await _checked_zone(session, fields)
            row = OutletRow(org_id=org_id, hours={}, **_columns(fields, zone))
            session.add(row)
            await session.flush()
            self._notes.add(session, viewer, "outlet:added", "outlet", row.id, name=fields.name)
            return row.id

    async def save(self, viewer: Viewer, outlet_id: int, fields: OutletFields, stamp: str) -> None:
        """Raises Invalid (fields), Conflict("outlet-changed")."""
        async with self._database.transaction() as session:
            row, _ = await outlet_to_run(session, viewer, outlet_id)
            before = _columns(_fields(row), row.tz)
            if stamp_of(before) != stamp:
                raise Conflict("outlet-changed")
            after = _columns(fields, await _checked_zone(session, fields))
            for name, value in after.items():
                setattr(row, name, value)
            if changes := changes_between(before, after):
                self._notes.add(session, viewer, "outlet:changed", "outlet", outlet_id, changes=changes)

    async def remove(self, viewer: Viewer, outlet_id: int, reason: str) -> int:
        """Only when nothing hangs on it: raises Conflict("outlet-in-use") with phones, calls or orders; Invalid (field
        reason). Returns the dealer's id."""
        if not is_line(reason, at_least=1, at_most=MAX_REASON_CHARS):
            check_fields({"reason": "reason-length"})
        async with self._database.transaction() as session:
            row, org = await outlet_to_run(session, viewer, outlet_id)
            phone = await session.scalar(select(PhoneRow.id).where(PhoneRow.outlet_id == outlet_id).limit(1))
            if phone is not None or await self._is_used(session, outlet_id):
                raise Conflict("outlet-in-use")
            for table in (OutletExceptionRow, OutletOverrideRow):
                await session.execute(delete(table).where(table.outlet_id == outlet_id))
            data = {"name": row.name, "outlet_id": outlet_id, "reason": reason}
            await session.delete(row)
            self._notes.add(session, viewer, "outlet:removed", "organization", org.id, **data)
            return org.id


async def outlet_to_edit(session: AsyncSession, viewer: Viewer, outlet_id: int) -> OutletToEdit:
    """Raises NotFound."""
    found = await session.execute(
        select(OutletRow, OrgRow.name)
        .join(OrgRow, OrgRow.id == OutletRow.org_id)
        .where(OutletRow.id == outlet_id, sees_org(viewer))
    )
    row = found.first()
    if row is None:
        raise NotFound("outlet-not-found")
    outlet, org_name = row
    phones = list(await session.scalars(select(PhoneRow.id).where(PhoneRow.outlet_id == outlet_id)))
    fields = _fields(outlet)
    stamp = stamp_of(_columns(fields, outlet.tz))
    return OutletToEdit(outlet_id, outlet.org_id, org_name, fields, stamp, len(phones))


def _fields(row: OutletRow) -> OutletFields:
    return OutletFields(
        name=row.name,
        city=row.city,
        address=row.address,
        region_code=row.region_code,
        tz=row.tz,
        lat=row.lat,
        lon=row.lon,
        position=row.position,
        ring_s=row.ring_s,
        max_calls=row.max_calls,
        ringing=Ringing(row.ringing),
    )


def _columns(fields: OutletFields, zone: str) -> dict[str, Any]:
    return asdict(fields) | {"tz": zone, "ringing": fields.ringing.value}


async def _checked_zone(session: AsyncSession, fields: OutletFields) -> str:
    """The zone to store. Raises Invalid."""
    wrong = {
        name: "text-length"
        for name, text, at_least, at_most in (
            ("name", fields.name, 1, MAX_NAME_CHARS),
            ("city", fields.city, 1, MAX_NAME_CHARS),
            ("address", fields.address, 0, MAX_ADDRESS_CHARS),
        )
        if not is_line(text, at_least=at_least, at_most=at_most)
    }
    if fields.ring_s not in RING_S:
        wrong["ring_s"] = "ring-range"
    if fields.position not in POSITIONS:
        wrong["position"] = "position-range"
    if fields.max_calls is not None and fields.max_calls not in MAX_CALLS:
        wrong["max_calls"] = "calls-range"
    if (fields.lat is None) != (fields.lon is None):
        wrong["point"] = "point-half"
    elif not (-90 <= (fields.lat or 0) <= 90 and -180 <= (fields.lon or 0) <= 180):
        wrong["point"] = "point-range"
    region = await session.get(RegionRow, fields.region_code) if fields.region_code else None
    if region is None:
        wrong["region_code"] = "no-such-region"
    if fields.tz and not _is_zone(fields.tz):
        wrong["tz"] = "no-such-zone"
    check_fields(wrong)
    return fields.tz or (region.tz if region else "")


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return False
    return True
