"""Calls that somebody had answered and that were lost when they were handed on: the customer did not wait, or left a message.
Such a call counts as answered, so the look after calls finds it here."""

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, exists, or_, select
from sqlalchemy.orm import aliased

from callcore.calls.handing import TransferResult
from callcore.calls.model import CallResult
from callcore.calls.settings import proven_talk_sql
from callcore.calls.tables import CallRow
from callcore.calls.task_model import CALL_BACK, CloseReason, TaskKind
from callcore.calls.task_tables import TaskRow
from callcore.calls.transfer_tables import TransferRow

AT_ONCE: Final = 200
TITLES: Final = {
    TaskKind.MISSED: "Звонок потерян при переводе: перезвонить",
    TaskKind.VOICEMAIL: "Не ответили на перевод, есть сообщение: послушать и перезвонить",
}
_LOST: Final = (TransferResult.ABANDONED.value, TransferResult.VOICEMAIL.value)
_COUNTED: Final = (CallResult.MISSED, CallResult.ABANDONED, CallResult.VOICEMAIL)  # found as such


def lost_transfers(since: datetime | ColumnElement[datetime]) -> Select[CallRow, str]:
    """Calls without a task, the oldest first, with what became of the handing on."""
    own = exists().where(TaskRow.call_id == CallRow.call_id)
    of_number = and_(TaskRow.caller_number == CallRow.caller_number, TaskRow.kind.in_(CALL_BACK))
    is_closed = and_(TaskRow.closed_at >= CallRow.ended_at, TaskRow.close_reason != CloseReason.TALKED.value)
    knows = TaskRow.data["last_row"].as_integer() >= CallRow.id
    talk = aliased(CallRow)
    talked_since = exists().where(
        talk.caller_number == CallRow.caller_number,
        talk.talk_s >= proven_talk_sql(),
        talk.ended_at > CallRow.ended_at,
    )
    can_be_called = and_(
        CallRow.caller_number != "", ~talked_since, ~exists().where(of_number, or_(is_closed, knows))
    )
    return (
        select(CallRow, TransferRow.result)
        .join(TransferRow, TransferRow.call_row_id == CallRow.id)
        .where(
            TransferRow.at >= since,
            TransferRow.result.in_(_LOST),
            CallRow.ended_at.is_not(None),
            CallRow.result.not_in(_COUNTED),
            ~own,
            or_(CallRow.caller_number == "", can_be_called),
        )
        .order_by(CallRow.ended_at, CallRow.id)
        .limit(AT_ONCE)
    )


def has_lost_transfer(connection: Connection, since: datetime) -> bool:
    return connection.execute(_ANY, {"since": since}).first() is not None


def kind_of(result: str) -> TaskKind:
    return TaskKind.VOICEMAIL if result == TransferResult.VOICEMAIL else TaskKind.MISSED


_ANY: Final = lost_transfers(bindparam("since")).with_only_columns(CallRow.id).limit(1)
