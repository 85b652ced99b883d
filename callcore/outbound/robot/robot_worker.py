"""The robot at work: new orders get their row, due ones are called, ended calls are settled.

Of any number of workers one calls: a row goes from waiting to calling by one guarded UPDATE, in the transaction that writes
the attempt; the attempt itself is sent by a machine once and never again.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Select, and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.attempt_tables import AttemptRow
from callcore.calls.attempts import AttemptKind, AttemptState, NewAttempt
from callcore.calls.dial import begin_attempt
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import Conflict
from callcore.kernel.logs import get_logger
from callcore.network.access_tables import SettingRow
from callcore.orders.tables import OrderRow
from callcore.outbound.robot.enrol import enrol, has_new, unknown_orders
from callcore.outbound.robot.model import (
    BUSY_WAIT,
    NO_SOUND_WAIT,
    SOUND_WAIT,
    RobotResult,
    RobotState,
    allowed_from,
)
from callcore.outbound.robot.plan_call import PlannedCall, plan_call
from callcore.outbound.robot.ports import Dials, Speaker
from callcore.outbound.robot.results import finish, keys_of, settle_try
from callcore.outbound.robot.settings import KEY, RobotSettings, read_robot_settings
from callcore.outbound.robot.speech import said_text
from callcore.outbound.tables import RobotCallRow
from dialplans.contract import ROBOT_KEYS, ROBOT_SAY

_log = get_logger(__name__)
AT_ONCE: Final = 20
CATCH_UP: Final = timedelta(hours=24)  # orders that came while nobody looked
FRESH: Final = timedelta(minutes=2)
LEASE: Final = timedelta(hours=4)  # a try without an attempt, or with one that nobody closes
RECORD_WAIT: Final = timedelta(seconds=12)  # the PBX's own record is read a little later than its events


class RobotWorker:
    """`usual_cli` is the trunk's own number, E.164 or empty."""

    def __init__(
        self, database: Database, clock: Clock, dialler: Dials, speaker: Speaker, usual_cli: str
    ) -> None:
        self._usual_cli = usual_cli
        self._database = database
        self._clock = clock
        self._dialler = dialler
        self._speaker = speaker
        self._looked_at: datetime | None = None

    async def step(self) -> int:
        """Everything that is due now; how many calls were begun."""
        now = self._clock.now()
        settings = await self._database.read(read_robot_settings)
        since = self._since(settings, now)
        is_due, is_new = await self._database.read(
            lambda connection: (
                _has_due(connection, now),
                since is not None and has_new(connection, settings, since),
            )
        )
        if is_new and since is not None:
            await self._enrol(settings, since, now)
        if is_due or is_new:
            await self._settle(settings, now)
            return await self._call(settings, now) if settings.is_on else 0
        return 0

    # --- new orders ---------------------------------------------------------------------------------------------

    def _since(self, settings: RobotSettings, now: datetime) -> datetime | None:
        """How far back is looked: a day at first, then a little before the last look, for an order may be committed late."""
        on_since, looked_at = settings.on_since, self._looked_at
        self._looked_at = now if on_since is not None else None
        if on_since is None:
            return None
        return max(on_since, now - CATCH_UP if looked_at is None else looked_at - FRESH)

    async def _enrol(self, settings: RobotSettings, since: datetime, now: datetime) -> None:
        async with self._database.transaction() as session:
            orders = (
                await session.scalars(select(OrderRow).where(*unknown_orders(settings, since)).limit(200))
            ).all()
            for order in orders:
                await enrol(session, order, settings, now=now)

    # --- ended calls --------------------------------------------------------------------------------------------

    async def _settle(self, settings: RobotSettings, now: datetime) -> None:
        async with self._database.session() as session:
            found = (await session.execute(_ended(now))).all()
            ready = [
                (row.id, row.call_id)
                for row in found
                if row.ended_at is None
                or now - row.ended_at >= RECORD_WAIT
                or await keys_of(session, row.call_id)
            ]
        for row_id, call_id in ready:
            async with self._database.transaction() as session:
                await settle_try(session, row_id, call_id, settings, now=now)

    # --- calls --------------------------------------------------------------------------------------------------

    async def _call(self, settings: RobotSettings, now: datetime) -> int:
        begun = 0
        async with self._database.session() as session:
            rows = list(await session.scalars(_due(now)))
            in_use = len((await session.scalars(_calling())).all())
        for row in rows[: max(0, settings.max_at_once - in_use)]:
            begun += await self._call_one(row, settings, now)
        return begun

    async def _call_one(self, row: RobotCallRow, settings: RobotSettings, now: datetime) -> bool:
        async with self._database.session() as session:
            plan = await plan_call(session, row, settings, self._usual_cli, now)
        if isinstance(plan, RobotResult):
            await self._give_up(row, plan, now)
            return False
        wait, sound = await self._hindrance(plan, settings, now)
        if sound is None:
            await self._put_off(row, wait, now)
            return False
        try:
            call_id = await self._begin(row, plan, sound, settings.max_at_once, now)
        except Conflict:  # somebody calls about this order at this moment
            await self._put_off(row, now + BUSY_WAIT, now)
            return False
        if call_id is None:
            return False
        await self._dialler.dial(call_id)
        return True

    async def _hindrance(
        self, plan: PlannedCall, settings: RobotSettings, now: datetime
    ) -> tuple[datetime, str | None]:
        """When to look again, and the sound when nothing stands in the way."""
        if (opens := allowed_from(now, plan.tz, settings)) > now:
            return opens, None
        if plan.is_busy:
            return now + BUSY_WAIT, None
        if not plan.cli:
            _log.warning("the robot has no number of its own to call from")
            return now + NO_SOUND_WAIT, None
        sound = await self._speaker.ready(plan.parts)
        return now + (SOUND_WAIT if self._speaker.has_voice() else NO_SOUND_WAIT), sound

    async def _begin(
        self, row: RobotCallRow, plan: PlannedCall, sound: str, at_once: int, now: datetime
    ) -> str | None:
        """None when another worker was quicker, or has taken the last line. Raises Conflict("call-in-progress"); nothing is
        written then."""
        async with self._database.transaction() as session:
            await _one_at_a_time(session)
            if len((await session.scalars(_calling())).all()) >= at_once:
                return None
            taken = await session.scalar(
                update(RobotCallRow)
                .where(
                    RobotCallRow.id == row.id,
                    RobotCallRow.state == RobotState.WAITING.value,
                    RobotCallRow.attempts == row.attempts,
                    RobotCallRow.due_at <= now,
                )
                .values(state=RobotState.CALLING.value, attempts=row.attempts + 1, lease_until=now + LEASE)
                .returning(RobotCallRow.id)
                .execution_options(synchronize_session=False)
            )
            if taken is None:
                return None
            attempt = await begin_attempt(session, _attempt(row, plan, sound), now=now)
            said = {**row.data, "said": said_text(plan.parts)}
            await session.execute(
                update(RobotCallRow)
                .where(RobotCallRow.id == row.id)
                .values(call_id=attempt.call_id, data=said)
            )
        return attempt.call_id

    async def _put_off(self, row: RobotCallRow, until: datetime, now: datetime) -> None:
        async with self._database.transaction() as session:
            await session.execute(
                update(RobotCallRow)
                .where(RobotCallRow.id == row.id, RobotCallRow.state == RobotState.WAITING.value)
                .where(RobotCallRow.due_at <= now)
                .values(due_at=until)
            )

    async def _give_up(self, row: RobotCallRow, result: RobotResult, now: datetime) -> None:
        async with self._database.transaction() as session:
            fresh = await session.get(RobotCallRow, row.id, with_for_update=True)
            if fresh is not None and fresh.state == RobotState.WAITING:
                await finish(session, fresh, result, now)


