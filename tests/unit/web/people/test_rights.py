"""The page of rights says what the doors say."""

import pytest

from callcore.network.model import Role
from web.people.rights import rights
from web.rooms import NavItem
from web.security.access import PUBLIC, SIGNED_IN, roles

pytestmark = pytest.mark.unit

ADMIN, BOTH = roles(Role.ADMIN), roles(Role.ADMIN, Role.OPERATOR)
NAV = (NavItem("Сотрудники", "/people", "user", ADMIN, "Настройки"), NavItem("Заказы", "/orders", "x", BOTH))


def test_a_route_belongs_to_the_longest_beginning_of_its_address() -> None:
    routes = [
        ("GET", "/people", ADMIN),
        ("POST", "/people/{id}/role", BOTH),
        ("GET", "/orders", BOTH),
        ("HEAD", "/orders", BOTH),
        ("POST", "/orders/{number}/close", ADMIN),
        ("GET", "/account", SIGNED_IN),
        ("GET", "/ordersome", BOTH),
        ("POST", "/sign-in", PUBLIC),
    ]
    rows = {row.title: row for row in rights(routes, NAV)}
    assert rows["Сотрудники"].changes == frozenset()
    assert rows["Люди дилеров"].changes == BOTH
    assert (rows["Заказы"].reads, rows["Заказы"].changes) == (BOTH, ADMIN)
    assert rows["Свой вход и безопасность"].reads == frozenset(Role)
    assert set(rows) == {"Сотрудники", "Люди дилеров", "Заказы", "Свой вход и безопасность"}
