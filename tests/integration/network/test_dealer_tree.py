"""The tree of dealers stays a tree: two moves at once, and paths of whole subtrees."""

import asyncio

import pytest
from sqlalchemy import select

from callcore.kernel.database import Database
from callcore.kernel.errors import Conflict, DatabaseUnavailable, Forbidden, Invalid
from callcore.network.change_dealers import ChangeDealers
from callcore.network.dealer_card import dealer_history, tree_below
from callcore.network.dealer_fields import CardFields
from callcore.network.model import Role, Viewer
from callcore.network.tables import OrgRow
from tests.factories.network import make_org, make_user
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.integration


async def staff(database: Database, role: Role = Role.ADMIN) -> tuple[Viewer, list[OrgRow]]:
    """The factory, dealers a and b, and c below a."""
    async with database.transaction() as session:
        factory = await make_org(session)
        a, b = [await make_org(session, parent=factory, name=name) for name in ("а", "б")]
        c = await make_org(session, parent=a, kind="subdealer", name="в")
        user = await make_user(session, factory, role=role.value)
    viewer = Viewer(user.id, "Белова", role, factory.id, "Завод", factory.path, (), "Europe/Moscow")
    return viewer, [a, b, c]


async def test_of_two_crossing_moves_one_is_refused(database: Database, clock: FakeClock) -> None:
    viewer, (a, b, c) = await staff(database)
    change = ChangeDealers(database, clock)
    came = await asyncio.gather(
        change.move(viewer, a.id, b.id), change.move(viewer, b.id, c.id), return_exceptions=True
    )
    assert sum(one is None for one in came) == 1, came
    assert all(one is None or isinstance(one, Invalid | DatabaseUnavailable) for one in came)
    async with database.session() as session:
        rows = {row.id: row for row in await session.scalars(select(OrgRow))}
    for row in rows.values():
        chain = [int(part) for part in row.path.split("/") if part]
        assert chain[-1] == row.id
        assert len(set(chain)) == len(chain), "nobody stands above himself"
        assert chain[-2:-1] == ([row.parent_id] if row.parent_id else [])


async def test_the_tree_below_is_in_order_of_names_at_each_depth(database: Database) -> None:
    viewer, (a, _, c) = await staff(database)
    async with database.transaction() as session:
        early = await make_org(session, parent=a, kind="subdealer", name="аа")
        deep = await make_org(session, parent=c, kind="subdealer", name="ааа")
    async with database.session() as session:
        rows = await tree_below(session, viewer, a.id)
    assert [(row.id, row.depth) for row in rows] == [(early.id, 1), (c.id, 1), (deep.id, 2)]


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.MARKETER])
async def test_those_who_only_read_change_nothing(database: Database, clock: FakeClock, role: Role) -> None:
    viewer, (a, b, _) = await staff(database, role)
    change = ChangeDealers(database, clock)
    for attempt in (
        change.move(viewer, a.id, b.id),
        change.save_card(viewer, a.id, CardFields(name="другое"), 1),
        change.set_logo(viewer, a.id, ""),
    ):
        with pytest.raises(Forbidden):
            await attempt
    async with database.session() as session:
        with pytest.raises(Forbidden):
            await dealer_history(session, viewer, a.id)


async def test_of_two_saves_at_once_one_is_told(database: Database, clock: FakeClock) -> None:
    viewer, (a, _, _) = await staff(database)
    change = ChangeDealers(database, clock)
    came = await asyncio.gather(
        *(change.save_card(viewer, a.id, CardFields(name="Альфа", email=f"{n}@a.ru"), 1) for n in range(4)),
        return_exceptions=True,
    )
    assert sum(one is None for one in came) == 1, came
    assert sum(isinstance(one, Conflict) for one in came) == 3, came
