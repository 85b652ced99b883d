"""The stages of the pipeline as the administrator names them, over those that are built in (model.STATUSES)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel import audit
from callcore.kernel.errors import Conflict, Invalid, NotFound
from callcore.network.model import Viewer
from callcore.orders.desk_tables import OrderStatusRow
from callcore.orders.model import STATUSES, OrderClass, OrderResult
from callcore.orders.reasons import check_editor

MAX_NAME_CHARS: Final = 40
MAX_TERM_H: Final = 24 * 365
MAX_STAGES: Final = 60
STEP: Final = 10
ACCEPTED, POSTPONED, PROCESSED, DONE, FAILED = "accepted", "postponed", "processed", "done", "failed"
_OWN = "own_"  # begins the code of a stage that people added
_BUILT_IN: Final = {status.code: status for status in STATUSES}
# the program itself moves orders into these, so they stay
_FIXED: Final = frozenset({"new", "available", "dealer_declined", ACCEPTED, PROCESSED, DONE, FAILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """`term_h`: hours it may take before it is a problem, None for no limit. One that is not active is not offered and
    still names the orders that stand on it."""

    code: str
    name: str
    status_class: OrderClass
    result: OrderResult
    position: int
    term_h: int | None = None
    is_active: bool = True

    @property
    def is_built_in(self) -> bool:
        return self.code in _BUILT_IN

    @property
    def is_fixed(self) -> bool:
        """May be renamed, not put away."""
        return self.code in _FIXED


@dataclass(frozen=True, slots=True)
class StatusBook:
    """`stages` in their order, the inactive among them."""

    stages: tuple[Stage, ...]

    def find(self, code: str) -> Stage | None:
        return next((stage for stage in self.stages if stage.code == code), None)

    def name(self, code: str) -> str:
        """The code itself for what is not known any more."""
        stage = self.find(code)
        return stage.name if stage else code

    def stage(self, code: str) -> Stage:
        """One that may be chosen. Raises Invalid("order-status-unknown") with the field status."""
        stage = self.find(code)
        if stage is None or not stage.is_active:
            raise Invalid("order-status-unknown", fields={"status": "one of the pipeline"})
        return stage

    def of_class(self, *classes: OrderClass) -> tuple[Stage, ...]:
        """The active ones."""
        return tuple(one for one in self.stages if one.is_active and one.status_class in classes)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageDraft:
    """`code` empty: a new one. The class of one that exists does not change: orders stand on it. `result` is for CLOSED
    alone."""

    name: str
    status_class: OrderClass
    result: OrderResult = OrderResult.RUNNING
    term_h: int | None = None
    is_active: bool = True
    code: str = ""


async def load_statuses(session: AsyncSession) -> StatusBook:
    rows = {row.code: row for row in await session.scalars(select(OrderStatusRow))}
    stages = [
        Stage(
            code=status.code,
            name=status.name,
            status_class=status.status_class,
            result=status.result,
            position=number * STEP,
        )
        for number, status in enumerate(STATUSES, start=1)
        if status.code not in rows
    ]
    stages += [_stage(row) for row in rows.values()]
    return StatusBook(tuple(sorted(stages, key=lambda one: (one.position, one.code))))


async def save_status(session: AsyncSession, viewer: Viewer, draft: StageDraft, *, now: datetime) -> Stage:
    """Raises Forbidden, NotFound, Invalid (fields name, class, result, term, active), Conflict("status-exists")."""
    check_editor(viewer)
    book = await load_statuses(session)
    before = book.find(draft.code) if draft.code else None
    if draft.code and before is None:
        raise NotFound("status-not-found")
    name = " ".join(draft.name.split())
    _check(draft, name, before, book)
    row = await session.get(OrderStatusRow, draft.code) if draft.code else None
    if row is None:
        position = before.position if before else max(one.position for one in book.stages) + STEP
        row = OrderStatusRow(code=draft.code or _fresh_code(book), position=position)
        session.add(row)
    row.name, row.term_h, row.is_active = name, draft.term_h, draft.is_active
    row.status_class, row.result = draft.status_class.value, draft.result.value
    await session.flush()
    audit.record(
        session,
        at=now,
        actor_id=viewer.user_id,
        action="status:saved",
        entity="order_status",
        entity_id=row.code,
        before=None if before is None else [before.name, before.term_h, before.is_active],
        after=[name, draft.term_h, draft.is_active],
    )
    return _stage(row)


async def reorder(session: AsyncSession, viewer: Viewer, codes: Sequence[str], *, now: datetime) -> None:
    """`codes` from the first to the last; what is left out stays behind them. Raises Forbidden."""
    check_editor(viewer)
    book = await load_statuses(session)
    places = {code: number for number, code in enumerate(codes)}
    stages = sorted(book.stages, key=lambda one: (places.get(one.code, len(places)), one.position, one.code))
    for number, stage in enumerate(stages, start=1):
        row = await session.get(OrderStatusRow, stage.code)
        if row is None:
            row = OrderStatusRow(
                code=stage.code,
                name=stage.name,
                status_class=stage.status_class.value,
                result=stage.result.value,
                is_active=True,
            )
            session.add(row)
        row.position = number * STEP
    await session.flush()
    audit.record(
        session,
        at=now,
        actor_id=viewer.user_id,
        action="status:reordered",
        entity="order_status",
        entity_id="all",
        codes=[stage.code for stage in stages],
    )


def _check(draft: StageDraft, name: str, before: Stage | None, book: StatusBook) -> None:
    is_closing = draft.status_class is OrderClass.CLOSED
    wrong = {
        "name": not 0 < len(name) <= MAX_NAME_CHARS or not name.isprintable(),
        "class": before is not None and before.status_class is not draft.status_class,
        "result": is_closing is (draft.result is OrderResult.RUNNING)
        or (before is not None and before.result is not draft.result),
        "term": draft.term_h is not None and not 0 < draft.term_h <= MAX_TERM_H,
        "active": not draft.is_active and before is not None and before.is_fixed,
    }
    if fields := {field: "not usable" for field, is_wrong in wrong.items() if is_wrong}:
        raise Invalid("status-invalid", fields=fields)
    if any(one.name.casefold() == name.casefold() and one.code != draft.code for one in book.stages):
        raise Conflict("status-exists", fields={"name": "is there already"})
    if before is None and len(book.stages) >= MAX_STAGES:
        raise Invalid("status-too-many", fields={"name": f"at most {MAX_STAGES}"})


def _fresh_code(book: StatusBook) -> str:
    numbers = [int(rest) for one in book.stages if (rest := one.code.removeprefix(_OWN)).isdigit()]
    return f"{_OWN}{max(numbers, default=0) + 1}"


def _stage(row: OrderStatusRow) -> Stage:
    return Stage(
        code=row.code,
        name=row.name,
        status_class=OrderClass(row.status_class),
        result=OrderResult(row.result),
        position=row.position,
        term_h=row.term_h,
        is_active=row.is_active,
    )
