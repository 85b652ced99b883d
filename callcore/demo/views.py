"""Two named views of the order list: one that all of the factory see, one of the manager alone."""

from callcore.demo.network_rows import Row
from callcore.demo.rows import Rows
from callcore.network.model import Role
from callcore.orders.desk_tables import OrderViewRow
from callcore.orders.saved_views import PAGE

COLUMNS = ["number", "status", "created", "customer", "product", "sum", "org", "region"]


def saved_views(users: list[Row]) -> Rows:
    """`users` are rows of people as they are written."""
    by_role = {user["role"]: user for user in users}
    admin, manager = by_role[Role.ADMIN.value], by_role[Role.MANUFACTURER.value]
    views = [
        _view(admin, "Срочные: срок в ближайшие сутки", "due=day&sort=old", is_shared=True),
        _view(manager, "Дорогие в работе", "stage=contacted&sort=sum", is_shared=False),
    ]
    return [(OrderViewRow, [{"id": number, **view} for number, view in enumerate(views, start=1)])]


def _view(owner: Row, name: str, query: str, *, is_shared: bool) -> Row:
    return {
        "owner_id": owner["id"],
        "org_id": owner["org_id"],
        "page": PAGE,
        "name": name,
        "query": query,
        "columns": COLUMNS,
        "is_shared": is_shared,
    }
