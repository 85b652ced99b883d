"""Conditions of the report of handings on: its own, and those of the journal for the call that was handed on."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.model import RecordingState
from callcore.calls.queries import by_number
from callcore.calls.rights import Scope, orgs_under
from callcore.calls.tables import CallRow, RecordingRow
from callcore.calls.transfer_tables import TransferRow


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferFilter:
    """Empty fields narrow nothing. `org_id`: from or to this organisation and those below it. `who` and `whom` are people.
    `result` open: still going on. `order_ids` None: all; empty: none. Of the call: `number` in any usual spelling or its last
    digits, `region_code`, `source`, `direction`, `has_recording`, `has_order` False: none. Seconds of the handing on itself,
    `max_talk_s` exclusive."""

    since: datetime | None = None
    until: datetime | None = None
    org_id: int | None = None
    who: int | None = None
    whom: int | None = None
    kind: str = ""
    to_kind: str = ""
    result: str = ""
    order_ids: tuple[int, ...] | None = None
    call_id: str = ""
    number: str = ""
    region_code: str = ""
    source: str = ""
    direction: str = ""
    has_recording: bool = False
    has_order: bool | None = None
    min_wait_s: int | None = None
    min_talk_s: int | None = None
    max_talk_s: int | None = None


async def conditions_of(
    session: AsyncSession, wanted: TransferFilter, scope: Scope
) -> list[ColumnElement[bool]]:
    """On TransferRow joined with CallRow."""
    found = _of_transfer(wanted)
    if wanted.org_id is not None:
        below = sorted(await orgs_under(session, wanted.org_id))
        found.append(or_(TransferRow.from_org_id.in_(below), TransferRow.to_org_id.in_(below)))
    if of_call := _of_call(wanted, scope):
        found += [scope.calls(), *of_call]  # nothing is learned of a call that is another's
    return found


def _of_transfer(wanted: TransferFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.since:
        found.append(TransferRow.at >= wanted.since)
    if wanted.until:
        found.append(TransferRow.at < wanted.until)
    if wanted.result:
        found.append(TransferRow.result == ("" if wanted.result == "open" else wanted.result))
    if wanted.whom is not None:
        found.append(or_(TransferRow.to_user_id == wanted.whom, TransferRow.returned_to == wanted.whom))
    if wanted.min_wait_s is not None:
        found.append(TransferRow.wait_s >= wanted.min_wait_s)
    if wanted.min_talk_s is not None:
        found.append(TransferRow.talk_s >= wanted.min_talk_s)
    if wanted.max_talk_s is not None:
        found.append(TransferRow.talk_s < wanted.max_talk_s)
    plain = (
        (TransferRow.from_user_id, wanted.who),
        (TransferRow.kind, wanted.kind),
        (TransferRow.to_kind, wanted.to_kind),
        (CallRow.call_id, wanted.call_id),
    )
    return found + [column == value for column, value in plain if value not in ("", None)]


def _of_call(wanted: TransferFilter, scope: Scope) -> list[ColumnElement[bool]]:
    found = by_number(wanted.number, scope) if wanted.number else []
    if wanted.order_ids is not None:
        found.append(CallRow.order_id.in_(wanted.order_ids))
    if wanted.has_order is not None:
        found.append(CallRow.order_id.is_not(None) if wanted.has_order else CallRow.order_id.is_(None))
    if wanted.has_recording:
        ready = RecordingRow.state == RecordingState.READY
        found.append(exists().where(RecordingRow.call_row_id == CallRow.id, ready))
    plain = (
        (CallRow.region_code, wanted.region_code),
        (CallRow.source, wanted.source),
        (CallRow.direction, wanted.direction),
    )
    return found + [column == value for column, value in plain if value]
