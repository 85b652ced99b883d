"""Many orders at one press: each in its own transaction, so that one refusal leaves the others done; taken back alike."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from callcore.distribution.assign_order import assign_order
from callcore.distribution.release_order import Return, give_back
from callcore.distribution.rights import check_distributor, lock_order
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import Conflict, DealerlineError
from callcore.network.model import Viewer
from callcore.orders.bulk import (
    BulkKind,
    BulkResult,
    Changed,
    Done,
    Refused,
    check_chosen,
    dealer_of,
    done_before,
    note_bulk,
    status_now,
)
from callcore.orders.change_manager import change_manager
from callcore.orders.change_status import change_status
from callcore.orders.settings import order_settings

UNDONE: Final = "Передача отменена"
Step = Callable[[AsyncSession, int], Awaitable[int | str | None]]


class OrderBulk:
    """Names follow the services of the list."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def assign(self, viewer: Viewer, numbers: Sequence[int], org_id: int) -> BulkResult:
        async def step(session: AsyncSession, number: int) -> int | None:
            before = await dealer_of(session, viewer, number, self._clock.now())
            if before == org_id:
                raise Conflict("already-theirs")
            _ = await assign_order(session, viewer, number, org_id, now=self._clock.now())
            return before

        return await self._each(viewer, check_chosen(numbers), step, BulkKind.ASSIGN, org_id)

    async def lead(self, viewer: Viewer, numbers: Sequence[int], manager_id: int) -> BulkResult:
        async def step(session: AsyncSession, number: int) -> int | None:
            return await change_manager(session, viewer, number, manager_id, now=self._clock.now())

        return await self._each(viewer, check_chosen(numbers), step, BulkKind.MANAGER, manager_id)

    async def move(self, viewer: Viewer, numbers: Sequence[int], status: str) -> BulkResult:
        """To another stage; closing is for each alone, with its reason or its sum."""

        async def step(session: AsyncSession, number: int) -> str:
            now = self._clock.now()
            before = await status_now(session, viewer, number, now)
            if before == status:
                raise Conflict("already-there")
            await change_status(session, viewer, number, status, seen=before, now=now)
            return before

        return await self._each(viewer, check_chosen(numbers), step, BulkKind.STATUS, status)

    async def undo(self, viewer: Viewer, undo_id: int) -> BulkResult:
        """Raises NotFound. What somebody has changed since stays as it is and is told."""
        async with self._database.session() as session:
            done = await done_before(session, viewer, undo_id, now=self._clock.now())
        back = {
            BulkKind.ASSIGN: self._take_back,
            BulkKind.MANAGER: self._lead_back,
            BulkKind.STATUS: self._move_back,
        }[done.kind]
        was = {one.number: one.before for one in done.changed}

        async def step(session: AsyncSession, number: int) -> int | str | None:
            return await back(session, viewer, number, was[number], done.target)

        return await self._each(viewer, tuple(was), step)

    async def _lead_back(
        self, session: AsyncSession, viewer: Viewer, number: int, before: Any, given_to: Any
    ) -> int | None:
        return await change_manager(session, viewer, number, before, now=self._clock.now(), expected=given_to)

    async def _move_back(
        self, session: AsyncSession, viewer: Viewer, number: int, before: Any, moved_to: Any
    ) -> str:
        await change_status(session, viewer, number, before, seen=moved_to, now=self._clock.now())
        return str(moved_to)

    async def _take_back(
        self, session: AsyncSession, viewer: Viewer, number: int, before: Any, given_to: Any
    ) -> int:
        if await dealer_of(session, viewer, number, self._clock.now()) != given_to:
            raise Conflict("org-changed")
        if before is not None:
            _ = await assign_order(session, viewer, number, before, now=self._clock.now())
            return int(given_to)
        settings = await order_settings(session)
        check_distributor(viewer, settings)
        back = Return(UNDONE, actor_id=viewer.user_id, is_his_will=False)
        order = await lock_order(session, number)
        return await give_back(session, order, back, settings, now=self._clock.now())

    async def _each(
        self,
        viewer: Viewer,
        numbers: Sequence[int],
        step: Step,
        kind: BulkKind | None = None,
        target: int | str = 0,
    ) -> BulkResult:
        """`kind`: what is noted so that it can be taken back."""
        changed: list[Changed] = []
        refused: list[Refused] = []
        for number in numbers:
            try:
                async with self._database.transaction() as session:
                    changed.append(Changed(number, await step(session, number)))
            except DealerlineError as error:
                refused.append(Refused(number, error.code))
        undo_id = 0
        if kind is not None and changed:
            async with self._database.transaction() as session:
                done = Done(kind, target, tuple(changed))
                undo_id = await note_bulk(session, viewer, done, now=self._clock.now())
        return BulkResult(tuple(changed), tuple(refused), undo_id)
