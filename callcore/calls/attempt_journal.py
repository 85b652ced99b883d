"""What became of a call that was not heard to its end, read from the journal, which the PBX's own record has put right."""

from typing import Final

from sqlalchemy import Connection, Row, select

from callcore.calls.attempt_trail import Trail
from callcore.calls.cel import ENDED, HANGUP, dial_status
from callcore.calls.model import CallState, LegOutcome, LegRole
from callcore.calls.tables import CallRow, CelRow, LegRow
from callcore.kernel.database import Base
from dialplans.contract import OutStage

_TABLES: Final = Base.metadata.tables
_CALLS: Final = _TABLES[CallRow.__tablename__]
_LEGS: Final = _TABLES[LegRow.__tablename__]
_CEL: Final = _TABLES[CelRow.__tablename__]
_STATUS: Final = {
    LegOutcome.BUSY: "BUSY",
    LegOutcome.NO_ANSWER: "NOANSWER",
    LegOutcome.UNAVAILABLE: "CHANUNAVAIL",
    LegOutcome.FAILED: "CONGESTION",
    LegOutcome.DECLINED: "BUSY",
}


def is_compared(connection: Connection, call_id: str) -> bool:
    """The PBX's own record of the call is complete and the journal agrees with it."""
    wanted = (_CEL.c.linkedid == call_id, _CEL.c.event_type == ENDED, _CEL.c.is_settled.is_(True))
    return connection.execute(select(_CEL.c.id).where(*wanted).limit(1)).first() is not None


def is_broken_off(connection: Connection, call_id: str) -> bool | None:
    """The PBX's own record of the call has no end; None when it has no word of it at all."""
    wanted = select(_CEL.c.event_type == ENDED).where(_CEL.c.linkedid == call_id).distinct()
    said = set(connection.scalars(wanted))
    return True not in said if said else None


def remember(connection: Connection, trail: Trail) -> bool:
    """Completes the trail by the journal's row; False when the journal knows no such call, or it has not ended."""
    call = connection.execute(select(_CALLS).where(_CALLS.c.call_id == trail.call_id)).first()
    if call is None or call.state != CallState.ENDED.value:
        return False
    for leg in connection.execute(
        select(_LEGS).where(_LEGS.c.call_row_id == call.id).order_by(_LEGS.c.started_at)
    ):
        if leg.role == LegRole.CUSTOMER:
            _customer(trail, leg)
        else:
            _phone(trail, leg)
    if trail.customer and trail.stage != OutStage.CUSTOMER:
        _status(connection, trail)
    trail.gone_at = call.ended_at or trail.gone_at
    return True


def _status(connection: Connection, trail: Trail) -> None:
    """How the dialling of the customer ended, in the dialplan's own word: a telephone that rang out has no cause."""
    halves = (trail.call_id, f"{trail.call_id};2")
    wanted = (_CEL.c.linkedid == trail.call_id, _CEL.c.event_type == HANGUP, _CEL.c.uniqueid.in_(halves))
    said = {row.uniqueid: dial_status(row.extra) for row in connection.execute(select(_CEL).where(*wanted))}
    status = said.get(halves[0]) or said.get(halves[1], "")
    if status not in ("", "ANSWER", "CANCEL"):
        trail.stage, trail.status = OutStage.CUSTOMER, status


def _customer(trail: Trail, leg: Row[tuple[object, ...]]) -> None:
    trail.customer = leg.uniqueid
    trail.causes[leg.uniqueid] = leg.hangup_cause or 0
    if leg.bridged_at is not None:
        trail.joined_at, trail.parted_at = leg.bridged_at, leg.ended_at
    if status := _STATUS.get(leg.outcome):
        trail.stage, trail.status = OutStage.CUSTOMER, status


def _phone(trail: Trail, leg: Row[tuple[object, ...]]) -> None:
    trail.is_offered |= leg.answered_at is not None
    if leg.bridged_at is not None:
        trail.phone = leg.uniqueid
    trail.is_declined |= leg.outcome == LegOutcome.DECLINED.value
    if not trail.stage:
        trail.stage, trail.status = OutStage.OURS, _STATUS.get(leg.outcome, "NOANSWER")
