"""Read side of one call: its card, and the calls that go on."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Row, Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.attempt_tables import AttemptRow
from callcore.calls.model import CallState, HappeningKind, LegRole
from callcore.calls.queries import select_rows, to_rows
from callcore.calls.recording_queries import recordings_of_call
from callcore.calls.rights import Scope, scope_of
from callcore.calls.tables import CallEventRow, CallRow, LegRow, LinkedidRow
from callcore.calls.transfer_rows import somebody_asks
from callcore.calls.views import CallCard, EventView, LegView, LiveCallView
from callcore.kernel.errors import NotFound
from callcore.network.model import Viewer
from callcore.network.tables import OrgRow, OutletRow, PhoneRow, UserRow
from dialplans.contract import PHONE_KEY

MAX_LIVE: Final = 500
MAX_EVENTS: Final = 500
_INTERNAL: Final = frozenset({HappeningKind.ANOMALY, HappeningKind.MERGED})  # of no use to a dealer


async def call_card(session: AsyncSession, viewer: Viewer, call_id: str) -> CallCard:
    """Raises NotFound for a call that does not exist or that this viewer may not know of. While a call goes on, it may be
    seen by everybody at whom it rings; afterwards by those whose call it was."""
    scope = await scope_of(session, viewer)
    query = _with_more(select_rows()).where(CallRow.call_id == call_id)
    found = (await session.execute(query)).one_or_none()
    if found is None:
        raise NotFound("call-not-found")
    legs = (await session.execute(_legs([found.id]))).all()
    if not scope.covers(found.org_id) and not _rings_at(found, legs, scope):
        raise NotFound("call-not-found")
    (call,) = await to_rows(session, scope, [found])
    return CallCard(
        call=call,
        legs=tuple(_leg(leg, scope) for leg in legs if _may_see(leg, scope)),
        events=await _events(session, found.id, legs, scope),
        recordings=await recordings_of_call(session, found.id) if scope.covers(found.org_id) else (),
        linkedids=await _linkedids(session, found.id) if scope.is_whole else (),
        explanation=found.explanation if scope.is_whole else None,
        hangup_cause=found.hangup_cause,
        is_asking=found.state != CallState.ENDED and await somebody_asks(session, found.id),
        **await _of_attempt(session, call_id),
    )


async def _of_attempt(session: AsyncSession, call_id: str) -> dict[str, Any]:
    """What the card has of a call that we made; nothing of another."""
    asked = select(AttemptRow.cost_kopecks, AttemptRow.cli, AttemptRow.data).where(
        AttemptRow.call_id == call_id
    )
    made = (await session.execute(asked)).one_or_none()
    if made is None:
        return {}
    label = str((made.data or {}).get("cli_label") or "")
    return {"cost_kopecks": made.cost_kopecks or 0, "cli": made.cli, "cli_label": label}


async def live_calls_for(session: AsyncSession, viewer: Viewer) -> tuple[LiveCallView, ...]:
    """Calls that go on, newest first: a dealer's own and those that ring at his phones."""
    scope = await scope_of(session, viewer)
    query = select_rows().where(CallRow.result == "", CallRow.state != CallState.ENDED)
    if scope.org_ids is not None:
        mine = select(LegRow.call_row_id).where(
            LegRow.org_id.in_(sorted(scope.org_ids)), LegRow.ended_at.is_(None)
        )
        query = query.where(or_(scope.calls(), CallRow.id.in_(mine)))
    found = (
        await session.execute(query.order_by(CallRow.started_at.desc(), CallRow.id.desc()).limit(MAX_LIVE))
    ).all()
    rows = await to_rows(session, scope, found)
    legs = (await session.execute(_legs([row.id for row in rows]))).all() if rows else []
    return tuple(
        LiveCallView(
            row,
            ringing_phone_ids=_ids(leg.phone_id for leg in own if leg.bridged_at is None),
            ringing_user_ids=_ids(leg.user_id for leg in own if leg.bridged_at is None),
            talking_phone_ids=_ids(leg.phone_id for leg in own if leg.bridged_at is not None),
        )
        for row in rows
        for own in [
            [leg for leg in legs if leg.call_row_id == row.id and _is_open(leg) and scope.covers(leg.org_id)]
        ]
    )


