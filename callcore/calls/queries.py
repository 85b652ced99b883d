"""Read side of the journal: a page by filters and place, calls of a customer or an order, choices of the filters."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.efficiency_sql import at_hour, share_condition
from callcore.calls.model import CallState
from callcore.calls.rights import (
    Scope,
    innocent,
    may_be_shown,
    orgs_under,
    scope_of,
    shown_numbers,
    visible_number,
)
from callcore.calls.tables import CallRow, LegRow
from callcore.calls.views import (
    JournalChoices,
    JournalCursor,
    JournalFilter,
    JournalPage,
    JournalRow,
)
from callcore.customers.tables import CustomerRow
from callcore.kernel.database import on_connection
from callcore.kernel.phones import parse_phone
from callcore.network.model import Viewer
from callcore.network.tables import DidRow, OrgRow, OutletRow, PhoneRow, RegionRow, UserRow

MAX_ROWS: Final = 200
FULL_NUMBER_DIGITS: Final = 10
_EARLIEST: Final = datetime(2020, 1, 1, tzinfo=UTC)  # of clocks that changed, for a list without bounds
_LATEST: Final = datetime(2029, 1, 1, tzinfo=UTC)
_NO_FILTER: Final = JournalFilter()
_CALL: Final = (
    CallRow.id,
    CallRow.call_id,
    CallRow.direction,
    CallRow.state,
    CallRow.result,
    CallRow.started_at,
    CallRow.answered_at,
    CallRow.ended_at,
    CallRow.wait_s,
    CallRow.talk_s,
    CallRow.did_number,
    CallRow.caller_name,
    func.coalesce(CallRow.region_code, "").label("region_code"),
    CallRow.source,
    CallRow.org_id,
    CallRow.outlet_id,
    CallRow.customer_id,
    CallRow.order_id,
    CallRow.route,
    CallRow.warning,
    CallRow.is_transferred,
    CallRow.has_recording,
    CallRow.is_repaired,
)
_NAMES: Final = tuple(
    func.coalesce(column, "").label(name)
    for name, column in (
        ("did_label", DidRow.label),
        ("region_name", RegionRow.name),
        ("region_tz", RegionRow.tz),
        ("org_name", OrgRow.name),
        ("outlet_name", OutletRow.name),
        ("user_name", UserRow.full_name),
        ("customer_name", CustomerRow.name),
    )
)
_NUMBER: Final = (CallRow.caller_number, CallRow.caller_raw)  # go through visible_number only
_ROWS: Final = (
    select(*_NUMBER, *_CALL, *_NAMES)
    .outerjoin(DidRow, DidRow.id == CallRow.did_id)
    .outerjoin(RegionRow, RegionRow.code == CallRow.region_code)
    .outerjoin(OrgRow, OrgRow.id == CallRow.org_id)
    .outerjoin(OutletRow, OutletRow.id == CallRow.outlet_id)
    .outerjoin(UserRow, UserRow.id == CallRow.user_id)
    .outerjoin(CustomerRow, CustomerRow.id == CallRow.customer_id)
)
# Names of fields of JournalRow, in the order of the columns.
_SHOWN: Final = tuple(column.name for column in _ROWS.selected_columns)[len(_NUMBER) :]


async def journal(
    session: AsyncSession,
    viewer: Viewer,
    wanted: JournalFilter = _NO_FILTER,
    *,
    after: str = "",
    before: str = "",
    limit: int = 50,
    won: ColumnElement[bool] | None = None,
) -> JournalPage:
    """Newest first. `after` a cursor: older rows; `before`: the newer ones next to it. `won`: see share_condition. Raises
    Invalid for a wrong cursor, NotFound for who has nothing to do with calls."""
    scope = await scope_of(session, viewer)
    limit = max(1, min(limit, MAX_ROWS))
    place = JournalCursor.parse(after or before) if after or before else None
    is_back = bool(before) and not after
    query = select_rows().where(*await _conditions(session, scope, wanted, won))
    if place is not None:
        key = tuple_(CallRow.started_at, CallRow.id)
        there = tuple_(place.started_at, place.id)
        query = query.where(key > there if is_back else key < there)
    order = (
        (CallRow.started_at.asc(), CallRow.id.asc())
        if is_back
        else (CallRow.started_at.desc(), CallRow.id.desc())
    )
    # Plain columns need nothing of the ORM's loading.
    ordered = query.order_by(*order).limit(limit + 1)
    found = await on_connection(session, lambda connection: connection.execute(ordered).all())
    rows = await to_rows(session, scope, found[:limit])
    has_more = len(found) > limit
    if is_back:
        return _page(rows[::-1], has_older=bool(rows), has_newer=has_more)
    return _page(rows, has_older=has_more, has_newer=place is not None)


def _page(rows: tuple[JournalRow, ...], *, has_older: bool, has_newer: bool) -> JournalPage:
    return JournalPage(
        rows,
        next_cursor=rows[-1].cursor if rows and has_older else "",
        previous_cursor=rows[0].cursor if rows and has_newer else "",
    )


async def calls_of_customer(
    session: AsyncSession, viewer: Viewer, customer_id: int, *, limit: int = 50
) -> tuple[JournalRow, ...]:
    return (await journal(session, viewer, JournalFilter(customer_id=customer_id), limit=limit)).items


async def calls_of_order(
    session: AsyncSession, viewer: Viewer, order_id: int, *, limit: int = 50
) -> tuple[JournalRow, ...]:
    return (await journal(session, viewer, JournalFilter(order_id=order_id), limit=limit)).items


async def journal_choices(session: AsyncSession, viewer: Viewer) -> JournalChoices:
    """A dealer without subdealers has no organisation to choose."""
    scope = await scope_of(session, viewer)
    orgs = select(OrgRow.id, OrgRow.name).order_by(OrgRow.name)
    if scope.org_ids is not None:
        orgs = orgs.where(OrgRow.id.in_(sorted(scope.org_ids)))
    known = dict((await session.execute(orgs)).all())
    regions = await session.execute(select(RegionRow.code, RegionRow.name).order_by(RegionRow.name))
    own_phone = select(PhoneRow.user_id).where(PhoneRow.user_id.is_not(None))
    people = (
        select(UserRow.id, UserRow.full_name).where(UserRow.id.in_(own_phone)).order_by(UserRow.full_name)
    )
    if scope.org_ids is not None:
        people = people.where(UserRow.org_id.in_(sorted(scope.org_ids)))
    sources = await session.scalars(select(DidRow.source).distinct())
    dids = select(DidRow.id, DidRow.label).order_by(DidRow.label) if scope.is_whole else None
    return JournalChoices(
        orgs=known if len(known) > 1 else {},
        regions=dict(regions.all()),
        sources=tuple(sorted({*sources, "unknown"})),
        people=dict((await session.execute(people)).all()),
        dids=dict((await session.execute(dids)).all()) if dids is not None else {},
    )


# --- shared with the card and the desk ------------------------------------------------------------------------


def select_rows() -> Select[*tuple[Any, ...]]:
    """Calls with the names that a row shows."""
    return _ROWS


async def to_rows(session: AsyncSession, scope: Scope, found: Sequence[Row[Any]]) -> tuple[JournalRow, ...]:
    shown = await shown_numbers(session, scope, [row[0] for row in found])
    return tuple(_to_row(row, shown, scope) for row in found)


def _to_row(row: Row[*tuple[Any, ...]], shown: frozenset[str], scope: Scope) -> JournalRow:
    """Columns stand in the order of _ROWS; a query may have added more behind them."""
    phone = visible_number(row[0], row[1], shown, scope)
    values = dict(zip(_SHOWN, row[len(_NUMBER) :], strict=False))
    if not scope.is_whole and (phone is None or phone.is_hidden):
        values["caller_name"] = innocent(values["caller_name"])
        values["customer_name"] = innocent(values["customer_name"])
    return JournalRow(phone=phone, **values)


# --- conditions -----------------------------------------------------------------------------------------------


async def _conditions(
    session: AsyncSession, scope: Scope, wanted: JournalFilter, won: ColumnElement[bool] | None
) -> list[ColumnElement[bool]]:
    if wanted.org_id is not None:
        scope_of_choice = scope.narrowed(await orgs_under(session, wanted.org_id))
    else:
        scope_of_choice = scope
    return [
        scope_of_choice.calls(),
        *_by_value(wanted),
        *_by_bound(wanted),
        *by_number(wanted.number, scope),
        *_by_share(wanted, scope, won),
    ]


def _by_value(wanted: JournalFilter) -> list[ColumnElement[bool]]:
    pairs = (
        (CallRow.result, wanted.result),
        (CallRow.direction, wanted.direction),
        (CallRow.region_code, wanted.region_code),
        (CallRow.source, wanted.source),
        (CallRow.customer_id, wanted.customer_id),
        (CallRow.order_id, wanted.order_id),
        (CallRow.did_id, wanted.did_id),
    )
    conditions: list[ColumnElement[bool]] = [column == value for column, value in pairs if value is not None]
    if wanted.results:
        conditions.append(CallRow.result.in_(wanted.results))
    if wanted.user_id is not None:
        # Whoever's phone rang was in the call, also when another one answered or nobody did.
        rang = select(LegRow.call_row_id).where(LegRow.user_id == wanted.user_id)
        if wanted.since is not None:
            rang = rang.where(LegRow.started_at >= wanted.since)
        conditions.append(or_(CallRow.user_id == wanted.user_id, CallRow.id.in_(rang)))
    return conditions


def _by_bound(wanted: JournalFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.since is not None:
        conditions.append(CallRow.started_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(CallRow.started_at < wanted.until)
    if wanted.min_talk_s is not None:
        conditions.append(CallRow.talk_s >= wanted.min_talk_s)
    if wanted.max_talk_s is not None:
        conditions.append(CallRow.talk_s < wanted.max_talk_s)
    if wanted.is_live or wanted.is_waiting:
        conditions += [CallRow.result == "", CallRow.state != CallState.ENDED]
    if wanted.is_waiting:
        conditions.append(CallRow.answered_at.is_(None))
    flags = ((CallRow.has_recording, wanted.has_recording), (CallRow.is_transferred, wanted.is_transferred))
    conditions += [column.is_(True) for column, is_wanted in flags if is_wanted]
    return conditions


def _by_share(
    wanted: JournalFilter, scope: Scope, won: ColumnElement[bool] | None
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.share is not None:
        when = [CallRow.started_at >= wanted.since] if wanted.since is not None else []
        when += [CallRow.started_at < wanted.until] if wanted.until is not None else []
        conditions.append(share_condition(wanted.share, scope, tuple(when), won))
    if wanted.hour is not None:
        since, until = wanted.since or _EARLIEST, wanted.until or _LATEST
        conditions.append(at_hour(wanted.hour, wanted.tz, since, until))
    return conditions


def by_number(text: str, scope: Scope) -> list[ColumnElement[bool]]:
    """A whole number in any usual spelling by its index; fewer digits as the end of one, over the index alone."""
    digits = re.sub(r"\D", "", text)
    if not digits:
        return []
    parsed = parse_phone(text) if len(digits) >= FULL_NUMBER_DIGITS else None
    if parsed is not None:
        return [CallRow.caller_number == parsed.e164, may_be_shown(scope, CallRow.caller_number.expression)]
    ends = select(CallRow.id).where(CallRow.caller_number.endswith(digits, autoescape=True))
    by_number = and_(CallRow.id.in_(ends), may_be_shown(scope, CallRow.caller_number.expression))
    if not scope.is_whole or len(digits) < FULL_NUMBER_DIGITS:
        return [by_number]
    odd = and_(CallRow.caller_number == "", CallRow.caller_raw.contains(digits, autoescape=True))
    return [or_(by_number, odd)]