async def _one_at_a_time(session: AsyncSession) -> None:
    """A write that changes nothing: it holds the row of the settings on PostgreSQL and the file on SQLite, so that lines in
    use are counted by one worker after another."""
    await session.execute(
        update(SettingRow)
        .where(SettingRow.key == KEY)
        .values(version=SettingRow.version)
        .execution_options(synchronize_session=False)
    )


def _attempt(row: RobotCallRow, plan: PlannedCall, sound: str) -> NewAttempt:
    """A try that was never sent is another attempt with a number of its own: the key counts what was written."""
    return NewAttempt(
        kind=AttemptKind.ROBOT,
        key=f"robot:{row.id}:{len(row.data.get('tries', ())) + 1}",
        open_key=f"number:{plan.number}",  # nobody else rings the customer meanwhile
        number=plan.number,
        cli=plan.cli,
        variables={ROBOT_SAY: sound, ROBOT_KEYS: "-".join(plan.phone_keys)},
        customer_id=plan.customer_id,
        order_id=plan.order_id,
        owner_id=row.id,
    )


def _has_due(connection: Connection, now: datetime) -> bool:
    """Any call under way may have ended."""
    is_due = and_(RobotCallRow.state == RobotState.WAITING.value, RobotCallRow.due_at <= now)
    is_calling = RobotCallRow.state == RobotState.CALLING.value
    return (
        connection.execute(select(RobotCallRow.id).where(or_(is_due, is_calling)).limit(1)).first()
        is not None
    )


def _due(now: datetime) -> Select[RobotCallRow]:
    return (
        select(RobotCallRow)
        .where(RobotCallRow.state == RobotState.WAITING.value, RobotCallRow.due_at <= now)
        .order_by(RobotCallRow.due_at, RobotCallRow.id)
        .limit(AT_ONCE)
    )


def _calling() -> Select[int]:
    return select(RobotCallRow.id).where(RobotCallRow.state == RobotState.CALLING.value)


def _ended(now: datetime) -> Select[int, str, datetime | None]:
    """Tries whose attempt has ended; and such as nobody will ever close."""
    return (
        select(RobotCallRow.id, RobotCallRow.call_id, AttemptRow.ended_at)
        .outerjoin(AttemptRow, AttemptRow.call_id == RobotCallRow.call_id)
        .where(
            RobotCallRow.state == RobotState.CALLING.value,
            or_(AttemptRow.state == AttemptState.ENDED.value, RobotCallRow.lease_until < now),
        )
        .order_by(RobotCallRow.id)
        .limit(AT_ONCE)
    )
