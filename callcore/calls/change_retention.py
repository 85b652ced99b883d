"""Use case: the administrator says how long recordings are kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.model import CallResult, Direction, RecordingKind
from callcore.calls.recording_retention import DueView, Rule, due_view, rules_of
from callcore.calls.recording_tables import RetentionRuleRow
from callcore.kernel import audit
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import Forbidden, Invalid, NotFound
from callcore.network.model import Role, Viewer
from callcore.network.tables import DidRow, OrgRow

EDITORS: Final = frozenset({Role.ADMIN})
READERS: Final = frozenset({Role.ADMIN, Role.MANUFACTURER, Role.SUPERVISOR})
MAX_RULES: Final = 50
MIN_DAYS: Final = 7  # so that a slip of the finger does not wipe out the week
MAX_DAYS: Final = 36_500
MAX_TITLE_CHARS: Final = 80
MAX_REASON_CHARS: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleForm:
    """As typed, but numbers read. `days` None: not a number."""

    title: str
    org_id: int | None
    did_id: int | None
    direction: str
    kind: str
    result: str
    days: int | None
    reason: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class RuleBook:
    rules: tuple[Rule, ...]
    due: DueView
    may_edit: bool


class RetentionRules:
    """All raise Forbidden for who may not, NotFound for a rule that is not there; `save` raises Invalid with codes by field."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def book(self, viewer: Viewer) -> RuleBook:
        if viewer.role not in READERS:
            raise Forbidden("not-reader")
        async with self._database.session() as session:
            rules = await rules_of(session)
            return RuleBook(rules, await due_view(session, self._clock.now()), viewer.role in EDITORS)

    async def save(self, viewer: Viewer, rule_id: int | None, form: RuleForm) -> int:
        """A new rule stands last."""
        _check_right(viewer)
        async with self._database.transaction() as session:
            await _check(session, form)
            now = self._clock.now()
            row = await _row(session, rule_id) if rule_id is not None else await _new(session, now)
            before = _values(row) if rule_id is not None else {}
            for name in _FIELDS:
                setattr(row, name, getattr(form, name))
            row.at, row.user_id = now, int(viewer.user_id)
            session.add(row)
            await session.flush()
            after = _values(row)
            _note(session, viewer, row.id, "retention:saved", now, before=before, after=after)
            return row.id

    async def move(self, viewer: Viewer, rule_id: int, *, up: bool) -> None:
        """Change places with the neighbour; at the end of the list nothing happens."""
        _check_right(viewer)
        async with self._database.transaction() as session:
            rows = list(
                await session.scalars(
                    select(RetentionRuleRow)
                    .order_by(RetentionRuleRow.position, RetentionRuleRow.id)
                    .with_for_update()
                )
            )
            place = next((at for at, row in enumerate(rows) if row.id == rule_id), None)
            if place is None:
                raise NotFound("rule-not-found")
            other = place - 1 if up else place + 1
            if not 0 <= other < len(rows):
                return
            rows[place], rows[other] = rows[other], rows[place]
            for position, row in enumerate(rows):
                row.position = position
            _note(session, viewer, rule_id, "retention:moved", self._clock.now(), up=up)

    async def remove(self, viewer: Viewer, rule_id: int) -> None:
        _check_right(viewer)
        async with self._database.transaction() as session:
            row = await _row(session, rule_id)
            before = _values(row)
            await session.delete(row)
            _note(session, viewer, rule_id, "retention:removed", self._clock.now(), before=before)


_FIELDS: Final = (
    *("title", "org_id", "did_id", "direction", "kind"),
    *("result", "days", "reason", "is_active"),
)


def _check_right(viewer: Viewer) -> None:
    if viewer.role not in EDITORS:
        raise Forbidden("not-editor")


async def _check(session: AsyncSession, form: RuleForm) -> None:
    wrong: dict[str, str] = {}
    if not 2 <= len(form.title) <= MAX_TITLE_CHARS:
        wrong["title"] = "length"
    if not 3 <= len(form.reason) <= MAX_REASON_CHARS:
        wrong["reason"] = "length"
    if form.days is None or not (form.days == 0 or MIN_DAYS <= form.days <= MAX_DAYS):
        wrong["days"] = "range"
    words = (("direction", Direction), ("kind", RecordingKind), ("result", CallResult))
    for name, known in words:
        value = getattr(form, name)
        if value and value not in {one.value for one in known}:
            wrong[name] = "unknown"
    if form.org_id is not None and await session.get(OrgRow, form.org_id) is None:
        wrong["org_id"] = "unknown"
    if form.did_id is not None and await session.get(DidRow, form.did_id) is None:
        wrong["did_id"] = "unknown"
    if wrong:
        raise Invalid("fields-wrong", fields=wrong)


async def _row(session: AsyncSession, rule_id: int) -> RetentionRuleRow:
    row = await session.get(RetentionRuleRow, rule_id, with_for_update=True)
    if row is None:
        raise NotFound("rule-not-found")
    return row


async def _new(session: AsyncSession, now: datetime) -> RetentionRuleRow:
    count = await session.scalar(select(func.count()).select_from(RetentionRuleRow)) or 0
    last = await session.scalar(select(func.max(RetentionRuleRow.position)))
    if count >= MAX_RULES:
        raise Invalid("fields-wrong", fields={"title": "too-many"})
    return RetentionRuleRow(position=(last or 0) + 1, at=now)


def _values(row: RetentionRuleRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _FIELDS}


def _note(
    session: AsyncSession, viewer: Viewer, rule_id: int, action: str, now: datetime, **data: Any
) -> None:
    audit.record(
        session,
        at=now,
        actor_id=viewer.user_id,
        action=action,
        entity="retention_rule",
        entity_id=rule_id,
        **data,
    )
