"""The queries of the efficiency of telephones. The journal asks by the same ones, so a figure and its list never differ."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import CTE, ColumnElement, Select, and_, case, exists, false, func, literal, or_, select
from sqlalchemy.orm import aliased

from callcore.calls.efficiency_model import CALLED_BACK_WITHIN, Fate, Level, Share, Subject
from callcore.calls.handing import TransferResult
from callcore.calls.model import LOST, Direction, LegOutcome, LegRole
from callcore.calls.rights import Scope
from callcore.calls.tables import CallRow, LegRow
from callcore.calls.transfer_tables import TransferRow
from callcore.kernel.sql_time import epoch_s, seconds_between
from callcore.network.tables import OrgRow

_OURS: Final = (LegRole.OUTLET, LegRole.OPERATOR, LegRole.DUTY)
_NEVER_RANG: Final = (LegOutcome.UNAVAILABLE, LegOutcome.FAILED)
_DAY_S: Final = 86_400
_LEG_KEY: Final = {Level.DEALER: LegRow.org_id, Level.OUTLET: LegRow.outlet_id, Level.PERSON: LegRow.user_id}
_CALL_KEY: Final = {
    Level.DEALER: CallRow.org_id,
    Level.OUTLET: CallRow.outlet_id,
    Level.PERSON: CallRow.user_id,
}
Conditions = tuple[ColumnElement[bool], ...]


def offers(level: Level, subject: Subject, scope: Scope, when: Conditions, *, local: Any = None) -> CTE:
    """One row for each ended call of a customer and each one of `level` whose phones rang for it, within `subject`:
    key, call_id, fate, answer_s, talk_s, number, ended_at, order_id; `day` and `hour` when `local` tells local seconds."""
    key = _LEG_KEY.get(level, literal(0)).label("key")
    talked = LegRow.outcome == LegOutcome.TALKED
    has_talked = func.max(case((talked, 1), else_=0)) == 1
    was_lost = and_(CallRow.is_transferred, _handed_and_lost())
    has_missed = func.max(case((was_lost, 1), else_=0)) == 1
    has_declined = func.max(case((LegRow.outcome == LegOutcome.DECLINED, 1), else_=0)) == 1
    parts = [key, CallRow.id.label("call_id")]
    # The call's other columns follow from its key.
    grouped = (_LEG_KEY[level], CallRow.id) if level in _LEG_KEY else (CallRow.id,)
    if local is not None:
        parts += [(local // _DAY_S).label("day"), (local % _DAY_S // 3600).label("hour")]
    query = (
        select(
            *parts,
            case(
                (has_talked, Fate.ANSWERED.value),
                (has_declined, Fate.DECLINED.value),
                (or_(CallRow.result.in_(LOST), has_missed), Fate.MISSED.value),
                else_=Fate.TAKEN.value,
            ).label("fate"),
            func.min(case((talked, seconds_between(LegRow.started_at, LegRow.bridged_at)))).label("answer_s"),
            func.sum(case((talked, seconds_between(LegRow.bridged_at, LegRow.ended_at)))).label("talk_s"),
            CallRow.caller_number.label("number"),
            func.coalesce(CallRow.ended_at, CallRow.started_at).label("ended_at"),
            CallRow.order_id.label("order_id"),
        )
        .select_from(CallRow)
        .join(LegRow, LegRow.call_row_id == CallRow.id)
        .where(*_rang(scope), *_of(subject, LegRow.org_id, _LEG_KEY), *when)
        .group_by(*grouped)
    )
    if level in _LEG_KEY:
        query = query.where(_LEG_KEY[level].is_not(None))
    return query.cte("offers")


def _handed_and_lost() -> ColumnElement[bool]:
    """This leg rang for a handing on that nobody took, and the customer was lost: whoever did not answer has missed him,
    though another one had talked before."""
    return exists().where(
        TransferRow.call_row_id == LegRow.call_row_id,
        TransferRow.result.in_((TransferResult.ABANDONED.value, TransferResult.VOICEMAIL.value)),
        TransferRow.at <= LegRow.started_at,
    )


def _rang(scope: Scope) -> Conditions:
    conditions: list[ColumnElement[bool]] = [
        CallRow.direction == Direction.INBOUND,
        CallRow.result != "",
        scope.calls(),
        LegRow.role.in_(_OURS),
        LegRow.phone_id.is_not(None),
        LegRow.outcome.not_in(_NEVER_RANG),
    ]
    if scope.org_ids is not None:
        conditions.append(LegRow.org_id.in_(sorted(scope.org_ids)))
    return tuple(conditions)


def _of(subject: Subject, org: Any, keys: dict[Level, Any]) -> Conditions:
    """Rows of the subject, `keys` by level; `org` is the column that a dealer's tree is looked for in."""
    if subject.level is Level.WHOLE:
        return ()
    if subject.level is Level.TREE:
        top = aliased(OrgRow)
        below = select(OrgRow.id).join(top, OrgRow.path.startswith(top.path)).where(top.id == subject.id)
        return (org.in_(below),)
    return (keys[subject.level] == subject.id,)


