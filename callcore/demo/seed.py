"""Use case: fill an empty database with the demo network, in one transaction."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.catalog.tables import ProductRow
from callcore.demo.callbacks import demo_callbacks
from callcore.demo.calls_out import demo_calls_out
from callcore.demo.costs import demo_costs
from callcore.demo.customer_details import add_customer_details
from callcore.demo.data import DemoData, load_demo_data
from callcore.demo.distribution import offer_demo_orders
from callcore.demo.duty import demo_duty, own_hours
from callcore.demo.messages import demo_messages
from callcore.demo.network_rows import NetworkRows, network_rows
from callcore.demo.order_details import order_details
from callcore.demo.points import demo_points
from callcore.demo.policies import policy_tables
from callcore.demo.recordings import demo_retention
from callcore.demo.robot import demo_robot
from callcore.demo.rows import Rows, story_rows
from callcore.demo.special_days import special_days
from callcore.demo.story import tell
from callcore.demo.tasks import demo_tasks
from callcore.demo.transfers import demo_transfers
from callcore.demo.views import saved_views
from callcore.demo.ways_in import demo_keys
from callcore.kernel.database import Base, Database
from callcore.network.directory import load_directory
from callcore.network.model import Role
from callcore.network.passwords import hash_password
from callcore.network.staff_tables import OrgPhoneRow
from callcore.network.tables import (
    DidRow,
    OrgRegionRow,
    OrgRow,
    OutletRow,
    PhoneRow,
    RegionRow,
    UserRow,
)
from callcore.orders.model import ReasonKind
from callcore.orders.reasons import ensure_reasons, load_reasons


@dataclass(frozen=True, slots=True)
class DemoSecrets:
    """The one password of all people of the demo; made at the first start and kept outside the code."""

    password: str


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """One person per role, to show on the sign-in page."""

    role: Role
    email: str
    full_name: str


@dataclass(frozen=True, slots=True)
class DemoSeeded:
    """`created` is False when the database already held a network, which was left as it is."""

    created: bool
    logins: tuple[DemoLogin, ...]


async def seed(database: Database, now: datetime, secrets: DemoSecrets) -> DemoSeeded:
    """Fill the database unless it has an organisation. The same `now` gives the same rows but for the password's hash."""
    async with database.session() as session:
        is_empty = await session.scalar(select(OrgRow.id).limit(1)) is None
    data = await asyncio.to_thread(load_demo_data)
    if is_empty:
        hashed = await asyncio.to_thread(hash_password, secrets.password)
        rows = network_rows(data, now, hashed)
        own_hours(rows.users)
        async with database.transaction() as session:
            await _write(session, policy_tables(rows, now))
            await _write(session, await _network_tables(session, data, rows))
            directory = await load_directory(session)
            story = await asyncio.to_thread(tell, data, directory, _users_of(rows), now)
            told = await asyncio.to_thread(story_rows, data, story, now)
            await ensure_reasons(session)
            details = order_details(data, told, await load_reasons(session, ReasonKind.FAILED), now)
            known = add_customer_details(told, now)
            await _write(session, told)
            await _write(session, demo_transfers(told))
            await _write(session, details)
            await _write(session, known)
            await _write(session, demo_calls_out(told, rows.users, now))
            await _write(session, demo_points(rows.orgs, told, now))
            await _write(session, demo_costs(rows.orgs, rows.users, now))
            await _write(session, demo_tasks(story.calls, rows.users, now))
            await _write(session, demo_robot(told, now))
            await _write(session, demo_callbacks(told, now))
            await _write(session, demo_retention(now))
            await _write(session, demo_messages(told, now))
            await _write(session, demo_keys(rows.orgs, rows.users, now))
            await _write(session, demo_duty(rows.users, rows.phones, now))
            await _write(session, saved_views(rows.users))
            await _write(session, special_days([row["id"] for row in rows.outlets], now))
            await offer_demo_orders(session, now)
    return DemoSeeded(is_empty, demo_logins(data))


def demo_logins(data: DemoData) -> tuple[DemoLogin, ...]:
    return tuple(DemoLogin(person.role, person.email, person.name) for person in data.logins)


async def _network_tables(session: AsyncSession, data: DemoData, rows: NetworkRows) -> Rows:
    """Regions may be there already: they belong to every installation."""
    known = set(await session.scalars(select(RegionRow.code)))
    products = [
        {
            "id": number,
            "article": product.article,
            "name": product.name,
            "category": product.category,
            "unit": product.unit,
            "price": product.price,
        }
        for number, product in enumerate(data.products, start=1)
    ]
    return [
        (RegionRow, [row for row in rows.regions if row["code"] not in known]),
        (OrgRow, rows.orgs),
        (OrgRegionRow, rows.org_regions),
        (OrgPhoneRow, rows.org_phones),
        (OutletRow, rows.outlets),
        (UserRow, rows.users),
        (PhoneRow, rows.phones),
        (DidRow, rows.dids),
        (ProductRow, products),
    ]


def _users_of(rows: NetworkRows) -> dict[int, tuple[int, ...]]:
    found: dict[int, list[int]] = defaultdict(list)
    for user in rows.users:
        found[user["org_id"]].append(user["id"])
    return {org_id: tuple(users) for org_id, users in found.items()}


async def _write(session: AsyncSession, tables: Rows) -> None:
    connection = await session.connection()
    for mapped, rows in tables:
        if rows:
            await connection.execute(insert(mapped.__table__), rows)  # type: ignore[arg-type]
        if connection.dialect.name == "postgresql" and "id" in mapped.__table__.c:
            await _continue_numbers(session, mapped)


async def _continue_numbers(session: AsyncSession, mapped: type[Base]) -> None:
    """PostgreSQL does not notice keys that were given by hand."""
    name = mapped.__tablename__
    await session.execute(
        text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))")  # noqa: S608 - our own table's name
    )
