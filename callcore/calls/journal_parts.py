"""What hangs on a call's row: legs, linkedids, recordings, lines of the call's page. Of all calls of a moment at once."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Insert, bindparam, delete, func, insert, or_, select, update

from callcore.calls.changes import LegRecord, TransferRecord
from callcore.calls.model import CallState, RecordingState
from callcore.calls.tables import CallEventRow, CallRow, LegRow, LinkedidRow, RecordingRow
from callcore.calls.transfer_tables import TransferRow
from callcore.calls.unwritten import CallWork
from callcore.kernel.database import Base, upsert

_TABLES: Final = Base.metadata.tables
_CALLS: Final = _TABLES[CallRow.__tablename__]
_LEGS: Final = _TABLES[LegRow.__tablename__]
_LINKEDIDS: Final = _TABLES[LinkedidRow.__tablename__]
_RECORDINGS: Final = _TABLES[RecordingRow.__tablename__]
_LINES: Final = _TABLES[CallEventRow.__tablename__]
_TRANSFERS: Final = _TABLES[TransferRow.__tablename__]
_TRANSFER_FIELDS: Final = tuple(
    name for name in TransferRecord.__slots__ if name not in ("call_id", "ordinal")
)
_LEG_FIELDS: Final = tuple(name for name in LegRecord.__slots__ if name not in ("call_id", "outcome"))
_LEG_COLUMNS: Final = (*(name for name in _LEG_FIELDS if name != "uniqueid"), "outcome", "call_row_id")

Written = Sequence[
    tuple[dict[str, Any], CallWork]
]  # the call's row by column, and what is to be written of it


def write_parts(connection: Connection, written: Written) -> None:
    """What stands there already is brought up to date; lines are added."""
    _bring(connection, upsert(connection, _LEGS, "uniqueid", _LEG_COLUMNS), _leg_rows(connection, written))
    _bring(connection, _transfers(connection), _transfer_rows(written))
    linkedids = [
        {"linkedid": name, "call_row_id": row["id"]} for row, work in written for name in work.linkedids
    ]
    _bring(connection, upsert(connection, _LINKEDIDS, "linkedid", ("call_row_id",)), linkedids)
    _bring(connection, upsert(connection, _RECORDINGS, "base", ("call_row_id",)), _recording_rows(written))
    lines = [
        {"call_row_id": row["id"], "at": line.at, "kind": str(line.kind), "data": line.data}
        for row, work in written
        for line in work.happenings
    ]
    _bring(connection, insert(_LINES), lines)


def _bring(connection: Connection, statement: Insert, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        connection.execute(statement, rows)


def absorb(connection: Connection, loser_id: int, winner_id: int, winner_call_id: str) -> None:
    """One call became a part of another; what the winner lacks it takes over."""
    for table in (_LEGS, _LINKEDIDS, _LINES):
        connection.execute(update(table).where(table.c.call_row_id == loser_id).values(call_row_id=winner_id))
    connection.execute(
        update(_RECORDINGS)
        .where(_RECORDINGS.c.call_row_id == loser_id)
        .values(call_row_id=winner_id, call_id=winner_call_id)
    )
    lost = connection.execute(_HELD, {"key": loser_id}).one()
    connection.execute(
        update(_CALLS)
        .where(_CALLS.c.id == winner_id)
        .values(
            customer_id=func.coalesce(_CALLS.c.customer_id, lost.customer_id),
            order_id=func.coalesce(_CALLS.c.order_id, lost.order_id),
            has_recording=or_(_CALLS.c.has_recording, lost.has_recording),
        )
    )
    connection.execute(delete(_CALLS).where(_CALLS.c.id == loser_id))


def _leg_rows(connection: Connection, written: Written) -> list[dict[str, Any]]:
    """By uniqueid: of two works the later word counts. A closed leg of a repaired call belongs to the book of record."""
    closed = _closed_legs(connection, written)
    rows: dict[str, dict[str, Any]] = {}
    for row, work in written:
        for uniqueid, leg in work.legs.items():
            if uniqueid not in closed:
                rows[uniqueid] = {name: getattr(leg, name) for name in _LEG_FIELDS} | {
                    "outcome": leg.outcome or "",
                    "call_row_id": row["id"],
                }
    return list(rows.values())


def _transfers(connection: Connection) -> Insert:
    return upsert(connection, _TRANSFERS, "call_row_id,ordinal", _TRANSFER_FIELDS)


def _transfer_rows(written: Written) -> list[dict[str, Any]]:
    return [
        {name: getattr(transfer, name) for name in _TRANSFER_FIELDS}
        | {"ordinal": ordinal, "call_row_id": row["id"], "is_repaired": row["is_repaired"], "data": {}}
        for row, work in written
        for ordinal, transfer in work.transfers.items()
    ]


def _closed_legs(connection: Connection, written: Written) -> set[str]:
    names = [
        uniqueid
        for row, work in written
        if row["is_repaired"] and row["state"] == CallState.ENDED
        for uniqueid in work.legs
    ]
    if not names:
        return set()
    wanted = (_LEGS.c.uniqueid.in_(names), _LEGS.c.ended_at.is_not(None))
    return set(connection.scalars(select(_LEGS.c.uniqueid).where(*wanted)))


def _recording_rows(written: Written) -> list[dict[str, Any]]:
    return [
        {
            "call_row_id": row["id"],
            "call_id": row["call_id"],
            "kind": begun.kind,
            "base": begun.base,
            "state": RecordingState.PENDING,
            "started_at": begun.at,
        }
        for row, work in written
        for begun in work.recordings.values()
    ]


_HELD: Final = select(_CALLS.c.customer_id, _CALLS.c.order_id, _CALLS.c.has_recording).where(
    _CALLS.c.id == bindparam("key")
)