def back_at(found: CTE) -> Any:
    """When one of ours first talked with the number of a missed call again; none for a hidden number."""
    back = aliased(CallRow)
    return (
        select(func.min(func.coalesce(back.answered_at, back.started_at)))
        .where(
            found.c.number != "",
            back.caller_number == found.c.number,
            back.direction == Direction.OUTBOUND,
            back.talk_s > 0,
            back.started_at > found.c.ended_at,
            seconds_between(found.c.ended_at, back.started_at) <= CALLED_BACK_WITHIN.total_seconds(),
        )
        .correlate(found)
        .scalar_subquery()
    )


def made(level: Level, subject: Subject, scope: Scope, when: Conditions) -> Select[Any]:
    """key, calls out, those with a talk."""
    found = (
        select(_made_by(level).label("key"), case((CallRow.talk_s > 0, 1), else_=0).label("reached"))
        .where(*_went_out(scope), *_made_within(subject), *when)
        .subquery()
    )
    return select(found.c.key, func.count(), func.sum(found.c.reached)).group_by(found.c.key)


def _made_within(subject: Subject) -> Conditions:
    return _of(subject, _made_by(Level.DEALER), {level: _made_by(level) for level in _CALL_KEY})


def _made_by(level: Level) -> Any:
    """Who called out: a call that was handed on belongs in the journal to who talked last, but he did not make it."""
    if level not in _CALL_KEY:
        return literal(0)
    first = aliased(TransferRow)
    of_call = and_(first.call_row_id == CallRow.id, first.ordinal == 1)
    sender = {
        Level.DEALER: first.from_org_id,
        Level.OUTLET: first.from_outlet_id,
        Level.PERSON: first.from_user_id,
    }
    was_handed = and_(CallRow.is_transferred, exists().where(of_call))
    return case(
        (was_handed, select(sender[level]).where(of_call).correlate(CallRow).scalar_subquery()),
        else_=_CALL_KEY[level],
    )


def _went_out(scope: Scope) -> Conditions:
    return (CallRow.direction == Direction.OUTBOUND, CallRow.result != "", scope.calls())


def share_condition(
    share: Share, scope: Scope, when: Conditions, won: ColumnElement[bool] | None
) -> ColumnElement[bool]:
    """The calls behind a figure, as a condition on CallRow; `when` bounds them for speed. `won` is the word of orders, which
    calls know nothing of; without it no call is won."""
    subject, fate = share.subject, share.fate
    if fate in (Fate.MADE, Fate.REACHED):
        reached = (CallRow.talk_s > 0,) if fate is Fate.REACHED else ()
        return and_(*_went_out(scope), *_made_within(subject), *reached)
    level = subject.level if subject.level in _LEG_KEY else Level.WHOLE
    found = offers(level, subject, scope, when)
    query = select(found.c.call_id)
    if fate is Fate.CALLED_BACK:
        query = query.where(found.c.fate == Fate.MISSED, back_at(found).is_not(None))
    elif fate is Fate.WON:
        query = query.where(found.c.fate == Fate.ANSWERED)
    elif fate is not Fate.OFFERED:
        query = query.where(found.c.fate == fate)
    condition = CallRow.id.in_(query)
    return and_(condition, false() if won is None else won) if fate is Fate.WON else condition


# --- local time -----------------------------------------------------------------------------------------------


def local_seconds(tz: str, since: datetime, until: datetime) -> Any:
    """Seconds of the wall clock for calls of this period: SQLite knows no zones, so the changes of the clock that lie
    within are told to the query."""
    pieces = _offsets(ZoneInfo(tz), since, until)
    first, *later = pieces
    offset: Any = literal(first[1])
    for at, seconds in later:
        offset = case((CallRow.started_at >= at, seconds), else_=offset)
    return epoch_s(CallRow.started_at) + offset


def _offsets(zone: ZoneInfo, since: datetime, until: datetime) -> list[tuple[datetime, int]]:
    """(from when, seconds ahead of UTC); clocks change at whole quarters of an hour."""
    found = [(since, _ahead(zone, since))]
    days = max(1, min((until - since).days + 2, 3660))
    for left, right in pairwise(min(since + timedelta(days=n), until) for n in range(days)):
        if _ahead(zone, left) == _ahead(zone, right):
            continue
        at = left.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        while _ahead(zone, at) == _ahead(zone, left):
            at += timedelta(minutes=15)
        found.append((at, _ahead(zone, at)))
    return found


def _ahead(zone: ZoneInfo, at: datetime) -> int:
    offset = at.astimezone(zone).utcoffset()
    return int(offset.total_seconds()) if offset else 0


def at_hour(hour: int, tz: str, since: datetime, until: datetime) -> ColumnElement[bool]:
    is_then: ColumnElement[bool] = local_seconds(tz, since, until) % _DAY_S // 3600 == hour
    return is_then