def _with_more(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    return query.add_columns(CallRow.explanation, CallRow.hangup_cause)


def _legs(call_row_ids: Collection[int]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            *LegRow.__table__.columns,
            OrgRow.name.label("org_name"),
            OutletRow.name.label("outlet_name"),
            UserRow.full_name.label("user_name"),
            PhoneRow.label.label("phone_label"),
        )
        .outerjoin(OrgRow, OrgRow.id == LegRow.org_id)
        .outerjoin(OutletRow, OutletRow.id == LegRow.outlet_id)
        .outerjoin(UserRow, UserRow.id == LegRow.user_id)
        .outerjoin(PhoneRow, PhoneRow.id == LegRow.phone_id)
        .where(LegRow.call_row_id.in_(call_row_ids))
        .order_by(LegRow.started_at, LegRow.id)
    )


def _is_open(leg: Row[Any]) -> bool:
    return leg.ended_at is None and leg.role != LegRole.CUSTOMER


def _rings_at(call: Row[Any], legs: Sequence[Row[Any]], scope: Scope) -> bool:
    is_over = call.state == CallState.ENDED
    return not is_over and any(_is_open(leg) and leg.org_id in (scope.org_ids or ()) for leg in legs)


def _may_see(leg: Row[Any], scope: Scope) -> bool:
    return scope.covers(leg.org_id) or leg.role == LegRole.CUSTOMER


def _leg(leg: Row[Any], scope: Scope) -> LegView:
    return LegView(
        uniqueid=leg.uniqueid,
        channel=leg.channel if scope.is_whole else "",
        role=leg.role,
        phone_id=leg.phone_id,
        phone_label=leg.phone_label or "",
        step=leg.step,
        started_at=leg.started_at,
        answered_at=leg.answered_at,
        bridged_at=leg.bridged_at,
        ended_at=leg.ended_at,
        outcome=leg.outcome,
        hangup_cause=leg.hangup_cause,
        org_name=leg.org_name or "",
        outlet_name=leg.outlet_name or "",
        user_name=leg.user_name or "",
    )


async def _events(
    session: AsyncSession, call_row_id: int, legs: Sequence[Row[Any]], scope: Scope
) -> tuple[EventView, ...]:
    rows = await session.scalars(
        select(CallEventRow)
        .where(CallEventRow.call_row_id == call_row_id)
        .order_by(CallEventRow.at, CallEventRow.id)
        .limit(MAX_EVENTS)
    )
    if scope.is_whole:
        return tuple(EventView(row.at, row.kind, row.data) for row in rows)
    own = {PHONE_KEY.format(id=leg.phone_id) for leg in legs if leg.phone_id and scope.covers(leg.org_id)}
    return tuple(
        EventView(row.at, row.kind, _own_data(row.data, own))
        for row in rows
        if row.kind not in _INTERNAL and row.data.get("phone", "") in {"", *own}
    )


def _own_data(data: dict[str, Any], own: set[str]) -> dict[str, Any]:
    """A dealer does not learn whom else the plan names."""
    if "phones" not in data:
        return data
    return {**data, "phones": [key for key in data["phones"] if key in own]}


async def _linkedids(session: AsyncSession, call_row_id: int) -> tuple[str, ...]:
    found = await session.scalars(select(LinkedidRow.linkedid).where(LinkedidRow.call_row_id == call_row_id))
    return tuple(sorted(found))


def _ids(values: Iterable[int | None]) -> frozenset[int]:
    return frozenset(value for value in values if value is not None)
