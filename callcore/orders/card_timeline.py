"""Read side of orders: what has happened to one order, and its calls, cut to the viewer's rights."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.recording_queries import recording_view
from callcore.calls.rights import Scope
from callcore.calls.tables import CallRow, RecordingRow
from callcore.calls.views import RecordingView
from callcore.network.model import OrgKind
from callcore.network.tables import OrgRow, OutletRow, UserRow
from callcore.orders.card_views import LineChangeView, TimelineItem
from callcore.orders.model import OrderEventKind
from callcore.orders.statuses import StatusBook
from callcore.orders.tables import OrderEventRow, OrderRow
from callcore.orders.views import CallView

MAX_LISTED: Final = 50
MAX_TIMELINE: Final = 500
# what one dealer must not learn of another
_OF_A_DEALER: Final = frozenset(
    {OrderEventKind.DECLINED, OrderEventKind.RELEASED, OrderEventKind.ACCEPTED, OrderEventKind.ASSIGNED}
)
_STATUS_KINDS: Final = frozenset({OrderEventKind.STATUS, OrderEventKind.CLOSED, OrderEventKind.REOPENED})


async def timeline_of(
    session: AsyncSession, scope: Scope, order: OrderRow, book: StatusBook
) -> tuple[TimelineItem, ...]:
    """Events and calls mixed by time. A call is taken from the journal once, whether or not its event is there."""
    calls = await calls_where(session, scope, CallRow.order_id == order.id)
    events = await session.execute(
        select(OrderEventRow, UserRow.full_name, UserRow.org_id, OrgRow.kind)
        .outerjoin(UserRow, UserRow.id == OrderEventRow.actor_id)
        .outerjoin(OrgRow, OrgRow.id == UserRow.org_id)
        .where(OrderEventRow.order_id == order.id, OrderEventRow.kind != OrderEventKind.CALL.value)
        .order_by(OrderEventRow.seq.desc())
        .limit(MAX_TIMELINE)
    )
    items = [
        _item(event, name or "", book)
        for event, name, org_id, kind in events
        if is_told(scope, event, org_id, kind)
    ][::-1]
    told = await _told_calls(session, order.id)
    items += [
        TimelineItem(at=call.started_at, kind=OrderEventKind.CALL, call=call, is_public=call.call_id in told)
        for call in calls
    ]
    return tuple(sorted(items, key=lambda item: item.at))


async def _told_calls(session: AsyncSession, order_id: int) -> frozenset[str]:
    """Calls of which the customer's page tells."""
    events = await session.execute(
        select(OrderEventRow.call_id, OrderEventRow.data).where(
            OrderEventRow.order_id == order_id, OrderEventRow.kind == OrderEventKind.CALL.value
        )
    )
    return frozenset(call_id for call_id, data in events if data.get("is_public") is True)


def is_told(scope: Scope, event: OrderEventRow, actor_org_id: int | None, actor_kind: str | None) -> bool:
    """A dealer does not learn to whom else an order was offered, nor what others wrote among themselves."""
    if scope.is_whole:
        return True
    if event.kind == OrderEventKind.OFFERED:
        return False
    if event.kind in _OF_A_DEALER:
        return scope.covers(event.data.get("org_id"))
    is_foreign = actor_kind not in (None, OrgKind.MANUFACTURER.value) and not scope.covers(actor_org_id)
    return not is_foreign or event.data.get("is_public") is True


