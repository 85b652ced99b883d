"""Writes the changes of calls into the journal, in the caller's transaction. Writing the same twice changes nothing.

Works on a plain connection and on many calls at once: a call touches seven tables several times in its life, so what is
paid for each statement must be paid once for all calls of a moment.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from sqlalchemy import Connection, bindparam, insert, select, update

from callcore.calls.changes import CallRecord
from callcore.calls.journal_parts import absorb, write_parts
from callcore.calls.model import CallState, Direction
from callcore.calls.tables import CallRow
from callcore.calls.unwritten import CallWork
from callcore.kernel.database import Base
from callcore.kernel.errors import DatabaseUnavailable
from callcore.kernel.logs import get_logger

_log = get_logger(__name__)
_CALLS: Final = CallRow.metadata.tables["calls"]
_DIDS: Final = Base.metadata.tables["dids"]
_Values = dict[
    str, Any
]  # a row by column; `explanation` only while it is to be written; no `id` before the first write

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
_TOLD: Final = tuple(
    name for name in CallRecord.__slots__ if name not in ("call_id", "is_ripe", "explanation")
)
# What most changes of a call are about; other columns stand in indexes that need not be written each time.
_LIFE: Final = (
    *("state", "result", "answered_at", "ended_at", "wait_s", "talk_s", "hangup_cause"),
    *("org_id", "outlet_id", "user_id"),
)
_WHOLE: Final = (*_TOLD, "customer_id", "order_id")
_NEW: Final[_Values] = {
    "has_recording": False,
    "is_repaired": False,
    "customer_id": None,
    "order_id": None,
    "explanation": None,
}


@dataclass(frozen=True, slots=True)
class UnlinkedCall:
    """A call with somebody outside that has no order yet: he called, or we did. `org_id` and `user_id`: whose phone."""

    call_id: str
    caller_number: str
    started_at: datetime
    did_id: int | None
    region_code: str | None
    is_made: bool = False
    org_id: int | None = None
    user_id: int | None = None


@dataclass(frozen=True, slots=True)
class CallLink:
    """`user_id`: whose call it is when the phone that talked is nobody's own."""

    customer_id: int | None
    order_id: int | None
    user_id: int | None = None


class CallLinker(Protocol):
    """Gives calls their customers and orders, in the given transaction, which may hold no row of these calls yet. Asked
    at the first write of a call whose route is known, so that the pop at ringing has its card. May be asked again for a
    call that got neither; must then not make a second request."""

    def link(self, connection: Connection, calls: Sequence[UnlinkedCall]) -> Mapping[str, CallLink]: ...


class JournalWriter:
    def __init__(self, linker: CallLinker) -> None:
        self._linker = linker

    def write(self, connection: Connection, works: Sequence[CallWork]) -> None:
        """All of it or, when it raises, nothing."""
        names = {work.call_id for work in works} | {loser for work in works for loser in work.absorbed}
        stored = _read(connection, names)
        rows, before = stored, {call_id: dict(values) for call_id, values in stored.items()}
        ripe: list[_Values] = []
        for work in works:
            if work.record is not None:
                values = rows.setdefault(work.call_id, {"call_id": work.call_id, **_NEW})
                _fill(values, work.record)
                if work.record.is_ripe:
                    ripe.append(values)
        self._link(connection, ripe)
        _store(connection, rows, before)
        written = [(rows[work.call_id], work) for work in works if work.call_id in rows]
        for values, work in written:
            for loser in work.absorbed:
                if loser in rows:
                    absorb(connection, rows.pop(loser)["id"], values["id"], values["call_id"])
        write_parts(connection, written)

    def complete(self, connection: Connection, call_id: str) -> None:
        """What stands beside a call that is written already: the dialled number's source, the customer, the order."""
        rows = _read(connection, [call_id])
        before = {name: dict(values) for name, values in rows.items()}
        self._link(connection, list(rows.values()))
        _store(connection, rows, before)

    def _link(self, connection: Connection, rows: Sequence[_Values]) -> None:
        """The journal does not depend on orders: a linker that fails leaves the rows as they were."""
        inbound = [values for values in rows if values["direction"] == Direction.INBOUND]
        _look_up_dids(connection, inbound)
        made = [values for values in rows if values["direction"] == Direction.OUTBOUND]
        asked = {
            values["call_id"]: values
            for values in (*inbound, *made)
            if values["customer_id"] is None and values["order_id"] is None
        }
        calls = [_unlinked(values) for values in asked.values()]
        for call_id, link in self._links(connection, calls).items():
            values = asked[call_id]
            values |= {"customer_id": link.customer_id, "order_id": link.order_id}
            values["user_id"] = values["user_id"] or link.user_id

    def _links(self, connection: Connection, calls: Sequence[UnlinkedCall]) -> Mapping[str, CallLink]:
        """Together; one by one when that fails, so that only the call whose data breaks it stays without."""
        if not calls:
            return {}
        try:
            with connection.begin_nested():
                return self._linker.link(connection, calls)
        except DatabaseUnavailable:
            raise
        except Exception as exc:  # noqa: BLE001 - a border: the call's row must not be lost with its order
            if len(calls) == 1:
                _log.error("call not linked", call_id=calls[0].call_id, exc_info=exc)
                return {}
        return {call_id: link for call in calls for call_id, link in self._links(connection, [call]).items()}


