"""Everything that a person does with one order, each in a transaction of its own."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.network.model import PhonePolicy, Viewer
from callcore.orders.change_status import change_status, postpone
from callcore.orders.close_order import Closing, close_order
from callcore.orders.comment_order import comment_order
from callcore.orders.contact import vouch_for_contact
from callcore.orders.delete_order import delete_order
from callcore.orders.edit_lines import edit_lines
from callcore.orders.edit_order import Place, change_deadline, change_manager, change_place, set_reward
from callcore.orders.line_changes import LineDraft
from callcore.orders.phone_policy import set_phone_policy
from callcore.orders.promo import apply_promo, remove_promo
from callcore.orders.reopen_order import reopen_order
from callcore.orders.show_call import show_call


class OrderWork:
    """Each method raises what its use case says."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    @asynccontextmanager
    async def _step(self) -> AsyncIterator[tuple[AsyncSession, datetime]]:
        async with self._database.transaction() as session:
            yield session, self._clock.now()

    async def comment(self, viewer: Viewer, number: int, text: str, *, is_public: bool) -> None:
        async with self._step() as (session, now):
            await comment_order(session, viewer, number, text, now=now, is_public=is_public)

    async def change_status(self, viewer: Viewer, number: int, code: str, *, seen: str) -> None:
        async with self._step() as (session, now):
            await change_status(session, viewer, number, code, seen=seen, now=now)

    async def postpone(self, viewer: Viewer, number: int, until: date, reason: str) -> None:
        async with self._step() as (session, now):
            await postpone(session, viewer, number, until, reason, now=now)

    async def close(self, viewer: Viewer, number: int, closing: Closing) -> None:
        async with self._step() as (session, now):
            await close_order(session, viewer, number, closing, now=now)

    async def reopen(self, viewer: Viewer, number: int, reason: str) -> None:
        async with self._step() as (session, now):
            await reopen_order(session, viewer, number, reason, now=now)

    async def vouch(self, viewer: Viewer, number: int, reason: str) -> None:
        async with self._step() as (session, now):
            await vouch_for_contact(session, viewer, number, reason, now=now)

    async def delete(self, viewer: Viewer, number: int, reason: str) -> None:
        async with self._step() as (session, now):
            await delete_order(session, viewer, number, reason, now=now)

    async def edit_lines(
        self, viewer: Viewer, number: int, drafts: Sequence[LineDraft], *, shown: int
    ) -> bool:
        async with self._step() as (session, now):
            return await edit_lines(session, viewer, number, drafts, shown=shown, now=now)

    async def apply_promo(self, viewer: Viewer, number: int, code: str) -> bool:
        async with self._step() as (session, now):
            return await apply_promo(session, viewer, number, code, now=now)

    async def remove_promo(self, viewer: Viewer, number: int) -> bool:
        async with self._step() as (session, now):
            return await remove_promo(session, viewer, number, now=now)

    async def change_deadline(self, viewer: Viewer, number: int, day: date, *, shown: int) -> bool:
        async with self._step() as (session, now):
            return await change_deadline(session, viewer, number, day, shown=shown, now=now)

    async def change_place(self, viewer: Viewer, number: int, place: Place, *, shown: int) -> bool:
        async with self._step() as (session, now):
            return await change_place(session, viewer, number, place, shown=shown, now=now)

    async def change_manager(self, viewer: Viewer, number: int, user_id: int | None, *, shown: int) -> bool:
        async with self._step() as (session, now):
            return await change_manager(session, viewer, number, user_id, shown=shown, now=now)

    async def set_reward(self, viewer: Viewer, number: int, points: int | None) -> bool:
        async with self._step() as (session, now):
            return await set_reward(session, viewer, number, points, now=now)

    async def set_phone_policy(self, viewer: Viewer, number: int, policy: PhonePolicy | None) -> bool:
        async with self._step() as (session, now):
            return await set_phone_policy(session, viewer, number, policy, now=now)

    async def show_call(self, viewer: Viewer, number: int, call_id: str, *, is_public: bool) -> bool:
        async with self._step() as (session, now):
            return await show_call(session, viewer, number, call_id, is_public=is_public, now=now)
