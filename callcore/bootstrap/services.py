"""Read services and use cases as the web wants them: each opens its own session; rights are checked inside."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from datetime import datetime, timedelta

from callcore.calls.card_queries import call_card, live_calls_for
from callcore.calls.note_play import PlayNotes
from callcore.calls.phone_reach import PhoneState
from callcore.calls.queries import journal, journal_choices
from callcore.calls.recording_queries import playable, recording_for
from callcore.calls.recording_views import CopyView, Playable
from callcore.calls.views import (
    CallCard,
    JournalChoices,
    JournalFilter,
    JournalPage,
    LiveCallView,
    RecordingView,
)
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.network.model import Role, Viewer
from callcore.network.queries import PhoneBrief, phones_by_id
from callcore.orders.card_queries import order_card
from callcore.orders.card_views import OrderCard
from callcore.orders.comment_order import comment_order
from callcore.orders.numbers import order_numbers
from callcore.orders.queries import list_orders
from callcore.orders.views import OrderCursor, OrderFilter, OrderPage
from callcore.orders.won import came_to_order
from recordings.store import Stores
from web.calls.services import CallServices
from web.desk.services import DeskServices

CHOICES_AGE = timedelta(seconds=10)
CHOICES_KEPT = 500


class Reader:
    """Names follow the services."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        stores: Stores,
        phone_states: Callable[[], Mapping[int, PhoneState]] = dict,
    ) -> None:
        self._phone_states = phone_states
        self._database = database
        self._clock = clock
        self._stores = stores
        self._choices: dict[tuple[Role, str], tuple[datetime, JournalChoices]] = {}

    def calls(self) -> CallServices:
        return CallServices(
            journal=self.journal,
            choices=self.choices,
            card=self.call_card,
            recording=self.recording,
            playable=self.playable,
            locate=lambda copy: self._stores.of(copy.store).path(copy.path),
            read=self.read_copy,
            order_numbers=self.order_numbers,
            note_play=PlayNotes(self._database, self._clock).note_play,
        )

    def desk(self) -> DeskServices:
        return DeskServices(
            live=self.live_calls,
            card=self.call_card,
            journal=self.journal,
            order_numbers=self.order_numbers,
            find_orders=self.find_orders,
            order=self.order_card,
            comment=self.comment,
            phones=self.phones,
            phone_states=self._phone_states,
        )

    async def live_calls(self, viewer: Viewer) -> tuple[LiveCallView, ...]:
        async with self._database.session() as session:
            return await live_calls_for(session, viewer)

    async def phones(self, ids: Collection[int]) -> tuple[PhoneBrief, ...]:
        async with self._database.session() as session:
            return await phones_by_id(session, ids)

    async def journal(
        self, viewer: Viewer, wanted: JournalFilter, *, after: str, before: str, limit: int
    ) -> JournalPage:
        async with self._database.session() as session:
            return await journal(
                session, viewer, wanted, after=after, before=before, limit=limit, won=came_to_order()
            )

    async def choices(self, viewer: Viewer) -> JournalChoices:
        """What filters offer: names of the network, which change rarely; ten seconds old at most."""
        key, now = (viewer.role, viewer.org_path), self._clock.now()
        kept = self._choices.get(key)
        if kept is None or now - kept[0] > CHOICES_AGE:
            async with self._database.session() as session:
                kept = now, await journal_choices(session, viewer)
            if len(self._choices) >= CHOICES_KEPT:
                self._choices.clear()
            self._choices[key] = kept
        return kept[1]

    async def call_card(self, viewer: Viewer, call_id: str) -> CallCard:
        async with self._database.session() as session:
            return await call_card(session, viewer, call_id)

    async def recording(self, viewer: Viewer, recording_id: int) -> RecordingView:
        async with self._database.session() as session:
            return await recording_for(session, viewer, recording_id)

    async def playable(self, viewer: Viewer, recording_id: int) -> Playable:
        async with self._database.session() as session:
            return await playable(session, viewer, recording_id)

    def read_copy(self, copy: CopyView, start: int, length: int) -> AsyncIterator[bytes]:
        return self._stores.of(copy.store).read(copy.path, start, length)

    async def order_numbers(self, viewer: Viewer, ids: Collection[int]) -> Mapping[int, int]:
        async with self._database.session() as session:
            return await order_numbers(session, viewer, ids)

    async def find_orders(
        self, viewer: Viewer, wanted: OrderFilter, *, after: OrderCursor | None, limit: int
    ) -> OrderPage:
        async with self._database.session() as session:
            return await list_orders(session, viewer, wanted, after=after, limit=limit, now=self._clock.now())

    async def order_card(self, viewer: Viewer, number: int) -> OrderCard:
        async with self._database.session() as session:
            return await order_card(session, viewer, number)

    async def comment(self, viewer: Viewer, number: int, text: str, *, is_public: bool) -> None:
        async with self._database.transaction() as session:
            await comment_order(session, viewer, number, text, now=self._clock.now(), is_public=is_public)
