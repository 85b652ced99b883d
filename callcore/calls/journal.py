"""Writes the changes of calls into the journal, in the caller's transaction. Writing the same twice changes nothing."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final, Protocol

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.changes import CallRecord
from callcore.calls.model import CallState, Direction, RecordingState
from callcore.calls.tables import CallEventRow, CallRow, LegRow, LinkedidRow, RecordingRow
from callcore.calls.unwritten import CallWork
from callcore.kernel.errors import DatabaseUnavailable
from callcore.kernel.logs import get_logger
from callcore.network.tables import DidRow

_log = get_logger(__name__)

# What a later, poorer word must not wipe out: the route may be known to the row and not to the tracker.
_KEPT_WHEN_EMPTY: Final = frozenset(
    {"did_id", "region_code", "explanation", "route", "warning", "org_id", "outlet_id", "user_id"}
)
# What belongs to the book of record once CEL has corrected the row.
_OF_THE_BOOK: Final = frozenset(
    {
        "state",
        "result",
        "started_at",
        "answered_at",
        "ended_at",
        "wait_s",
        "talk_s",
        "is_transferred",
        "direction",
    }
)


class CallLinker(Protocol):
    """Gives a call its customer and its order: sets `customer_id` and `order_id` of the row, in the given transaction.
    Called once, at the first write of a call whose route is known, so that the pop at ringing has its card. May be called
    again for a call that got neither; must then not make a second request."""

    async def link(self, session: AsyncSession, call: CallRow) -> None: ...


class JournalWriter:
    def __init__(self, linker: CallLinker) -> None:
        self._linker = linker

    async def write(self, session: AsyncSession, works: Sequence[CallWork]) -> None:
        """All of it or, when it raises, nothing."""
        names = {work.call_id for work in works} | {loser for work in works for loser in work.absorbed}
        found = await session.scalars(select(CallRow).where(CallRow.call_id.in_(names)))
        rows = {row.call_id: row for row in found}
        written: list[tuple[CallRow, CallWork]] = []
        for work in works:
            row = await self._write_call(session, work, rows)
            if row is not None:
                await _absorb_all(session, row, work, rows)
                written.append((row, work))
        await _write_parts(session, written)

    async def _write_call(
        self, session: AsyncSession, work: CallWork, rows: dict[str, CallRow]
    ) -> CallRow | None:
        row, record = rows.get(work.call_id), work.record
        if record is None:
            return row
        if row is None:
            row = CallRow(call_id=record.call_id)
            rows[record.call_id] = row
        _fill(row, record)
        session.add(row)
        if record.is_ripe:
            await self.complete(session, row)
        else:
            await session.flush()
        return row

    async def complete(self, session: AsyncSession, row: CallRow) -> None:
        """What stands beside the call: the dialled number's source, the customer, the order. The journal does not
        depend on orders: a linker that fails leaves the row as it was."""
        if row.did_id is None and row.did_number and row.direction == Direction.INBOUND:
            await _look_up_did(session, row)
        await session.flush()
        if row.direction != Direction.INBOUND or row.customer_id is not None or row.order_id is not None:
            return
        call_id = row.call_id
        try:
            async with session.begin_nested():
                await self._linker.link(session, row)
        except DatabaseUnavailable:
            raise
        except Exception as exc:  # noqa: BLE001 - a border: the call's row must not be lost with its order
            _log.error("call not linked", call_id=call_id, exc_info=exc)
            await session.refresh(row)


def _fill(row: CallRow, record: CallRecord) -> None:
    values: dict[str, Any] = {name: getattr(record, name) for name in record.__slots__}
    del values["call_id"], values["is_ripe"]
    values |= {"result": record.result or "", "route": record.route or ""}
    for name, value in values.items():
        is_poorer = name in _KEPT_WHEN_EMPTY and not value
        is_unknown_source = name == "source" and value == "unknown" and bool(row.source)
        is_closed_by_book = name in _OF_THE_BOOK and row.is_repaired and row.state == CallState.ENDED
        if not (is_poorer and getattr(row, name)) and not is_unknown_source and not is_closed_by_book:
            setattr(row, name, value)


async def _look_up_did(session: AsyncSession, row: CallRow) -> None:
    """Without the application's decision, what the dialled number itself says: no call without a source."""
    with session.no_autoflush:
        did = await session.scalar(select(DidRow).where(DidRow.number == row.did_number))
    if did is not None:
        row.did_id = did.id
        row.source = did.source
        row.region_code = row.region_code or did.region_code


