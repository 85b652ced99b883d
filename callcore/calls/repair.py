"""Compares a journal row with what CEL tells of the same call, and corrects it. In the caller's transaction."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.cel import CelEvent, rung_of
from callcore.calls.changes import CallRecord, Happening, RecordingBegun
from callcore.calls.journal import JournalWriter
from callcore.calls.model import CallResult, CallState, Direction, HappeningKind, RecordingKind
from callcore.calls.tables import CallRow, LegRow, LinkedidRow
from callcore.calls.transfer_rows import mark_corrected, transfers_differ
from callcore.calls.unwritten import CallWork
from callcore.kernel.database import on_connection

TOLERANCE: Final = timedelta(seconds=2)  # AMI and CEL stamp one thing a moment apart


async def find_rows(session: AsyncSession, work: CallWork) -> list[CallRow]:
    """Rows of this call by any of its names; more than one when its channels met while nobody looked."""
    by_linkedid = select(LinkedidRow.call_row_id).where(LinkedidRow.linkedid.in_(work.linkedids))
    by_leg = select(LegRow.call_row_id).where(LegRow.uniqueid.in_(work.legs))
    found = await session.scalars(
        select(CallRow)
        .where(or_(CallRow.call_id == work.call_id, CallRow.id.in_(by_linkedid), CallRow.id.in_(by_leg)))
        .order_by(CallRow.started_at, CallRow.id)
    )
    return list(found)


async def settle(
    session: AsyncSession, writer: JournalWriter, work: CallWork, events: list[CelEvent]
) -> tuple[str, ...]:
    """Returns what was corrected: nothing when the row was right, `inserted` when there was none."""
    record = work.record
    if record is None:
        return ()
    rows = await find_rows(session, work)
    row = next((row for row in rows if row.call_id == work.call_id), rows[0] if rows else None)
    wrong = ("inserted",) if row is None else differences(row, record)
    if row is not None and await transfers_differ(session, row.id, work):
        wrong += ("transfers",)
    others = [other.call_id for other in rows if other is not row]
    if not wrong and not others:
        return ()
    if row is not None:
        _correct(row, record)
        work.call_id = row.call_id
    work.absorbed = others
    work.record = record if row is None else None
    _complete_work(work, record, events, wrong)
    await on_connection(session, writer.write, [work])
    written = row or (await find_rows(session, work))[0]
    await session.refresh(written)
    written.is_repaired = True
    written.route = written.route or rung_of(events) or ""
    await on_connection(session, writer.complete, written.call_id)
    await _correct_legs(session, written, work)
    await mark_corrected(session, written.id, work)
    return wrong or ("merged",)


def differences(row: CallRow, record: CallRecord) -> tuple[str, ...]:
    """Names of the fields in which the row is wrong."""
    wrong = [
        name
        for name in ("started_at", "answered_at", "ended_at")
        if not _close(getattr(row, name), getattr(record, name))
    ]
    if row.state != CallState.ENDED or not row.result:
        wrong.append("state")
    if abs(row.talk_s - record.talk_s) > TOLERANCE.total_seconds():
        wrong.append("talk_s")
    if record.is_transferred and not row.is_transferred:
        wrong.append("is_transferred")
    if record.caller_number and not row.caller_number:
        wrong.append("caller_number")
    return tuple(wrong)


def _close(one: datetime | None, two: datetime | None) -> bool:
    if one is None or two is None:
        return one is two
    return abs(one - two) <= TOLERANCE


def _correct(row: CallRow, record: CallRecord) -> None:
    was_message = row.result == CallResult.VOICEMAIL and record.answered_at is None
    row.result = row.result if was_message else (record.result or "")
    row.state = record.state
    row.started_at, row.answered_at, row.ended_at = record.started_at, record.answered_at, record.ended_at
    row.wait_s, row.talk_s = record.wait_s, record.talk_s
    row.is_transferred = row.is_transferred or record.is_transferred
    row.direction = record.direction
    row.hangup_cause = record.hangup_cause or row.hangup_cause
    row.did_number = row.did_number or record.did_number
    if not row.caller_number:
        row.caller_number = record.caller_number
        row.caller_raw = row.caller_raw or record.caller_raw
        row.caller_name = row.caller_name or record.caller_name
    if record.answered_at is not None or row.org_id is None:
        row.org_id, row.outlet_id, row.user_id = record.org_id, record.outlet_id, record.user_id


def _complete_work(
    work: CallWork, record: CallRecord, events: list[CelEvent], wrong: tuple[str, ...]
) -> None:
    work.events = []
    at = record.ended_at or events[-1].at
    work.happenings = [Happening(work.call_id, at, HappeningKind.REPAIRED, {"fields": list(wrong)})]
    has_talked = record.answered_at is not None or record.result is CallResult.ANSWERED
    if has_talked and record.direction is not Direction.INTERNAL:
        # The PBX records every talk with somebody outside under the call's id, whether we live or not.
        base = record.call_id
        work.recordings.setdefault(
            base,
            RecordingBegun(work.call_id, base, RecordingKind.TALK, record.answered_at or record.started_at),
        )


async def _correct_legs(session: AsyncSession, row: CallRow, work: CallWork) -> None:
    """The writer leaves closed legs of a repaired row alone; here their times are set right. Why a phone did not talk
    is known better by the milestones, so a stored outcome stays unless the leg did talk."""
    await session.flush()
    for leg in await session.scalars(select(LegRow).where(LegRow.uniqueid.in_(work.legs))):
        told = work.legs[leg.uniqueid]
        leg.call_row_id = row.id
        for name in ("answered_at", "bridged_at", "ended_at"):
            if not _close(getattr(leg, name), getattr(told, name)):
                setattr(leg, name, getattr(told, name))
        if told.bridged_at is not None or not leg.outcome:
            leg.outcome = told.outcome or ""
