"""How long recordings are kept: the first rule that fits says it. What is due is worked out in SQL, the same for the
preview and for the nightly deletion."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.model import RecordingState
from callcore.calls.recording_queries import is_held
from callcore.calls.recording_tables import RetentionRuleRow
from callcore.calls.rights import orgs_under
from callcore.calls.tables import CallRow, RecordingRow
from callcore.network.tables import OrgRow

SHOWN: Final = 50
_NO_RULE: Final = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`days` 0: for ever. Empty conditions fit all."""

    id: int
    position: int
    title: str
    org_id: int | None
    org_name: str
    did_id: int | None
    direction: str
    kind: str
    result: str
    days: int
    reason: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class Fits:
    """A rule with its condition on RecordingRow joined with CallRow."""

    rule: Rule
    condition: ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class DueRecording:
    id: int
    call_id: str
    started_at: datetime
    duration_ms: int
    size_bytes: int
    rule_title: str


@dataclass(frozen=True, slots=True)
class DueByRule:
    title: str
    days: int
    count: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class DueView:
    """What would go now: by rule, the oldest of them, and how many stay only because somebody holds them."""

    by_rule: tuple[DueByRule, ...]
    oldest: tuple[DueRecording, ...]
    held: int

    @property
    def count(self) -> int:
        return sum(one.count for one in self.by_rule)

    @property
    def size_bytes(self) -> int:
        return sum(one.size_bytes for one in self.by_rule)


async def rules_of(session: AsyncSession, *, active_only: bool = False) -> tuple[Rule, ...]:
    query = (
        select(RetentionRuleRow, OrgRow.name)
        .outerjoin(OrgRow, OrgRow.id == RetentionRuleRow.org_id)
        .order_by(RetentionRuleRow.position, RetentionRuleRow.id)
    )
    if active_only:
        query = query.where(RetentionRuleRow.is_active)
    return tuple(_rule(row, name or "") for row, name in (await session.execute(query)).all())


async def fits_of(session: AsyncSession, rules: Sequence[Rule]) -> tuple[Fits, ...]:
    return tuple([Fits(rule, await _condition(session, rule)) for rule in rules])


async def due_view(session: AsyncSession, now: datetime) -> DueView:
    """Nothing is changed."""
    fits = await fits_of(session, await rules_of(session, active_only=True))
    if not fits:
        return DueView((), (), 0)
    which, due = which_rule(fits), due_condition(fits, now)
    groups = await session.execute(
        _JOINED.with_only_columns(which, func.count(), func.sum(RecordingRow.size_bytes))
        .where(due, ~is_held())
        .group_by(which)
        .order_by(which)
    )
    oldest = await session.execute(
        _JOINED.with_only_columns(RecordingRow, which)
        .where(due, ~is_held())
        .order_by(RecordingRow.started_at, RecordingRow.id)
        .limit(SHOWN)
    )
    held = await session.scalar(_JOINED.with_only_columns(func.count()).where(due, is_held()))
    return DueView(
        tuple(
            DueByRule(fits[place].rule.title, fits[place].rule.days, count, int(size or 0))
            for place, count, size in groups
        ),
        tuple(
            DueRecording(
                row.id,
                row.call_id,
                row.started_at,
                row.duration_ms,
                row.size_bytes,
                fits[place].rule.title,
            )
            for row, place in oldest
        ),
        int(held or 0),
    )


async def rule_for(session: AsyncSession, recording_id: int) -> Rule | None:
    """The rule that says how long this one is kept."""
    fits = await fits_of(session, await rules_of(session, active_only=True))
    if not fits:
        return None
    query = _JOINED.with_only_columns(which_rule(fits)).where(RecordingRow.id == recording_id)
    place = await session.scalar(query)
    return None if place is None or place == _NO_RULE else fits[place].rule


def which_rule(fits: Sequence[Fits]) -> ColumnElement[int]:
    """The place of the first rule that fits, -1 for none."""
    return case(*((one.condition, literal(place)) for place, one in enumerate(fits)), else_=literal(_NO_RULE))


def due_condition(fits: Sequence[Fits], now: datetime) -> ColumnElement[bool]:
    """Ready ones whose term is over; held ones are among them."""
    which = which_rule(fits)
    over = [
        and_(which == place, RecordingRow.started_at < now - timedelta(days=one.rule.days))
        for place, one in enumerate(fits)
        if one.rule.days > 0
    ]
    return and_(RecordingRow.state == RecordingState.READY, or_(*over)) if over else ~true()


async def _condition(session: AsyncSession, rule: Rule) -> ColumnElement[bool]:
    """A recording of no call fits only a rule without conditions on the call."""
    parts: list[ColumnElement[bool]] = [
        column == value
        for column, value in (
            (CallRow.did_id, rule.did_id),
            (CallRow.direction, rule.direction),
            (RecordingRow.kind, rule.kind),
            (CallRow.result, rule.result),
        )
        if value
    ]
    if rule.org_id is not None:
        parts.append(CallRow.org_id.in_(sorted(await orgs_under(session, rule.org_id))))
    return func.coalesce(and_(true(), *parts), literal(False)) if parts else true()


def _rule(row: RetentionRuleRow, org_name: str) -> Rule:
    return Rule(
        id=row.id,
        position=row.position,
        title=row.title,
        org_id=row.org_id,
        org_name=org_name,
        did_id=row.did_id,
        direction=row.direction,
        kind=row.kind,
        result=row.result,
        days=row.days,
        reason=row.reason,
        is_active=row.is_active,
    )


_JOINED: Final = select(RecordingRow.id).outerjoin(CallRow, CallRow.id == RecordingRow.call_row_id)