def _item(event: OrderEventRow, actor_name: str, book: StatusBook) -> TimelineItem:
    data: dict[str, Any] = event.data
    kind = OrderEventKind(event.kind)
    before, after = (_word(data.get(key)) for key in ("from", "to"))
    is_status = kind in _STATUS_KINDS
    return TimelineItem(
        id=event.id,
        at=event.at,
        kind=kind,
        actor_name=actor_name,
        text=str(data.get("text", "")),
        is_public=data.get("is_public") is True,
        status_from=book.name(before) if is_status and before else "",
        status_to=book.name(after) if is_status and after else "",
        field=str(data.get("field") or (data.get("kind") if kind is OrderEventKind.FEEDBACK else "") or ""),
        before="" if is_status else before,
        after=str(data.get("until", "")) if is_status else after,
        reason=str(data.get("reason", "")),
        org_name=str(data.get("org_name", "")),
        points=int(data.get("points") or 0),
        version=int(data.get("version") or 0),
        file_id=int(data.get("file_id") or 0),
        channel=str(data.get("channel", "")),
        delivery=str(data.get("delivery", "")),
        lines=tuple(_line_change(one) for one in data.get("lines", ()) if isinstance(one, Mapping)),
    )


def _word(value: object) -> str:
    return "" if value is None else str(value)


def _line_change(change: Mapping[str, Any]) -> LineChangeView:
    before, after = change.get("before") or {}, change.get("after") or {}
    words = tuple(
        (name, _value(name, before), _value(name, after)) for name in dict.fromkeys([*before, *after])
    )
    return LineChangeView(str(change.get("what", "")), str(change.get("name", "")), words)


def _value(name: str, values: Mapping[str, Any]) -> str:
    value = values.get(name)
    if name == "quantity_m" and isinstance(value, int):
        return f"{without_zeros(Decimal(value) / 1000):f}".replace(".", ",")
    if name == "price" and value is not None:
        return f"{Decimal(str(value)):.2f}".replace(".", ",")
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {word}" for key, word in value.items())
    return _word(value)


def without_zeros(value: Decimal) -> Decimal:
    return value.quantize(Decimal(1)) if value == value.to_integral() else value.normalize()


async def calls_where(
    session: AsyncSession, scope: Scope, *conditions: ColumnElement[bool]
) -> tuple[CallView, ...]:
    """Newest first, at most MAX_LISTED. Another dealer's people have no names."""
    found = (
        select(CallRow, OrgRow.name, OutletRow.name, UserRow.full_name, OrgRow.kind)
        .outerjoin(OrgRow, OrgRow.id == CallRow.org_id)
        .outerjoin(OutletRow, OutletRow.id == CallRow.outlet_id)
        .outerjoin(UserRow, UserRow.id == CallRow.user_id)
        .where(*conditions)
        .order_by(CallRow.started_at.desc(), CallRow.id.desc())
        .limit(MAX_LISTED)
    )
    rows = (await session.execute(found)).all()
    recordings = await _recordings(session, scope, [row[0].id for row in rows])
    return tuple(
        _call(row[0], row[1:4] if _is_known(scope, row[0], row[4]) else ("", "", ""), recordings[row[0].id])
        for row in rows
    )


def _is_known(scope: Scope, call: CallRow, kind: str | None) -> bool:
    return kind == OrgKind.MANUFACTURER or scope.covers(call.org_id)


def _call(call: CallRow, names: tuple[str | None, ...], recordings: list[RecordingView]) -> CallView:
    org_name, outlet_name, user_name = names
    return CallView(
        call_id=call.call_id,
        direction=call.direction,
        state=call.state,
        result=call.result,
        started_at=call.started_at,
        wait_s=call.wait_s,
        talk_s=call.talk_s,
        org_name=org_name or "",
        outlet_name=outlet_name or "",
        user_name=user_name or "",
        warning=call.warning,
        recordings=tuple(recordings),
    )


async def _recordings(
    session: AsyncSession, scope: Scope, call_row_ids: Collection[int]
) -> dict[int, list[RecordingView]]:
    found: dict[int, list[RecordingView]] = defaultdict(list)
    if not call_row_ids:
        return found
    rows = await session.scalars(
        select(RecordingRow)
        .join(CallRow, CallRow.id == RecordingRow.call_row_id)
        .where(RecordingRow.call_row_id.in_(call_row_ids), scope.calls())
        .order_by(RecordingRow.started_at, RecordingRow.id)
    )
    for row in rows:
        found[row.call_row_id or 0].append(recording_view(row))
    return found
