"""Read side of callbacks: the list with its tries, by the rights of who looks. A hidden number stays hidden."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.attempt_tables import AttemptRow
from callcore.calls.attempts import AttemptKind
from callcore.calls.rights import Scope, scope_of, shown_numbers
from callcore.calls.tables import CallRow
from callcore.customers.tables import CustomerRow
from callcore.kernel.errors import NotFound
from callcore.network.model import Viewer
from callcore.network.tables import OrgRow, OutletRow, RegionRow, UserRow
from callcore.orders.masking import without_numbers
from callcore.orders.numbers import order_numbers
from callcore.orders.views import PhoneView, phone_view
from callcore.outbound.callbacks.assignees import owner_of
from callcore.outbound.callbacks.model import CallbackSource, CallbackState
from callcore.outbound.tables import CallbackRow, CallbackSiteRow

PAGE: Final = 50
OF_ONE: Final = 10


class CallbackTab(StrEnum):
    WAITING = "waiting"
    CALLING = "calling"
    UNREACHED = "unreached"
    CLOSED = "closed"


STATES_OF: Final[Mapping[CallbackTab, tuple[CallbackState, ...]]] = {
    CallbackTab.WAITING: (CallbackState.WAITING,),
    CallbackTab.CALLING: (CallbackState.CALLING,),
    CallbackTab.UNREACHED: (CallbackState.UNREACHED, CallbackState.EXPIRED),
    CallbackTab.CLOSED: (CallbackState.DONE, CallbackState.CLOSED),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackFilter:
    """`site` is a key; `before` an id: what is older."""

    tab: CallbackTab = CallbackTab.WAITING
    source: CallbackSource | None = None
    site: str = ""
    is_mine: bool = False
    before: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackTry:
    """One call; `call_id` is empty when the journal has no such call (nothing was dialled). `cost_kopecks` of the carrier, 0
    for nothing and for a price that nobody has set."""

    at: datetime
    state: str
    result: str
    reason: str
    talk_s: int
    cost_kopecks: int
    call_id: str
    has_recording: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackView:
    """As this viewer may see it. `order_number` None: none, or not his to see. `owner` is the value of an Assignee; `attempts`
    all calls that were begun."""

    id: int
    state: str
    source: str
    site_title: str
    page: str
    medium: str
    campaign: str
    phone: PhoneView | None
    name: str
    note: str
    region_name: str
    tz: str
    made_at: datetime
    refreshed_at: datetime
    due_at: datetime
    is_soon: bool
    org_id: int | None
    org_name: str
    user_id: int | None
    user_name: str
    outlet_name: str
    owner: str
    attempts: int
    customer_id: int | None
    order_number: int | None
    task_id: int | None
    reason: str
    closed_at: datetime | None
    closed_by: str
    tries: tuple[CallbackTry, ...]

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def talk_s(self) -> int:
        return sum(one.talk_s for one in self.tries)

    @property
    def cost_kopecks(self) -> int:
        return sum(one.cost_kopecks for one in self.tries)


@dataclass(frozen=True, slots=True)
class CallbackPage:
    """`counts` by tab, of all that the viewer may see; `sites` those that have sent him something, by key."""

    items: tuple[CallbackView, ...]
    counts: Mapping[CallbackTab, int]
    sites: Mapping[str, str]
    next_before: int | None


async def callbacks_page(session: AsyncSession, viewer: Viewer, wanted: CallbackFilter) -> CallbackPage:
    """Waiting ones by their time, others newest first. Raises NotFound for who has nothing to do with calls."""
    scope = await scope_of(session, viewer)
    seen = reaches(scope)
    counted = await session.execute(
        select(CallbackRow.state, func.count()).where(seen).group_by(CallbackRow.state)
    )
    by_state: dict[str, int] = {state: count for state, count in counted}  # noqa: C416
    counts = {tab: sum(by_state.get(one.value, 0) for one in states) for tab, states in STATES_OF.items()}
    is_waiting = wanted.tab is CallbackTab.WAITING
    order = (CallbackRow.due_at, CallbackRow.id) if is_waiting else (CallbackRow.id.desc(),)
    found = _rows().where(seen, *_chosen(viewer, wanted)).order_by(*order).limit(PAGE + 1)
    rows = (await session.execute(found)).all()
    items = await _views(session, viewer, scope, rows[:PAGE])
    has_more = len(rows) > PAGE and not is_waiting
    return CallbackPage(items, counts, await _sites(session, seen), items[-1].id if has_more else None)


async def callback_view(session: AsyncSession, viewer: Viewer, callback_id: int) -> CallbackView:
    """Raises NotFound."""
    scope = await scope_of(session, viewer)
    rows = (await session.execute(_rows().where(CallbackRow.id == callback_id, reaches(scope)))).all()
    if not rows:
        raise NotFound("callback-not-found")
    return (await _views(session, viewer, scope, rows))[0]


async def callbacks_of_customer(
    session: AsyncSession, viewer: Viewer, customer_id: int
) -> tuple[CallbackView, ...]:
    """Newest first, at most OF_ONE; for the customer's card. The caller has checked that the viewer may know him."""
    scope = await scope_of(session, viewer)
    found = _rows().where(CallbackRow.customer_id == customer_id, reaches(scope))
    rows = (await session.execute(found.order_by(CallbackRow.id.desc()).limit(OF_ONE))).all()
    return await _views(session, viewer, scope, rows)


