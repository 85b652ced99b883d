"""Keeps the ledgers: each call soon after its end, what was missed after a start, the nightly check of points."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from callcore.calls.charge_ledger import calls_to_charge, charge_call, charge_no_callback, with_policy
from callcore.calls.charge_rules import Decided
from callcore.calls.events import CallEnded
from callcore.kernel.bus import Bus, Event
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import DatabaseUnavailable
from callcore.kernel.logs import get_logger
from callcore.kernel.tasks import TaskOwner
from callcore.network.check_points import check_points
from callcore.routing.given import quota_org
from callcore.routing.model import StepStage
from callcore.routing.stored import from_json

PAUSE_S: Final = 15.0
GATHER_S: Final = 1.0  # calls that end together are entered together
AT_ONCE: Final = 50
SWEEP_EVERY: Final = timedelta(hours=1)
CALL_BACKS_EVERY: Final = timedelta(minutes=30)
CHECK_EVERY: Final = timedelta(days=1)
MAX_WAITING: Final = 10_000  # the sweep finds what did not fit
_log = get_logger(__name__)


def read_decision(stored: dict[str, Any]) -> Decided | None:
    """None for a decision of a version that cannot be read: such a call costs nothing."""
    try:
        decision = from_json(stored)
    except ValueError:
        return None
    why = decision.explanation
    steps = enumerate(decision.plan.steps, start=1)
    return Decided(
        policy_id=why.policy_id,
        policy_version=why.policy_version,
        at=why.at,
        counts=why.counts_for_quotas,
        quota_org=quota_org(decision),
        quota_steps=frozenset(number for number, step in steps if step.stage is StepStage.QUOTA),
    )


class ChargeKeeper:
    """One worker. A call that was told is entered at once; the sweep goes over the last days again, which costs nothing
    for what was entered."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._waiting: set[str] = set()
        self._told = asyncio.Event()
        self._swept_at: datetime | None = None
        self._called_back_at: datetime | None = None
        self._checked_at: datetime | None = None

    def start(self, bus: Bus, tasks: TaskOwner) -> None:
        _ = bus.subscribe(self._on_event)
        _ = tasks.spawn("charges", self._run())

    def _on_event(self, event: Event) -> None:
        if isinstance(event, CallEnded) and len(self._waiting) < MAX_WAITING:
            self._waiting.add(event.call_id)
            self._told.set()

    async def _run(self) -> None:
        while True:
            try:
                await self.work()
            except DatabaseUnavailable as error:
                _log.warning("ledgers not written, trying again", error=str(error))
            except Exception:  # noqa: BLE001 - a border: the worker must outlive any failure of a pass
                _log.exception("ledgers not written")
            try:
                async with asyncio.timeout(PAUSE_S):
                    await self._told.wait()
                await asyncio.sleep(GATHER_S)
            except TimeoutError:
                continue

    async def work(self) -> None:
        """One pass: what was told, then whatever is due."""
        self._told.clear()
        while self._waiting:
            some = tuple(self._waiting)[:AT_ONCE]
            await self._charge(some)
            self._waiting.difference_update(some)
        now = self._clock.now()
        if _is_due(self._swept_at, SWEEP_EVERY, now):
            await self.sweep(now)
            self._swept_at = now
        if _is_due(self._called_back_at, CALL_BACKS_EVERY, now):
            await self.sweep_call_backs(now)
            self._called_back_at = now
        if _is_due(self._checked_at, CHECK_EVERY, now):
            _ = await check_points(self._database, self._clock)
            self._checked_at = now

    async def sweep(self, now: datetime) -> None:
        """Calls that ended while nobody listened, in portions."""
        after = 0
        while True:
            async with self._database.session() as session:
                found = await calls_to_charge(session, now, after=after)
            if not found:
                break
            await self._charge([call_id for _, call_id in found])
            after = found[-1][0]

    async def sweep_call_backs(self, now: datetime) -> None:
        """Calls that nobody returned, in portions."""
        after, is_begun = 0, False
        while after or not is_begun:
            is_begun = True
            async with self._database.transaction() as session:
                after, _ = await charge_no_callback(session, now, read_decision, after=after)

    async def _charge(self, call_ids: Sequence[str]) -> None:
        """Together; one by one when that fails, so that what one call's data breaks only that call pays for."""
        try:
            await self._enter(call_ids)
        except DatabaseUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - a border: see the docstring
            _log.warning("calls not entered together, entering one by one", error=type(error).__name__)
            for call_id in call_ids:
                await self._charge_stubborn(call_id)

    async def _charge_stubborn(self, call_id: str) -> None:
        try:
            await self._enter((call_id,))
        except DatabaseUnavailable:
            raise
        except Exception:  # noqa: BLE001 - the next sweep looks at it again
            _log.exception("call not entered into the ledgers", call_id=call_id)

    async def _enter(self, call_ids: Sequence[str]) -> None:
        priced = await self._database.read(lambda connection: with_policy(connection, call_ids))
        if not priced:
            return
        async with self._database.transaction() as session:
            for call_id in priced:
                _ = await charge_call(session, call_id, read_decision)


def _is_due(last: datetime | None, pause: timedelta, now: datetime) -> bool:
    return last is None or now - last >= pause
