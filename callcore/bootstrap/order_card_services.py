"""What the room of one order asks for, and what watches orders: each service opens its own session; rights are checked
inside."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.distribution.views import OfferView, offer_view
from callcore.kernel import audit
from callcore.kernel.audit import AuditRow
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import NotFound
from callcore.kernel.tasks import TaskOwner, every
from callcore.messaging.deliveries import states_by_key
from callcore.messaging.feedback import send_survey
from callcore.messaging.recipients import customer_numbers
from callcore.messaging.tables import SurveyRow
from callcore.network.model import Viewer
from callcore.orders.card_queries import order_card
from callcore.orders.card_views import OrderCard
from callcore.orders.changing import WORKERS
from callcore.orders.contact import is_proof_due, prove_contacts
from callcore.orders.file_store import FolderStore
from callcore.orders.files import OrderFiles
from callcore.orders.masking import without_numbers
from callcore.orders.model import OrderEventKind
from callcore.orders.order_work import OrderWork
from callcore.orders.reasons import ensure_reasons
from callcore.orders.watch_orders import raise_alarms
from web.orders.card_services import CardServices, SurveyState

PROVE_S: Final = 3.0
ALARM_S: Final = 20.0
FIRST_LOOK: Final = timedelta(days=7)  # what became a problem while nothing ran
OVERLAP: Final = timedelta(minutes=5)
READ_AGAIN: Final = timedelta(hours=1)
_TALK: Final = frozenset({OrderEventKind.MESSAGE, OrderEventKind.FEEDBACK})


class OrderCardReader:
    """Names follow the services."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        files_dir: Path,
        max_file_bytes: int,
        place_url: str,
        finds_places: bool = True,
    ) -> None:
        self._database = database
        self._clock = clock
        self._files = OrderFiles(database, clock, FolderStore(files_dir, max_file_bytes))
        self._max_file_bytes = max_file_bytes
        self._place_url = place_url
        self._finds_places = finds_places

    def services(self) -> CardServices:
        return CardServices(
            card=self.card,
            offer=self.offer,
            survey=self.survey,
            ask=self.ask,
            read_messages=self.read_messages,
            work=OrderWork(self._database, self._clock),
            files=self._files,
            place_url=self._place_url,
            max_file_bytes=self._max_file_bytes,
            finds_places=self._finds_places,
        )

    async def card(self, viewer: Viewer, number: int) -> OrderCard:
        async with self._database.session() as session:
            card = await order_card(session, viewer, number, self._clock.now())
            states = await states_by_key(session, {item.delivery for item in card.timeline if item.delivery})
        told = (replace(item, delivery=states.get(item.delivery, "")) for item in card.timeline)
        return replace(card, timeline=tuple(told)) if states else card

    async def offer(self, viewer: Viewer, card: OrderCard) -> OfferView:
        async with self._database.session() as session:
            return await offer_view(session, viewer, card.order.id, self._clock.now())

    async def survey(self, card: OrderCard) -> SurveyState:
        """Of a card that this viewer was given."""
        if not card.rights.is_own:
            return SurveyState()
        asked = select(SurveyRow).where(SurveyRow.order_id == card.order.id, SurveyRow.cycle == card.cycle)
        async with self._database.session() as session:
            row = await session.scalar(asked)
            text = await self._plain(session, card, row.text) if row else ""
        return SurveyState(row.made_at, row.answered_at, row.score, text) if row else SurveyState()

    async def _plain(self, session: AsyncSession, card: OrderCard, text: str) -> str:
        """Without numbers, where the customer's own is hidden."""
        if card.order.phone is None or not card.order.phone.is_hidden:
            return text
        return without_numbers(text, await customer_numbers(session, card.order.customer_id))

    async def ask(self, viewer: Viewer, number: int) -> bool:
        """Raises NotFound, NotAllowedNow("order-not-closed")."""
        card = await self.card(viewer, number)
        if not card.rights.is_own or viewer.role not in WORKERS:
            raise NotFound("order-not-found")
        now = self._clock.now()
        async with self._database.transaction() as session:
            sent = await send_survey(session, card.order.id, now)
            if sent.is_new:
                audit.record(
                    session,
                    at=now,
                    actor_id=viewer.user_id,
                    action="order:survey-sent",
                    entity="order",
                    entity_id=card.order.id,
                    number=number,
                )
        return sent.is_new

    async def read_messages(self, viewer: Viewer, card: OrderCard) -> None:
        """Once an hour for each person and order, and only where there is something to read."""
        if not viewer.is_staff or not any(item.kind in _TALK for item in card.timeline):
            return
        now = self._clock.now()
        lately = select(AuditRow.id).where(
            AuditRow.entity == "order",
            AuditRow.entity_id == str(card.order.id),
            AuditRow.action == "order:messages-read",
            AuditRow.actor_id == int(viewer.user_id),
            AuditRow.at > now - READ_AGAIN,
        )
        async with self._database.transaction() as session:
            if await session.scalar(lately.limit(1)) is None:
                audit.record(
                    session,
                    at=now,
                    actor_id=viewer.user_id,
                    action="order:messages-read",
                    entity="order",
                    entity_id=card.order.id,
                    number=card.order.number,
                )


class OrderWatch:
    """Proofs from talks and alarms, from time to time."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._since = clock.now() - FIRST_LOOK

    async def start(self, tasks: TaskOwner) -> None:
        async with self._database.transaction() as session:
            await ensure_reasons(session)
        _ = tasks.spawn("contacts", every(PROVE_S, self.prove))
        _ = tasks.spawn("order-alarms", every(ALARM_S, self.alarm))

    async def prove(self) -> None:
        now = self._clock.now()
        if not await self._database.read(lambda connection: is_proof_due(connection, now)):
            return
        async with self._database.transaction() as session:
            await prove_contacts(session, now=now)

    async def alarm(self) -> None:
        now = self._clock.now()
        async with self._database.transaction() as session:
            await raise_alarms(session, since=self._since, now=now)
        self._since = now - OVERLAP
