"""Use cases: deadline, address, manager and reward of an order are changed, one at a time."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.errors import Conflict, Forbidden, Invalid, NotAllowedNow
from callcore.network.model import Viewer
from callcore.network.tables import OrgRow, UserRow
from callcore.orders.change_status import end_of_day
from callcore.orders.changing import FACTORY, HEAD_OFFICE, changes_since, order_to_change, tell_changed
from callcore.orders.pins import address_changed, seek_pin, set_pin
from callcore.orders.tables import OrderRow
from callcore.orders.watch_orders import refresh_attention

MAX_ADDRESS_CHARS: Final = 300
MAX_CITY_CHARS: Final = 80
MAX_POINTS: Final = 100_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where to deliver. Both coordinates or none, in degrees; `is_pin_moved`: a person has set or removed the pin, else the
    point is only what he was shown."""

    city: str
    address: str
    lat: float | None = None
    lon: float | None = None
    is_pin_moved: bool = True


@dataclass(frozen=True, slots=True)
class PersonChoice:
    id: int
    full_name: str
    org_name: str


async def change_deadline(
    session: AsyncSession, viewer: Viewer, number: int, day: date, *, shown: int, now: datetime
) -> bool:
    """To the end of that day on the order's own clock, by the head office; False when it is that day already. Raises
    Forbidden, NotFound, Invalid (field due), NotAllowedNow("order-closed"), Conflict("deadline-changed")."""
    if viewer.role not in HEAD_OFFICE:
        raise Forbidden("not-head-office")
    order = await order_to_change(session, viewer, number, now=now)
    await _check_unchanged(session, order, "deadline", shown)
    due_at = end_of_day(day, order.tz, now=now, field="due")
    before = order.due_at
    if before == due_at:
        return False
    order.due_at = due_at
    await tell_changed(
        session,
        viewer,
        order,
        now=now,
        field="deadline",
        **{"from": before.isoformat() if before else "", "to": due_at.isoformat()},
    )
    await refresh_attention(session, order)
    return True


async def change_place(
    session: AsyncSession, viewer: Viewer, number: int, place: Place, *, shown: int, now: datetime
) -> bool:
    """False when nothing differs. A changed address is looked for on the map again, unless a person has set the pin; so is
    one whose pin he removes. Raises Forbidden, NotFound, Invalid (fields city, address, point),
    NotAllowedNow("order-closed"), Conflict("place-changed")."""
    order = await order_to_change(session, viewer, number, now=now)
    await _check_unchanged(session, order, "place", shown)
    _check_place(place)
    is_moved = place.is_pin_moved and (order.lat, order.lon) != (place.lat, place.lon)
    before = order.city, order.address
    if before == (place.city, place.address) and not is_moved:
        return False
    order.city, order.address = place.city, place.address
    if not is_moved:
        await address_changed(session, order, now=now)
    elif place.lat is None:
        await seek_pin(session, order, now=now)
    else:
        order.lat, order.lon = place.lat, place.lon
        await set_pin(session, order, now=now, actor_id=viewer.user_id)
    await tell_changed(
        session,
        viewer,
        order,
        now=now,
        field="place",
        **{"from": ", ".join(before), "to": f"{place.city}, {place.address}"},
    )
    return True


async def change_manager(
    session: AsyncSession, viewer: Viewer, number: int, user_id: int | None, *, shown: int, now: datetime
) -> bool:
    """One of `managers_for`; None: nobody in particular. False when he is it already. Raises Forbidden, NotFound,
    Invalid (field manager), NotAllowedNow("order-closed", "order-not-taken"), Conflict("manager-changed")."""
    order = await order_to_change(session, viewer, number, now=now)
    await _check_unchanged(session, order, "manager", shown)
    if order.org_id is None:
        raise NotAllowedNow("order-not-taken")
    if order.manager_id == user_id:
        return False
    people = {one.id: one.full_name for one in await managers_for(session, order.org_id)}
    if user_id is not None and user_id not in people:
        raise Invalid("manager-unknown", fields={"manager": "one of the list"})
    before = await session.get(UserRow, order.manager_id) if order.manager_id else None
    order.manager_id = user_id
    await tell_changed(
        session,
        viewer,
        order,
        now=now,
        field="manager",
        **{"from": before.full_name if before else "", "to": people.get(user_id or 0, "")},
    )
    return True


async def set_reward(
    session: AsyncSession, viewer: Viewer, number: int, points: int | None, *, now: datetime
) -> bool:
    """What its dealer gets for this order; None: as the settings say. By the factory. Raises Forbidden, NotFound,
    Invalid (field points), NotAllowedNow("order-closed"): what was counted is counted."""
    if viewer.role not in FACTORY:
        raise Forbidden("not-factory")
    order = await order_to_change(session, viewer, number, now=now)
    if points is not None and not 0 <= points <= MAX_POINTS:
        raise Invalid("points-invalid", fields={"points": f"0 to {MAX_POINTS}"})
    before = order.points_override
    if before == points:
        return False
    order.points_override = points
    await tell_changed(session, viewer, order, now=now, field="reward", **{"from": before, "to": points})
    return True


async def managers_for(session: AsyncSession, org_id: int) -> tuple[PersonChoice, ...]:
    """Who may be responsible for an order of this organisation: its people and those of the ones below it, by name."""
    path = await session.scalar(select(OrgRow.path).where(OrgRow.id == org_id))
    if not path:
        return ()
    rows = await session.execute(
        select(UserRow.id, UserRow.full_name, OrgRow.name)
        .join(OrgRow, OrgRow.id == UserRow.org_id)
        .where(OrgRow.path.startswith(path, autoescape=True), UserRow.is_active)
        .order_by(OrgRow.path, UserRow.full_name)
    )
    return tuple(PersonChoice(*row) for row in rows)


async def _check_unchanged(session: AsyncSession, order: OrderRow, field: str, shown: int) -> None:
    if others := await changes_since(session, order.id, shown, field):
        raise Conflict(f"{field}-changed", who=others[-1][0], now=others[-1][1].get("to"))


def _check_place(place: Place) -> None:
    is_point = place.lat is None and place.lon is None
    if place.lat is not None and place.lon is not None:
        is_point = -90 <= place.lat <= 90 and -180 <= place.lon <= 180
    checks = {
        "city": len(place.city) <= MAX_CITY_CHARS and (not place.city or place.city.isprintable()),
        "address": len(place.address) <= MAX_ADDRESS_CHARS
        and (not place.address or place.address.isprintable()),
        "point": is_point,
    }
    if fields := {name: "not usable" for name, is_right in checks.items() if not is_right}:
        raise Invalid("place-invalid", fields=fields)
