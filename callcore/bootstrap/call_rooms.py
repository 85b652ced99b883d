"""Services of the rooms of calls and customers: each query with a session of its own."""

from collections.abc import Collection, Mapping
from pathlib import Path

from callcore.calls.card_queries import call_card, recording_for
from callcore.calls.note_play import PlayNotes
from callcore.calls.queries import journal, journal_choices
from callcore.calls.views import CallCard, JournalChoices, JournalFilter, JournalPage, RecordingView
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import NotFound
from callcore.network.model import Viewer
from callcore.orders.card_queries import customer_card
from callcore.orders.numbers import order_numbers
from callcore.orders.queries import list_orders
from callcore.orders.views import CustomerCard, OrderFilter, OrderPage
from recordings.files import resolve_below
from web.calls.services import CallServices
from web.customers.services import CustomerServices


def call_services(database: Database, clock: Clock, store_dir: Path) -> CallServices:
    """`store_dir` is the folder of playable recordings."""

    async def page(
        viewer: Viewer, wanted: JournalFilter, *, after: str, before: str, limit: int
    ) -> JournalPage:
        async with database.session() as session:
            return await journal(session, viewer, wanted, after=after, before=before, limit=limit)

    async def choices(viewer: Viewer) -> JournalChoices:
        async with database.session() as session:
            return await journal_choices(session, viewer)

    async def card(viewer: Viewer, call_id: str) -> CallCard:
        async with database.session() as session:
            return await call_card(session, viewer, call_id)

    async def recording(viewer: Viewer, recording_id: int) -> RecordingView:
        async with database.session() as session:
            return await recording_for(session, viewer, recording_id)

    async def numbers(viewer: Viewer, ids: Collection[int]) -> Mapping[int, int]:
        async with database.session() as session:
            return await order_numbers(session, viewer, ids)

    return CallServices(
        journal=page,
        choices=choices,
        card=card,
        recording=recording,
        locate=lambda relative: _existing(store_dir, relative),
        order_numbers=numbers,
        note_play=PlayNotes(database, clock).note_play,
    )


def customer_services(database: Database) -> CustomerServices:
    async def card(viewer: Viewer, customer_id: int) -> CustomerCard:
        async with database.session() as session:
            return await customer_card(session, viewer, customer_id)

    async def orders(viewer: Viewer, wanted: OrderFilter, limit: int) -> OrderPage:
        async with database.session() as session:
            return await list_orders(session, viewer, wanted, limit=limit)

    return CustomerServices(card=card, orders=orders)


def _existing(store_dir: Path, relative: str) -> Path:
    path = resolve_below(store_dir, relative)
    if not path.is_file():
        raise NotFound("recording-file-missing")
    return path
