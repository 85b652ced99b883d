"""The row of an attempt goes on, never back: one guarded UPDATE a step, on a plain connection, and what to publish of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, func, select, update

from callcore.calls.attempt_tables import AttemptRow
from callcore.calls.attempts import ORDER_OF_STATES, AttemptReason, AttemptResult, AttemptState
from callcore.calls.call_cost import cost_of
from callcore.calls.events import AttemptChanged
from callcore.calls.settings import settings_on
from callcore.kernel.bus import Audience
from callcore.kernel.database import Base

_ATTEMPTS: Final = Base.metadata.tables[AttemptRow.__tablename__]
_ORGS: Final = Base.metadata.tables["organizations"]
_STAMPS: Final = {
    AttemptState.SENT: "sent_at",
    AttemptState.OURS: "ours_at",
    AttemptState.DIALLING: "dialled_at",
    AttemptState.TALKING: "joined_at",
    AttemptState.ENDED: "ended_at",
}


@dataclass(frozen=True, slots=True)
class Asking:
    """What the PBX is to be asked for."""

    call_id: str
    kind: str
    number: str
    cli: str
    phone_keys: tuple[str, ...]
    whisper: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OpenAttempt:
    call_id: str
    state: AttemptState
    made_at: datetime
    sent_at: datetime | None
    joined_at: datetime | None


def move(connection: Connection, call_id: str, state: AttemptState, at: datetime) -> AttemptChanged | None:
    """None when it has been there, or further."""
    stamp = _ATTEMPTS.c[_STAMPS[state]]
    values = {"state": state.value, stamp.name: func.coalesce(stamp, at)}
    return _change(connection, call_id, _before(state), at, values)


def close(
    connection: Connection,
    call_id: str,
    result: AttemptResult,
    reason: AttemptReason,
    at: datetime,
    *,
    talk_s: int = 0,
    joined_at: datetime | None = None,
    only: tuple[str, ...] = (),
) -> AttemptChanged | None:
    """The end, once, at the carrier's price of this moment. `only`: states in which it may still end so; none: every open one."""
    values: dict[str, Any] = {
        "state": AttemptState.ENDED.value,
        "result": result.value,
        "reason": reason.value,
        "ended_at": at,
        "talk_s": talk_s,
        "open_key": None,
    }
    if talk_s > 0:
        number = connection.scalar(select(_ATTEMPTS.c.number).where(_ATTEMPTS.c.call_id == call_id)) or ""
        values["cost_kopecks"] = cost_of(number, talk_s, settings_on(connection))
    if joined_at is not None:
        values["joined_at"] = func.coalesce(_ATTEMPTS.c.joined_at, joined_at)
    return _change(connection, call_id, only or _before(AttemptState.ENDED), at, values)


def note_stop(connection: Connection, call_id: str, *, is_asked: bool = True) -> None:
    """Somebody pressed the red button: why it will have ended. False: the PBX did not hear of it."""
    connection.execute(
        update(_ATTEMPTS)
        .where(_ATTEMPTS.c.call_id == call_id, _ATTEMPTS.c.state != AttemptState.ENDED.value)
        .values(reason=AttemptReason.STOPPED.value if is_asked else "")
    )


def is_stopped(connection: Connection, call_id: str) -> bool:
    reason = connection.scalar(select(_ATTEMPTS.c.reason).where(_ATTEMPTS.c.call_id == call_id))
    return bool(reason == AttemptReason.STOPPED.value)


def take_to_send(connection: Connection, call_id: str, at: datetime) -> tuple[Asking, AttemptChanged] | None:
    """The one who gets it asks the PBX; `sent_at` stands before the asking. None: it was asked for, or has ended."""
    changed = _change(
        connection,
        call_id,
        (AttemptState.MADE.value,),
        at,
        {"state": AttemptState.SENT.value, "sent_at": at},
    )
    if changed is None:
        return None
    row = connection.execute(select(_ATTEMPTS).where(_ATTEMPTS.c.call_id == call_id)).one()
    asking = Asking(
        row.call_id, row.kind, row.number, row.cli, tuple(row.phone_keys), row.whisper, row.data or {}
    )
    return asking, changed


def open_attempts(connection: Connection) -> list[OpenAttempt]:
    """All that have not ended, oldest first."""
    rows = connection.execute(
        select(_ATTEMPTS)
        .where(_ATTEMPTS.c.state.in_(_before(AttemptState.ENDED)))
        .order_by(_ATTEMPTS.c.made_at)
    )
    return [
        OpenAttempt(row.call_id, AttemptState(row.state), row.made_at, row.sent_at, row.joined_at)
        for row in rows
    ]


def _before(state: AttemptState) -> tuple[str, ...]:
    return tuple(one.value for one in ORDER_OF_STATES[: ORDER_OF_STATES.index(state)])


def _change(
    connection: Connection, call_id: str, states: tuple[str, ...], at: datetime, values: Mapping[str, Any]
) -> AttemptChanged | None:
    changed = connection.execute(
        update(_ATTEMPTS)
        .where(_ATTEMPTS.c.call_id == call_id, _ATTEMPTS.c.state.in_(states))
        .values(**values)
        .returning(_ATTEMPTS.c.org_id, _ATTEMPTS.c.user_id)
    ).first()
    if changed is None:
        return None
    path = (
        connection.scalar(select(_ORGS.c.path).where(_ORGS.c.id == changed.org_id)) if changed.org_id else ""
    )
    return AttemptChanged(
        at=at,
        audience=Audience(
            staff=True,
            org_ids=frozenset(int(part) for part in (path or "").split("/") if part.isdigit()),
            user_ids=frozenset({changed.user_id} if changed.user_id else ()),
        ),
        call_id=call_id,
        state=str(values["state"]),
        result=str(values.get("result", "")),
        version=int(at.timestamp() * 1000),
    )
