"""«Переводы» and handing on from the desk: rows of calls, with the word of orders on what became of them."""

from collections.abc import Awaitable, Callable, Collection, Mapping

from callcore.calls.pbx import Pbx
from callcore.calls.transfer_call import HandOn
from callcore.calls.transfer_filters import TransferFilter
from callcore.calls.transfer_queries import TransferView, transfers
from callcore.calls.views import JournalChoices
from callcore.kernel import audit
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.network.model import Viewer
from callcore.orders.became import order_became
from callcore.orders.model import OrderResult
from callcore.orders.numbers import briefs_by_id, ids_of_number
from callcore.orders.views import OrderBrief
from web.transfers.services import TransferServices


class TransferDesk:
    def __init__(
        self,
        database: Database,
        clock: Clock,
        pbx: Pbx,
        unreachable: Callable[[], Collection[str]],
        choices: Callable[[Viewer], Awaitable[JournalChoices]],
    ) -> None:
        self._database = database
        self._clock = clock
        self._choices = choices
        self._hand = HandOn(database, clock, pbx, unreachable)

    def services(self) -> TransferServices:
        return TransferServices(
            find=self.find,
            orders=self.orders,
            order_ids=self.order_ids,
            choices=self._choices,
            note_export=self.note_export,
            offer=self._hand.offer,
            hand_on=self._hand.hand_on,
            join=self._hand.join,
            go_back=self._hand.go_back,
        )

    async def find(
        self,
        viewer: Viewer,
        wanted: TransferFilter,
        *,
        before: int | None,
        limit: int,
        order: OrderResult | None = None,
    ) -> tuple[TransferView, ...]:
        async with self._database.session() as session:
            became = await order_became(session, viewer, order) if order is not None else None
            return await transfers(session, viewer, wanted, before=before, limit=limit, order=became)

    async def orders(self, viewer: Viewer, ids: Collection[int]) -> Mapping[int, OrderBrief]:
        async with self._database.session() as session:
            return await briefs_by_id(session, viewer, ids)

    async def order_ids(self, viewer: Viewer, number: int) -> tuple[int, ...]:
        async with self._database.session() as session:
            return await ids_of_number(session, viewer, number)

    async def note_export(self, viewer: Viewer, rows: int) -> None:
        async with self._database.transaction() as session:
            audit.record(
                session,
                at=self._clock.now(),
                actor_id=viewer.user_id,
                action="transfers:exported",
                entity="report",
                entity_id="transfers",
                rows=rows,
            )
