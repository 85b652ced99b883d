"""Use cases of people: a callback is called at once, taken, told to another, put off, closed with a reason. Each is one guarded UPDATE, so that of
two people who press at once one learns that he was late; each leaves an audit row."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.events import TaskChanged
from callcore.calls.rights import scope_of
from callcore.calls.settings import CallSettings, call_settings
from callcore.calls.task_model import MAX_COMMENT_CHARS, CloseReason
from callcore.calls.task_tables import TaskRow
from callcore.calls.tasks import audience_of_org
from callcore.kernel import audit
from callcore.kernel.bus import Bus
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import Conflict, Invalid, NotAllowedNow, NotFound
from callcore.network.model import Viewer
from callcore.network.outlets import check_not_suspended
from callcore.network.tables import PhoneRow
from callcore.orders.model import OrderEventKind
from callcore.orders.timeline import add_event
from callcore.outbound.callbacks.assignees import Assignee, assignee, owner_of
from callcore.outbound.callbacks.callback_queries import reaches
from callcore.outbound.callbacks.events import CallbackChanged
from callcore.outbound.callbacks.model import CallbackState, allowed_from, hours_of
from callcore.outbound.tables import CallbackRow

LONGEST_DELAY: Final = timedelta(days=14)
MIN_REASON: Final = 3
_AT_REST: Final = (CallbackState.WAITING.value, CallbackState.UNREACHED.value)


class WorkCallbacks:
    """All raise NotFound for a request of which the person may not know, Conflict("callback-changed") when somebody (or the
    worker) was quicker."""

    def __init__(self, database: Database, clock: Clock, bus: Bus) -> None:
        self._database = database
        self._clock = clock
        self._bus = bus

    async def call_now(self, viewer: Viewer, callback_id: int, *, seen_tries: int) -> None:
        """Due at once, whatever has been tried; on the phone of who pressed when he has one. `seen_tries` of the page that
        was pressed: a page that does not know of the last call makes none. Raises NotAllowedNow("customer-sleeps")."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            row = await _row(session, viewer, callback_id)
            await check_not_suspended(session, viewer)
            check_hour(row.tz, await call_settings(session), now)
            has_phone = await session.scalar(
                select(PhoneRow.id).where(PhoneRow.is_active, PhoneRow.user_id == viewer.user_id).limit(1)
            )
            values: dict[str, Any] = {"state": CallbackState.WAITING.value, "due_at": now, "is_soon": True}
            # A person's own wish begins the tries anew, as a new click of the customer does.
            values |= {"reason": "", "refreshed_at": now}
            if has_phone is not None:
                values["user_id"] = viewer.user_id
            is_seen = CallbackRow.attempts == seen_tries
            await _change(session, viewer, row, "callback:called", now, [is_seen], **values)
            fact = await _fact(session, row, now, row.org_id)
        self._bus.publish(fact)

    async def take(self, viewer: Viewer, callback_id: int, *, seen_owner: str) -> None:
        """`seen_owner`: whose it was on the page, as owner_of says."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            row = await _row(session, viewer, callback_id)
            is_his = _is_still(row, seen_owner)
            await _change(session, viewer, row, "callback:taken", now, is_his, user_id=viewer.user_id)
            await _task(session, row, user_id=viewer.user_id)
            facts = await _facts(session, row, now, row.org_id)
        self._publish(facts)

    async def assign(
        self, viewer: Viewer, callback_id: int, to: str, reason: str, *, seen_owner: str
    ) -> Assignee:
        """`to` is the value of an Assignee. The order stays whose it is. Raises Invalid (fields to, reason)."""
        now, why = self._clock.now(), " ".join(reason.split())
        if not MIN_REASON <= len(why) <= MAX_COMMENT_CHARS:
            raise Invalid(
                "fields-wrong", fields={"reason": f"{MIN_REASON} to {MAX_COMMENT_CHARS} characters"}
            )
        async with self._database.transaction() as session:
            row = await _row(session, viewer, callback_id)
            new, before = await assignee(session, await scope_of(session, viewer), to), row.org_id
            if new.value == seen_owner:
                raise Invalid("fields-wrong", fields={"to": "it is theirs already"})
            whose = {"user_id": new.user_id, "outlet_id": new.outlet_id, "org_id": new.org_id}
            told = {"from": seen_owner, "to": new.value, "reason": why}
            is_his = _is_still(row, seen_owner)
            await _change(
                session, viewer, row, "callback:assigned", now, is_his, told, assigned_at=now, **whose
            )
            await _task(session, row, user_id=new.user_id, org_id=new.org_id)
            await _note_assigning(session, viewer, row, new, why, now)
            facts = [*await _facts(session, row, now, before), *await _facts(session, row, now, new.org_id)]
        self._publish(facts)
        return new

    async def postpone(self, viewer: Viewer, callback_id: int, until: datetime) -> None:
        """Raises Invalid (field until)."""
        now = self._clock.now()
        if not now < until <= now + LONGEST_DELAY:
            raise Invalid("until-out-of-range", fields={"until": "a moment of the coming two weeks"})
        async with self._database.transaction() as session:
            row = await _row(session, viewer, callback_id)
            due_at = allowed_from(until, row.tz, await call_settings(session))
            values: dict[str, Any] = {"state": CallbackState.WAITING.value, "reason": ""}
            values |= {"due_at": due_at, "is_soon": False}
            await _change(session, viewer, row, "callback:postponed", now, refreshed_at=now, **values)
            await _task(session, row, due_at=due_at)
            facts = await _facts(session, row, now, row.org_id)
        self._publish(facts)

    async def close(self, viewer: Viewer, callback_id: int, reason: CloseReason, comment: str = "") -> None:
        """With its task. Raises Invalid (field comment)."""
        if len(comment) > MAX_COMMENT_CHARS:
            raise Invalid("comment-too-long", fields={"comment": f"at most {MAX_COMMENT_CHARS} characters"})
        now = self._clock.now()
        async with self._database.transaction() as session:
            row = await _row(session, viewer, callback_id)
            ended: dict[str, Any] = {"closed_at": now, "closed_by": viewer.user_id}
            values: dict[str, Any] = {"state": CallbackState.CLOSED.value, "reason": reason.value, **ended}
            told = {"reason": reason.value}
            await _change(
                session,
                viewer,
                row,
                "callback:closed",
                now,
                told=told,
                open_key=None,
                lease_until=None,
                **values,
            )
            await _task(session, row, close_reason=reason.value, **ended)
            await _note_closing(session, viewer, row, reason, comment, now)
            facts = await _facts(session, row, now, row.org_id)
        self._publish(facts)

    def _publish(self, facts: Sequence[CallbackChanged | TaskChanged]) -> None:
        for fact in facts:
            self._bus.publish(fact)


def check_hour(tz: str, settings: CallSettings, now: datetime) -> None:
    """Raises NotAllowedNow("customer-sleeps") with what a page may quote."""
    if allowed_from(now, tz, settings) > now:
        since, until = hours_of(settings)
        raise NotAllowedNow(
            "customer-sleeps",
            there=f"{now.astimezone(ZoneInfo(tz)):%H:%M}",
            since=f"{since // 60:02}:{since % 60:02}",
            until=f"{until // 60:02}:{until % 60:02}",
        )


async def _row(session: AsyncSession, viewer: Viewer, callback_id: int) -> CallbackRow:
    scope = await scope_of(session, viewer)
    row = await session.scalar(select(CallbackRow).where(CallbackRow.id == callback_id, reaches(scope)))
    if row is None:
        raise NotFound("callback-not-found")
    return row


def _is_still(row: CallbackRow, seen_owner: str) -> list[ColumnElement[bool]]:
    """Conditions on CallbackRow: nobody has taken it or told it to another since. Raises Conflict."""
    if owner_of(row) != seen_owner:
        raise Conflict("callback-changed")
    return [
        CallbackRow.user_id.is_not_distinct_from(row.user_id),
        CallbackRow.outlet_id.is_not_distinct_from(row.outlet_id),
        CallbackRow.org_id.is_not_distinct_from(row.org_id),
    ]


async def _change(
    session: AsyncSession,
    viewer: Viewer,
    row: CallbackRow,
    action: str,
    now: datetime,
    conditions: Sequence[ColumnElement[bool]] = (),
    told: dict[str, str] | None = None,
    **values: Any,
) -> None:
    changed = await session.scalar(
        update(CallbackRow)
        .where(CallbackRow.id == row.id, CallbackRow.state.in_(_AT_REST), *conditions)
        .values(**values)
        .returning(CallbackRow.id)
        .execution_options(synchronize_session=False)
    )
    if changed is None:
        raise Conflict("callback-changed")
    audit.record(
        session,
        at=now,
        actor_id=viewer.user_id,
        action=action,
        entity="callback",
        entity_id=row.id,
        **(told or {}),
    )


async def _note_closing(
    session: AsyncSession, viewer: Viewer, row: CallbackRow, reason: CloseReason, comment: str, now: datetime
) -> None:
    if row.order_id is None:
        return
    lines: list[tuple[OrderEventKind, dict[str, Any]]] = [
        (OrderEventKind.CALLBACK, {"field": "closed", "text": reason.value, "callback_id": row.id})
    ]
    if comment:
        lines.append((OrderEventKind.COMMENT, {"text": comment, "is_public": False}))
    for kind, data in lines:
        await add_event(session, row.order_id, kind, at=now, actor_id=int(viewer.user_id), data=data)


async def _note_assigning(
    session: AsyncSession, viewer: Viewer, row: CallbackRow, to: Assignee, reason: str, now: datetime
) -> None:
    if row.order_id is not None:
        said = {"field": "assigned", "text": f"{to.name}: {reason}", "callback_id": row.id}
        kind, actor_id = OrderEventKind.CALLBACK, int(viewer.user_id)
        await add_event(session, row.order_id, kind, at=now, actor_id=actor_id, data=said)


async def _task(session: AsyncSession, row: CallbackRow, **values: Any) -> None:
    if row.task_id is not None:
        await session.execute(
            update(TaskRow)
            .where(TaskRow.id == row.task_id, TaskRow.closed_at.is_(None))
            .values(**values)
            .execution_options(synchronize_session=False)
        )


async def _fact(
    session: AsyncSession, row: CallbackRow, now: datetime, org_id: int | None
) -> CallbackChanged:
    audience = await audience_of_org(session, org_id)
    return CallbackChanged(at=now, audience=audience, callback_id=row.id)


async def _facts(
    session: AsyncSession, row: CallbackRow, now: datetime, org_id: int | None
) -> tuple[CallbackChanged | TaskChanged, ...]:
    """For the dealer `org_id` with all above him, and staff."""
    fact = await _fact(session, row, now, org_id)
    if row.task_id is None:
        return (fact,)
    return fact, TaskChanged(at=now, audience=fact.audience, task_id=row.task_id)
