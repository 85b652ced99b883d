"""Reads calls that were alive when the application stopped, as the tracker left them."""

from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.attempts import is_ours
from callcore.calls.leg import Leg
from callcore.calls.live_call import Channel, LiveCall
from callcore.calls.model import (
    Caller,
    CallState,
    Direction,
    LegRole,
    PhoneDirectory,
    Rung,
)
from callcore.calls.phone_channel import phone_key_of
from callcore.calls.tables import CallRow, LegRow, LinkedidRow, RecordingRow
from callcore.calls.transfer_rows import restore_handing
from callcore.calls.transfer_tables import TransferRow
from dialplans.contract import PHONE_KEY, TRUNK_PREFIX

MAX_CALLS: Final = 5000


async def read_open_calls(session: AsyncSession, phones: PhoneDirectory) -> list[LiveCall]:
    """Newest first, at most MAX_CALLS; none of their channels is in a bridge until a snapshot says so."""
    rows = await session.scalars(
        select(CallRow).where(CallRow.result == "").order_by(CallRow.started_at.desc()).limit(MAX_CALLS)
    )
    calls = {row.id: _call(row) for row in rows if row.state != CallState.ENDED}
    for legs in await _of(session, LegRow, calls):
        _add_leg(calls[legs.call_row_id], legs, phones)
    for transfer in sorted(await _of(session, TransferRow, calls), key=lambda row: row.ordinal):
        restore_handing(calls[transfer.call_row_id], transfer, phones)
    for entry in await _of(session, LinkedidRow, calls):
        calls[entry.call_row_id].linkedids.add(entry.linkedid)
    for recording in await _of(session, RecordingRow, calls):
        calls[recording.call_row_id].recordings.add(recording.base)
    for call in calls.values():
        call.is_calling = any(leg.is_being_called for leg in call.legs.values())
    return list(calls.values())


async def _of(session: AsyncSession, table: Any, calls: dict[int, LiveCall]) -> list[Any]:
    """In portions: a database takes a limited number of values in one statement."""
    ids = list(calls)
    found: list[Any] = []
    for start in range(0, len(ids), 500):
        found += await session.scalars(select(table).where(table.call_row_id.in_(ids[start : start + 500])))
    return found


def _call(row: CallRow) -> LiveCall:
    is_inbound = row.direction == Direction.INBOUND
    is_outbound = row.direction == Direction.OUTBOUND
    call = LiveCall(
        row.call_id,
        row.started_at,
        came_in=is_inbound,
        state=CallState(row.state),
        caller=Caller("", "", "")
        if is_outbound
        else Caller(row.caller_number, row.caller_raw, row.caller_name),
        dialled=row.caller_raw if is_outbound else row.did_number,
        did_id=row.did_id,
        region_code=row.region_code,
        source=row.source,
        warning=row.warning,
        explanation=row.explanation,
        route=Rung(row.route) if row.route else None,
        is_transferred=row.is_transferred,
        answered_at=row.answered_at,
        has_lived=True,
        is_masked=is_outbound and not is_ours(row.call_id),
    )
    if call.state is CallState.TALKING:
        call.joined_since = row.answered_at
    return call


def _add_leg(call: LiveCall, row: LegRow, phones: PhoneDirectory) -> None:
    is_customer = row.role == LegRole.CUSTOMER
    key = phone_key_of(row.channel) or (PHONE_KEY.format(id=row.phone_id) if row.phone_id else "")
    leg = Leg(
        uniqueid=row.uniqueid,
        channel=row.channel,
        started_at=row.started_at,
        is_trunk=row.channel.startswith(f"PJSIP/{TRUNK_PREFIX}"),
        is_caller=row.uniqueid == call.call_id,
        step=row.step,
        phone_key=key,
        phone=phones.phone(key) if key else None,
        is_called=row.uniqueid != call.call_id,
        has_rung=True,
        answered_at=row.answered_at,
        bridged_at=row.bridged_at,
        ended_at=row.ended_at,
        hangup_cause=row.hangup_cause,
        is_customer=is_customer,
        is_declined=row.outcome == "declined",
    )
    call.legs[row.uniqueid] = leg
    if is_customer and call.is_ours:
        call.outside = row.uniqueid
    call.uniqueids.add(row.uniqueid)
    if leg.is_alive:
        call.channels[row.uniqueid] = Channel(row.uniqueid, row.channel)