async def _absorb_all(session: AsyncSession, row: CallRow, work: CallWork, rows: dict[str, CallRow]) -> None:
    for loser in work.absorbed:
        if loser in rows:
            await _absorb(session, rows.pop(loser), row)


async def _write_parts(session: AsyncSession, written: Sequence[tuple[CallRow, CallWork]]) -> None:
    """Of all calls at once: a busy hour is paid in statements."""
    await _write_legs(session, written)
    await _write_linkedids(session, written)
    await _write_recordings(session, written)
    lines = [
        {"call_row_id": row.id, "at": line.at, "kind": str(line.kind), "data": line.data}
        for row, work in written
        for line in work.happenings
    ]
    if lines:
        await session.execute(insert(CallEventRow), lines)


async def _absorb(session: AsyncSession, loser: CallRow, winner: CallRow) -> None:
    for table in (LegRow, LinkedidRow, CallEventRow):
        await session.execute(
            update(table).where(table.call_row_id == loser.id).values(call_row_id=winner.id)
        )
    await session.execute(
        update(RecordingRow)
        .where(RecordingRow.call_row_id == loser.id)
        .values(call_row_id=winner.id, call_id=winner.call_id)
    )
    winner.customer_id = winner.customer_id or loser.customer_id
    winner.order_id = winner.order_id or loser.order_id
    winner.has_recording = winner.has_recording or loser.has_recording
    await session.flush()
    await session.execute(delete(CallRow).where(CallRow.id == loser.id))


async def _write_legs(session: AsyncSession, written: Sequence[tuple[CallRow, CallWork]]) -> None:
    names = [uniqueid for _, work in written for uniqueid in work.legs]
    if not names:
        return
    found = await session.scalars(select(LegRow).where(LegRow.uniqueid.in_(names)))
    known = {leg.uniqueid: leg for leg in found}
    for row, work in written:
        for uniqueid, record in work.legs.items():
            leg = known.get(uniqueid)
            if leg is None:
                leg = known[uniqueid] = LegRow(uniqueid=uniqueid)
                session.add(leg)
            elif row.is_repaired and leg.ended_at is not None and row.state == CallState.ENDED:
                continue
            values = asdict(record) | {"outcome": record.outcome or "", "call_row_id": row.id}
            del values["call_id"]
            for name, value in values.items():
                setattr(leg, name, value)


async def _write_linkedids(session: AsyncSession, written: Sequence[tuple[CallRow, CallWork]]) -> None:
    names = [linkedid for _, work in written for linkedid in work.linkedids]
    if not names:
        return
    found = await session.scalars(select(LinkedidRow).where(LinkedidRow.linkedid.in_(names)))
    known = {entry.linkedid: entry for entry in found}
    for row, work in written:
        for linkedid in work.linkedids:
            if linkedid in known:
                known[linkedid].call_row_id = row.id
            else:
                known[linkedid] = LinkedidRow(linkedid=linkedid, call_row_id=row.id)
                session.add(known[linkedid])


async def _write_recordings(session: AsyncSession, written: Sequence[tuple[CallRow, CallWork]]) -> None:
    names = [base for _, work in written for base in work.recordings]
    if not names:
        return
    found = await session.scalars(select(RecordingRow).where(RecordingRow.base.in_(names)))
    known = {entry.base: entry for entry in found}
    for row, work in written:
        for begun in work.recordings.values():
            if begun.base in known:
                known[begun.base].call_row_id = row.id
                continue
            known[begun.base] = RecordingRow(
                call_row_id=row.id,
                call_id=row.call_id,
                kind=begun.kind,
                base=begun.base,
                state=RecordingState.PENDING,
                started_at=begun.at,
            )
            session.add(known[begun.base])
