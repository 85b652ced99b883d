"""Read side: the connection without its secret, and the log of fetching."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.intake.lead_tables import ExternalLeadRow, IntegrationAccountRow, IntegrationRunRow
from callcore.intake.leads.model import KIND, RunState
from callcore.intake.leads.sync_leads import check_administrator
from callcore.network.model import Viewer
from callcore.network.tables import UserRow
from callcore.orders.promo_codes import dealer_names
from callcore.orders.tables import OrderRow

RUNS: Final = 20
ORDERS_SHOWN: Final = 6  # of a run


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """What may be shown: of the secret only when it was set."""

    id: int
    address: str
    login: str
    secret_at: datetime
    is_on: bool
    every_minutes: int
    source: str
    site_org_id: int | None
    due_at: datetime | None
    failures: int
    is_running: bool
    version: int
    at: datetime
    author: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """`wrong`: codes by field."""

    external_id: str
    wrong: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """`author` empty: the schedule. `orders`: numbers of the first ones that it took."""

    id: int
    author: str
    state: RunState
    trouble: str
    taken: int
    known: int
    refused: int
    refusals: tuple[Refusal, ...]
    has_more: bool
    started_at: datetime
    ended_at: datetime | None
    orders: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class LeadBook:
    """`total` orders ever taken. `next_before` of the log's next page, None at its end. `dealers` by id."""

    account: AccountView | None
    runs: tuple[RunView, ...]
    next_before: int | None
    total: int
    dealers: Mapping[int, str]


async def lead_book(
    session: AsyncSession, viewer: Viewer, now: datetime, *, before: int | None = None
) -> LeadBook:
    """Raises Forbidden."""
    check_administrator(viewer)
    dealers = await dealer_names(session)
    account = await _account(session, now)
    if account is None:
        return LeadBook(None, (), None, 0, dealers)
    found = (
        select(IntegrationRunRow, UserRow.full_name)
        .outerjoin(UserRow, UserRow.id == IntegrationRunRow.user_id)
        .where(IntegrationRunRow.account_id == account.id)
        .order_by(IntegrationRunRow.id.desc())
        .limit(RUNS + 1)
    )
    if before is not None:
        found = found.where(IntegrationRunRow.id < before)
    rows = (await session.execute(found)).all()
    shown = rows[:RUNS]
    orders = await _orders(session, [row.id for row, _ in shown if row.taken])
    total = await session.scalar(
        select(func.count()).select_from(ExternalLeadRow).where(ExternalLeadRow.account_id == account.id)
    )
    runs = tuple(_run(row, name or "", orders[row.id], is_alive=account.is_running) for row, name in shown)
    return LeadBook(account, runs, shown[-1][0].id if len(rows) > RUNS else None, total or 0, dealers)


async def _account(session: AsyncSession, now: datetime) -> AccountView | None:
    found = await session.execute(
        select(IntegrationAccountRow, UserRow.full_name)
        .outerjoin(UserRow, UserRow.id == IntegrationAccountRow.user_id)
        .where(IntegrationAccountRow.kind == KIND)
    )
    told = found.first()
    if told is None:
        return None
    row, author = told
    return AccountView(
        id=row.id,
        address=row.address,
        login=row.login,
        secret_at=row.secret_at,
        is_on=row.is_on,
        every_minutes=row.every_minutes,
        source=row.source,
        site_org_id=row.site_org_id,
        due_at=row.due_at,
        failures=row.failures,
        is_running=row.lease_until is not None and row.lease_until > now,
        version=row.version,
        at=row.at,
        author=author or "",
    )


def _run(row: IntegrationRunRow, author: str, orders: Sequence[int], *, is_alive: bool) -> RunView:
    """One that nobody carries on any more was cut."""
    state = RunState(row.state)
    return RunView(
        id=row.id,
        author=author,
        state=RunState.CUT if state is RunState.RUNNING and not is_alive else state,
        trouble=row.trouble,
        taken=row.taken,
        known=row.known,
        refused=row.refused,
        refusals=tuple(Refusal(str(one["id"]), dict(one["fields"])) for one in row.refusals),
        has_more=row.has_more,
        started_at=row.started_at,
        ended_at=row.ended_at,
        orders=tuple(orders),
    )


async def _orders(session: AsyncSession, run_ids: Sequence[int]) -> dict[int, list[int]]:
    """The first numbers by run."""
    found: dict[int, list[int]] = defaultdict(list)
    if not run_ids:
        return found
    place = func.row_number().over(partition_by=ExternalLeadRow.run_id, order_by=ExternalLeadRow.id)
    numbered = (
        select(ExternalLeadRow.run_id, OrderRow.number, place.label("place"))
        .join(OrderRow, OrderRow.id == ExternalLeadRow.order_id)
        .where(ExternalLeadRow.run_id.in_(run_ids), OrderRow.deleted_at.is_(None))
        .subquery()
    )
    rows = await session.execute(
        select(numbered.c.run_id, numbered.c.number)
        .where(numbered.c.place <= ORDERS_SHOWN)
        .order_by(numbered.c.run_id, numbered.c.place)
    )
    for run_id, number in rows:
        found[run_id].append(number)
    return found


@dataclass(frozen=True, slots=True)
class StoredAccess:
    """The connection for who tries it; `sealed` is the secret as it is stored."""

    account_id: int
    address: str
    login: str
    sealed: str = field(repr=False)
    cursor: str


async def stored_access(session: AsyncSession) -> StoredAccess | None:
    row = await session.scalar(select(IntegrationAccountRow).where(IntegrationAccountRow.kind == KIND))
    return StoredAccess(row.id, row.address, row.login, row.secret, row.cursor) if row else None
