"""«Кто что может»: read off the doors themselves, so that the page cannot say anything else than the code does. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from callcore.network.model import DEALER_ROLES, STAFF_ROLES, Role
from web.rooms import NavItem
from web.security.access import PUBLIC, SIGNED_IN, Access

# What has no place of its own in the navigation, with the beginning of its addresses.
_WITHOUT_NAV: Final = (
    ("Люди дилеров", ("/people/{id}", "/dealers/{id}/people", "/dealers/{id}/invites", "/invites")),
    ("Сброс чужого второго ключа", ("/people/{id}/second-factor",)),
    ("Закрепление клиентов", ("/customers/claims",)),
    ("Объединение клиентов", ("/customers/duplicates", "/customers/merges", "/customers/{id}/merge")),
    ("Удаление данных клиента", ("/customers/{id}/forget",)),
    ("Свои виды списка заказов", ("/orders/views",)),
    ("Свой вход и безопасность", ("/account",)),
    ("Вход от имени дилера", ("/dealers/{id}/act",)),
    ("Точки и телефоны", ("/outlets", "/phones")),
    ("Записи разговоров", ("/recordings",)),
    ("Кто что может", ("/rights",)),
)
SCOPES: Final = {
    **dict.fromkeys(STAFF_ROLES, "вся сеть"),
    **dict.fromkeys(DEALER_ROLES, "своя организация и те, кто ниже"),
    Role.SEO: "ничего из заказов, клиентов и цен",
}


@dataclass(frozen=True, slots=True)
class RightsRow:
    """`reads` and `changes`: the roles that may open some page of this part, or press some button in it."""

    title: str
    section: str
    reads: frozenset[Role]
    changes: frozenset[Role]


def rights(routes: Iterable[tuple[str, str, Access]], nav: Sequence[NavItem]) -> tuple[RightsRow, ...]:
    """`routes` are (method, pattern, access) of the whole router. A part of the site is an entry of the navigation; the
    longest beginning of an address decides where a route belongs."""
    parts = {item.path: (item.title, item.section) for item in nav}
    parts |= {path: (title, "") for title, paths in _WITHOUT_NAV for path in paths}
    found: dict[tuple[str, str], tuple[set[Role], set[Role]]] = {
        part: (set(), set()) for part in parts.values()
    }
    for method, pattern, access in routes:
        begin = max((path for path in parts if _is_below(pattern, path)), key=len, default="")
        if not begin or access == PUBLIC:
            continue
        reads, changes = found[parts[begin]]
        (reads if method in ("GET", "HEAD") else changes).update(_roles(access))
    return tuple(
        RightsRow(title, section, frozenset(reads), frozenset(changes))
        for (title, section), (reads, changes) in found.items()
        if reads or changes
    )


def _is_below(pattern: str, path: str) -> bool:
    return pattern == path or pattern.startswith(path.rstrip("/") + "/")


def _roles(access: Access) -> frozenset[Role]:
    if access == SIGNED_IN:
        return frozenset(Role)
    return access if isinstance(access, frozenset) else frozenset()