def _read(connection: Connection, call_ids: Iterable[str]) -> dict[str, _Values]:
    """Without `explanation`: it is long and only ever written."""
    found = connection.execute(_FIND, {"names": list(call_ids)}).mappings()
    return {row["call_id"]: dict(row) for row in found}


def _fill(values: _Values, record: CallRecord) -> None:
    is_closed = bool(values["is_repaired"]) and values["state"] == CallState.ENDED
    for name in _TOLD:
        value = getattr(record, name)
        if name in ("result", "route"):
            value = value or ""
        is_poorer = name in _KEPT_WHEN_EMPTY and not value and values.get(name)
        is_unknown_source = name == "source" and value == "unknown" and values.get(name)
        if not (is_poorer or is_unknown_source or (is_closed and name in _OF_THE_BOOK)):
            values[name] = value
    if record.explanation is not None:
        values["explanation"] = record.explanation


def _look_up_dids(connection: Connection, rows: Sequence[_Values]) -> None:
    """Without the application's decision, what the dialled number itself says: no call without a source."""
    lacking = [values for values in rows if values["did_id"] is None and values["did_number"]]
    if not lacking:
        return
    wanted = _DIDS.c.number.in_({values["did_number"] for values in lacking})
    found = connection.execute(
        select(_DIDS.c.number, _DIDS.c.id, _DIDS.c.source, _DIDS.c.region_code).where(wanted)
    )
    dids = {row.number: row for row in found}
    for values in lacking:
        if (did := dids.get(values["did_number"])) is not None:
            values |= {"did_id": did.id, "source": did.source}
            values["region_code"] = values["region_code"] or did.region_code


def _unlinked(values: _Values) -> UnlinkedCall:
    return UnlinkedCall(
        values["call_id"],
        values["caller_number"],
        values["started_at"],
        values["did_id"],
        values["region_code"],
        is_made=values["direction"] == Direction.OUTBOUND,
        org_id=values["org_id"],
        user_id=values["user_id"],
    )


def _store(connection: Connection, rows: Mapping[str, _Values], before: Mapping[str, _Values]) -> None:
    """New rows get their `id`."""
    fresh = [values for values in rows.values() if "id" not in values]
    if fresh:
        for row in connection.execute(_INSERT, fresh):
            rows[row.call_id]["id"] = row.id
    life: list[_Values] = []
    whole: list[_Values] = []
    explained: list[_Values] = []
    for call_id, old in before.items():
        values = rows[call_id]
        if "explanation" in values:
            explained.append({"key": values["id"], "explanation": values["explanation"]})
        changed = {name for name in _WHOLE if values[name] != old[name]}
        if changed:
            names, heap = (_LIFE, life) if changed.issubset(_LIFE) else (_WHOLE, whole)
            heap.append({"key": values["id"]} | {f"new_{name}": values[name] for name in names})
    for statement, heap in ((_UPDATE_LIFE, life), (_UPDATE_WHOLE, whole), (_EXPLAIN, explained)):
        if heap:
            connection.execute(statement, heap)


def _update(names: Iterable[str]) -> Any:
    values: _Values = {name: bindparam(f"new_{name}") for name in names}
    return update(_CALLS).where(_CALLS.c.id == bindparam("key")).values(values)


_FIND: Final = select(*(column for column in _CALLS.c if column.name != "explanation")).where(
    _CALLS.c.call_id.in_(bindparam("names", expanding=True))
)
_INSERT: Final = insert(_CALLS).returning(_CALLS.c.id, _CALLS.c.call_id)
_UPDATE_LIFE: Final = _update(_LIFE)
_UPDATE_WHOLE: Final = _update(_WHOLE)
_EXPLAIN: Final = (
    update(_CALLS).where(_CALLS.c.id == bindparam("key")).values(explanation=bindparam("explanation"))
)
