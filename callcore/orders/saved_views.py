"""Use cases: how a person sees the list of orders: columns, rows on a page, named views of his own and of others."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.audit import record
from callcore.kernel.database import insert_unless_exists
from callcore.kernel.errors import Conflict, Invalid, NotFound
from callcore.network.model import STAFF_ROLES, Viewer
from callcore.network.preferences import keep_preference, preference
from callcore.network.tables import UserRow
from callcore.orders.desk_tables import OrderViewRow

KEY: Final = "orders.list"
PAGE: Final = "orders"
PAGE_SIZES: Final = (25, 50, 100)
MAX_NAME: Final = 60
MAX_QUERY: Final = 2000
MAX_VIEWS: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ListChoice:
    """`columns` empty: the usual ones. `view_id` 0: the list opens as it is."""

    columns: tuple[str, ...] = ()
    page_rows: int = PAGE_SIZES[0]
    view_id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView:
    """`query` is that of the list's address."""

    id: int
    name: str
    query: str
    columns: tuple[str, ...]
    is_shared: bool
    is_mine: bool
    owner_name: str


async def list_choice(session: AsyncSession, user_id: int) -> ListChoice:
    """What is not understood any more is passed over."""
    kept = await preference(session, user_id, KEY)
    columns, rows, view_id = kept.get("columns"), kept.get("page_rows"), kept.get("view_id")
    return ListChoice(
        columns=tuple(str(one) for one in columns) if isinstance(columns, list) else (),
        page_rows=rows if rows in PAGE_SIZES else PAGE_SIZES[0],
        view_id=view_id if isinstance(view_id, int) else 0,
    )


async def choose_columns(session: AsyncSession, user_id: int, columns: Sequence[str]) -> None:
    """Empty goes back to the usual ones."""
    await _keep(session, user_id, replace(await list_choice(session, user_id), columns=tuple(columns)))


async def choose_page_rows(session: AsyncSession, user_id: int, page_rows: int) -> None:
    """Raises Invalid for a size that is not offered."""
    if page_rows not in PAGE_SIZES:
        raise Invalid("page-size", fields={"rows": "one of those offered"})
    await _keep(session, user_id, replace(await list_choice(session, user_id), page_rows=page_rows))


async def choose_view(session: AsyncSession, viewer: Viewer, view_id: int) -> None:
    """The list opens with this view; 0 for none. Raises NotFound for one that he does not see."""
    if view_id:
        await _seen(session, viewer, view_id)
    chosen = replace(await list_choice(session, viewer.user_id), view_id=view_id)
    await _keep(session, viewer.user_id, chosen)


async def _keep(session: AsyncSession, user_id: int, choice: ListChoice) -> None:
    await keep_preference(session, user_id, KEY, asdict(choice) | {"columns": list(choice.columns)})


async def views_of(session: AsyncSession, viewer: Viewer) -> tuple[SavedView, ...]:
    """His own first, then those that others share with him."""
    rows = await session.execute(
        select(OrderViewRow, UserRow.full_name)
        .join(UserRow, UserRow.id == OrderViewRow.owner_id)
        .where(_is_seen(viewer))
        .order_by(OrderViewRow.owner_id != viewer.user_id, OrderViewRow.position, OrderViewRow.name)
        .limit(2 * MAX_VIEWS)
    )
    return tuple(
        SavedView(
            id=row.id,
            name=row.name,
            query=row.query,
            columns=tuple(str(one) for one in row.columns),
            is_shared=row.is_shared,
            is_mine=row.owner_id == viewer.user_id,
            owner_name=owner_name,
        )
        for row, owner_name in rows
    )


def _is_seen(viewer: Viewer) -> ColumnElement[bool]:
    """Staff shares with staff, a dealer's person with his organisation."""
    same_side: ColumnElement[bool]
    if viewer.is_staff:
        same_side = UserRow.role.in_(sorted(STAFF_ROLES))
    else:
        same_side = and_(OrderViewRow.org_id == viewer.org_id, UserRow.role.not_in(sorted(STAFF_ROLES)))
    shared = and_(OrderViewRow.is_shared.is_(True), same_side)
    return and_(OrderViewRow.page == PAGE, or_(OrderViewRow.owner_id == viewer.user_id, shared))


async def _seen(session: AsyncSession, viewer: Viewer, view_id: int) -> OrderViewRow:
    found = await session.scalar(
        select(OrderViewRow)
        .join(UserRow, UserRow.id == OrderViewRow.owner_id)
        .where(OrderViewRow.id == view_id, _is_seen(viewer))
    )
    if found is None:
        raise NotFound("view-not-found")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class NewView:
    name: str
    query: str
    columns: tuple[str, ...] = ()
    is_shared: bool = False
    is_default: bool = False


async def save_view(session: AsyncSession, viewer: Viewer, new: NewView, *, now: datetime) -> int:
    """Its id. Raises Invalid (fields name) and Conflict("view-name-taken")."""
    name = _checked_name(new.name)
    if len(new.query) > MAX_QUERY:
        raise Invalid("view-too-long", fields={"name": "fewer conditions"})
    mine = and_(OrderViewRow.owner_id == viewer.user_id, OrderViewRow.page == PAGE)
    if (await session.scalar(select(func.count()).select_from(OrderViewRow).where(mine)) or 0) >= MAX_VIEWS:
        raise Invalid("too-many-views", fields={"name": "delete one first"})
    written = await insert_unless_exists(
        session,
        OrderViewRow,
        owner_id=viewer.user_id,
        org_id=viewer.org_id,
        page=PAGE,
        name=name,
        query=new.query,
        columns=list(new.columns),
        is_shared=new.is_shared,
    )
    if not written:
        raise Conflict("view-name-taken")
    view_id = await session.scalar(select(OrderViewRow.id).where(mine, OrderViewRow.name == name))
    assert view_id is not None
    if new.is_default:
        await choose_view(session, viewer, view_id)
    _note(session, viewer, "view:saved", view_id, name, now)
    return view_id


async def delete_view(session: AsyncSession, viewer: Viewer, view_id: int, *, now: datetime) -> NewView:
    """What it was, so that it can be saved again. Only its owner may: NotFound for everybody else."""
    row = await _seen(session, viewer, view_id)
    if row.owner_id != viewer.user_id:
        raise NotFound("view-not-found")
    gone = NewView(
        name=row.name, query=row.query, columns=tuple(map(str, row.columns)), is_shared=row.is_shared
    )
    await session.delete(row)
    _note(session, viewer, "view:deleted", view_id, row.name, now)
    return gone


def _note(session: AsyncSession, viewer: Viewer, action: str, view_id: int, name: str, now: datetime) -> None:
    record(
        session,
        at=now,
        actor_id=viewer.user_id,
        action=action,
        entity="view",
        entity_id=view_id,
        name=name,
    )


def _checked_name(name: str) -> str:
    plain = " ".join("".join(char if char.isprintable() else " " for char in name).split())
    if not plain:
        raise Invalid("view-name-empty", fields={"name": "give it a name"})
    if len(plain) > MAX_NAME:
        raise Invalid("view-name-too-long", fields={"name": f"at most {MAX_NAME} characters"})
    return plain