def reaches(scope: Scope) -> ColumnElement[bool]:
    """A condition on CallbackRow: his organisation's and those below; all for staff."""
    return true() if scope.org_ids is None else CallbackRow.org_id.in_(sorted(scope.org_ids))


def _chosen(viewer: Viewer, wanted: CallbackFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        CallbackRow.state.in_([state.value for state in STATES_OF[wanted.tab]])
    ]
    if wanted.source is not None:
        found.append(CallbackRow.source == wanted.source.value)
    if wanted.site:
        found.append(CallbackRow.site == wanted.site)
    if wanted.is_mine:
        found.append(CallbackRow.user_id == viewer.user_id)
    if wanted.before is not None:
        found.append(CallbackRow.id < wanted.before)
    return found


def _rows() -> Any:
    closer = UserRow.__table__.alias("closer")
    return (
        select(
            CallbackRow,
            CallbackSiteRow.title.label("site_title"),
            OrgRow.name.label("org_name"),
            UserRow.full_name.label("user_name"),
            OutletRow.name.label("outlet_name"),
            RegionRow.name.label("region_name"),
            CustomerRow.name.label("customer_name"),
            closer.c.full_name.label("closer_name"),
        )
        .outerjoin(CallbackSiteRow, CallbackSiteRow.key == CallbackRow.site)
        .outerjoin(OrgRow, OrgRow.id == CallbackRow.org_id)
        .outerjoin(UserRow, UserRow.id == CallbackRow.user_id)
        .outerjoin(OutletRow, OutletRow.id == CallbackRow.outlet_id)
        .outerjoin(RegionRow, RegionRow.code == CallbackRow.region_code)
        .outerjoin(CustomerRow, CustomerRow.id == CallbackRow.customer_id)
        .outerjoin(closer, closer.c.id == CallbackRow.closed_by)
    )


async def _sites(session: AsyncSession, seen: ColumnElement[bool]) -> dict[str, str]:
    keys = select(CallbackRow.site).where(seen).distinct()
    rows = await session.execute(
        select(CallbackSiteRow.key, CallbackSiteRow.title)
        .where(CallbackSiteRow.key.in_(keys))
        .order_by(CallbackSiteRow.title)
    )
    return {key: title for key, title in rows}  # noqa: C416 - rows are not pairs to the type checker


async def _views(
    session: AsyncSession, viewer: Viewer, scope: Scope, rows: Sequence[Any]
) -> tuple[CallbackView, ...]:
    shown = await shown_numbers(session, scope, [row[0].number for row in rows])
    numbers = await order_numbers(session, viewer, {row[0].order_id for row in rows if row[0].order_id})
    tries = await _tries(session, [row[0].id for row in rows])
    return tuple(_view(row, shown, numbers, tries[row[0].id]) for row in rows)


def _view(
    found: Any, shown: Collection[str], numbers: Mapping[int, int], tries: Sequence[CallbackTry]
) -> CallbackView:
    row: CallbackRow = found[0]

    def safe(text: str) -> str:
        return text if row.number in shown else without_numbers(text, [row.number])

    return CallbackView(
        id=row.id,
        state=row.state,
        source=row.source,
        site_title=found.site_title or "",
        page=safe(row.page) if row.source != CallbackSource.QUEUE else "",
        medium=row.medium,
        campaign=row.campaign,
        phone=phone_view(row.number, shown),
        name=safe(row.name or found.customer_name or ""),
        note=safe(row.note),
        region_name=found.region_name or "",
        tz=row.tz,
        made_at=row.made_at,
        refreshed_at=row.refreshed_at,
        due_at=row.due_at,
        is_soon=row.is_soon,
        org_id=row.org_id,
        org_name=found.org_name or "",
        user_id=row.user_id,
        user_name=found.user_name or "",
        outlet_name=found.outlet_name or "",
        owner=owner_of(row),
        attempts=row.attempts,
        customer_id=row.customer_id,
        order_number=numbers.get(row.order_id or 0),
        task_id=row.task_id,
        reason=row.reason,
        closed_at=row.closed_at,
        closed_by=found.closer_name or "",
        tries=tuple(tries),
    )


async def _tries(session: AsyncSession, ids: Sequence[int]) -> dict[int, list[CallbackTry]]:
    found: dict[int, list[CallbackTry]] = defaultdict(list)
    if not ids:
        return found
    rows = await session.execute(
        select(AttemptRow, CallRow.has_recording, CallRow.id)
        .outerjoin(CallRow, CallRow.call_id == AttemptRow.call_id)
        .where(AttemptRow.kind == AttemptKind.CALLBACK.value, AttemptRow.owner_id.in_(ids))
        .order_by(AttemptRow.id)
    )
    for attempt, has_recording, call_row in rows:
        found[attempt.owner_id or 0].append(
            CallbackTry(
                at=attempt.made_at,
                state=attempt.state,
                result=attempt.result,
                reason=attempt.reason,
                talk_s=attempt.talk_s,
                cost_kopecks=attempt.cost_kopecks,
                call_id=attempt.call_id if call_row else "",
                has_recording=bool(has_recording),
            )
        )
    return found
