"""The worker of callbacks. Of any number of workers one calls: a row goes from waiting to calling by one guarded UPDATE, in
the transaction that writes the attempt; the attempt itself is sent by a machine once and never again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from sqlalchemy import Connection, Select, and_, bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.attempt_tables import AttemptRow
from callcore.calls.attempts import AttemptKind, AttemptState, NewAttempt
from callcore.calls.dial import begin_attempt
from callcore.calls.settings import CallSettings, call_settings
from callcore.calls.tasks import audience_of_org
from callcore.kernel.bus import Bus
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import Conflict
from callcore.outbound.callbacks.events import CallbackChanged
from callcore.outbound.callbacks.model import (
    BUSY_WAIT,
    LIVES,
    OPEN,
    CallbackReason,
    CallbackSource,
    CallbackState,
)
from callcore.outbound.callbacks.plan_callback import CallbackTools, PlannedCallback, Wait, plan_callback
from callcore.outbound.callbacks.settle_callback import (
    close_settled,
    give_up,
    settle_try,
    talked_since,
    task_closed,
)
from callcore.outbound.tables import CallbackRow
from dialplans.contract import HELD_AT_ONCE, MAX_WAIT_S, TICKET

AT_ONCE: Final = 20
_STATES: Final = tuple(state.value for state in OPEN)


class Dials(Protocol):
    async def dial(self, call_id: str) -> None: ...


class CallbackWorker:
    """`step` does everything that is due now and is asked every second or two."""

    def __init__(
        self, database: Database, clock: Clock, bus: Bus, dialler: Dials, tools: CallbackTools
    ) -> None:
        self._database = database
        self._clock = clock
        self._bus = bus
        self._dialler = dialler
        self._tools = tools

    async def step(self) -> int:
        """How many calls were begun."""
        now = self._clock.now()
        if not await self._database.read(lambda connection: has_work(connection, now)):
            return 0
        await self._settle(now)
        begun = await self._call(now)
        await self._hold_places(now)
        return begun

    # --- what has ended -----------------------------------------------------------------------------------------

    async def _settle(self, now: datetime) -> None:
        async with self._database.session() as session:
            settings = await call_settings(session)
            ended = (await session.execute(_ended(now))).all()
        changed: list[int] = []
        for row_id, attempts in ended:
            async with self._database.transaction() as session:
                if await settle_try(session, row_id, attempts, settings, self._tools, now=now):
                    changed.append(row_id)
        async with self._database.transaction() as session:
            changed += await close_settled(session, now=now)
        await self._tell(changed, now)

    # --- calls --------------------------------------------------------------------------------------------------

    async def _call(self, now: datetime) -> int:
        """Oldest requests first: a place in the queue is the time of the request."""
        async with self._database.session() as session:
            settings = await call_settings(session)
            rows = list(await session.scalars(_due(now)))
        begun = 0
        for row in rows:
            begun += await self._call_one(row, settings, now)
        return begun

    async def _call_one(self, row: CallbackRow, settings: CallSettings, now: datetime) -> bool:
        async with self._database.session() as session:
            plan = await plan_callback(session, row, self._tools, settings, now)
        if isinstance(plan, CallbackReason):
            async with self._database.transaction() as session:
                await give_up(session, row.id, plan, now=now)
            await self._tell([row.id], now)
            return False
        if isinstance(plan, Wait):
            await self._put_off(row, plan.until)
            return False
        try:
            call_id = await self._begin(row, plan, settings, now)
        except Conflict:  # somebody calls this number at this moment
            await self._put_off(row, now + BUSY_WAIT)
            return False
        if call_id is None:
            return False
        await self._dialler.dial(call_id)
        await self._tell([row.id], now)
        return True

    async def _begin(
        self, row: CallbackRow, plan: PlannedCallback, settings: CallSettings, now: datetime
    ) -> str | None:
        """None when another worker was quicker. Raises Conflict("call-in-progress"); nothing is written then."""
        async with self._database.transaction() as session:
            taken = await session.scalar(
                update(CallbackRow)
                .where(
                    CallbackRow.id == row.id,
                    CallbackRow.state == CallbackState.WAITING.value,
                    CallbackRow.attempts == row.attempts,
                    CallbackRow.due_at <= now,
                    or_(CallbackRow.lease_until.is_(None), CallbackRow.lease_until < now),
                )
                .values(
                    state=CallbackState.CALLING.value,
                    attempts=row.attempts + 1,
                    lease_until=now + timedelta(seconds=settings.callback_lease_s),
                )
                .returning(CallbackRow.id)
                .execution_options(synchronize_session=False)
            )
            if taken is None:
                return None
            begun = await begin_attempt(session, _attempt(row, plan), now=now)
        return begun.call_id if begun.is_new else None

    async def _hold_places(self, now: datetime) -> None:
        """Of those from the queue who will be called as soon as a phone is free, and were not yet: the PBX believes a place
        only as long as it hears of it."""
        async with self._database.session() as session:
            places = list(await session.scalars(_places(now)))
        tickets = [place.partition(" ")[2] for place in places]
        for ticket in tickets:
            if ticket.isascii() and ticket.isdigit() and int(ticket) > 0:
                await self._tools.hold_place(int(ticket), self._clock.now())

    async def _put_off(self, row: CallbackRow, until: datetime) -> None:
        async with self._database.transaction() as session:
            await session.execute(
                update(CallbackRow)
                .where(CallbackRow.id == row.id, CallbackRow.state == CallbackState.WAITING.value)
                .where(CallbackRow.attempts == row.attempts, CallbackRow.due_at == row.due_at)
                .values(due_at=until)
            )

    async def _tell(self, ids: Sequence[int], now: datetime) -> None:
        if not ids:
            return
        async with self._database.session() as session:
            for row_id in dict.fromkeys(ids):
                self._bus.publish(await changed_fact(session, row_id, now))


async def changed_fact(session: AsyncSession, row_id: int, now: datetime) -> CallbackChanged:
    org_id = await session.scalar(select(CallbackRow.org_id).where(CallbackRow.id == row_id))
    return CallbackChanged(at=now, audience=await audience_of_org(session, org_id), callback_id=row_id)


def _attempt(row: CallbackRow, plan: PlannedCallback) -> NewAttempt:
    """Of a request from the queue `page` is the dialled number and, after a blank, the ticket."""
    ticket = row.page.partition(" ")[2] if row.source == CallbackSource.QUEUE else ""
    return NewAttempt(
        kind=AttemptKind.CALLBACK,
        key=f"callback:{row.id}:{row.attempts + 1}",
        open_key=f"number:{plan.number}",
        number=plan.number,
        cli=plan.cli,
        phone_keys=plan.phone_keys,
        whisper=plan.whisper,
        variables={TICKET: ticket} if ticket.isdigit() else {},
        org_id=row.org_id,
        customer_id=row.customer_id,
        order_id=row.order_id,
        task_id=row.task_id,
        owner_id=row.id,
    )


def _due(now: datetime) -> Select[CallbackRow]:
    return (
        select(CallbackRow)
        .where(CallbackRow.state == CallbackState.WAITING.value, CallbackRow.due_at <= now)
        .order_by(CallbackRow.made_at, CallbackRow.id)
        .limit(AT_ONCE)
    )


def _places(now: datetime) -> Select[str]:
    return (
        select(CallbackRow.page)
        .where(CallbackRow.state == CallbackState.WAITING.value, CallbackRow.attempts == 0)
        .where(CallbackRow.source == CallbackSource.QUEUE.value, CallbackRow.due_at <= now + BUSY_WAIT)
        .where(CallbackRow.made_at > now - timedelta(seconds=MAX_WAIT_S))
        .order_by(CallbackRow.made_at, CallbackRow.id)
        .limit(HELD_AT_ONCE)
    )


def _ended(now: datetime) -> Select[int, int]:
    """Calls whose attempt has ended; and leases that have run out, whatever became of the attempt."""
    return (
        select(CallbackRow.id, CallbackRow.attempts)
        .outerjoin(
            AttemptRow,
            and_(
                AttemptRow.kind == AttemptKind.CALLBACK.value,
                AttemptRow.owner_id == CallbackRow.id,
                AttemptRow.state != AttemptState.ENDED.value,
            ),
        )
        .where(
            CallbackRow.state == CallbackState.CALLING.value,
            or_(AttemptRow.id.is_(None), CallbackRow.lease_until < now),
        )
        .order_by(CallbackRow.id)
        .limit(AT_ONCE)
    )


# --- is there anything to do: one statement, asked all the time -----------------------------------------------------


def has_work(connection: Connection, now: datetime) -> bool:
    return connection.execute(_ANY, {"now": now, "oldest": now - LIVES}).first() is not None


_ANY: Final = (
    select(CallbackRow.id)
    .where(
        CallbackRow.state.in_(_STATES),
        or_(
            CallbackRow.state == CallbackState.CALLING.value,
            and_(CallbackRow.state == CallbackState.WAITING.value, CallbackRow.due_at <= bindparam("now")),
            CallbackRow.refreshed_at < bindparam("oldest"),
            talked_since(),
            task_closed(),
        ),
    )
    .limit(1)
)
