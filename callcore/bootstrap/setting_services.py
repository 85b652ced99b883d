"""Services of the room of settings: each opens its own session; rights are checked inside."""

from collections.abc import Mapping, Sequence

from callcore.calls.change_settings import ChangeCallSettings
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.network.model import Viewer
from callcore.orders.change_settings import ChangeSettings
from callcore.orders.model import ReasonKind
from callcore.orders.promo_codes import (
    PromoDraft,
    PromoView,
    add_promo,
    dealer_names,
    list_promos,
    switch_promo,
)
from callcore.orders.reasons import (
    Reason,
    ReasonDraft,
    ensure_reasons,
    load_reasons,
    reorder_reasons,
    save_reason,
)
from callcore.orders.statuses import Stage, StageDraft, StatusBook, load_statuses, reorder, save_status
from web.settings.services import SettingServices


class SettingReader:
    """Names follow the services."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def services(self) -> SettingServices:
        return SettingServices(
            change=ChangeSettings(self._database, self._clock),
            calls=ChangeCallSettings(self._database, self._clock),
            reasons=self.reasons,
            save_reason=self.save_reason,
            order_reasons=self.order_reasons,
            statuses=self.statuses,
            save_status=self.save_status,
            order_statuses=self.order_statuses,
            promos=self.promos,
            add_promo=self.add_promo,
            switch_promo=self.switch_promo,
            dealers=self.dealers,
        )

    async def reasons(self, kind: ReasonKind) -> Sequence[Reason]:
        async with self._database.transaction() as session:
            await ensure_reasons(session)
            return await load_reasons(session, kind, active_only=False)

    async def save_reason(self, viewer: Viewer, draft: ReasonDraft) -> Reason:
        async with self._database.transaction() as session:
            await ensure_reasons(
                session
            )  # else the usual ones would never come after one of the factory's own
            return await save_reason(session, viewer, draft, now=self._clock.now())

    async def order_reasons(self, viewer: Viewer, kind: ReasonKind, ids: Sequence[int]) -> None:
        async with self._database.transaction() as session:
            await reorder_reasons(session, viewer, kind, ids, now=self._clock.now())

    async def statuses(self) -> StatusBook:
        async with self._database.session() as session:
            return await load_statuses(session)

    async def save_status(self, viewer: Viewer, draft: StageDraft) -> Stage:
        async with self._database.transaction() as session:
            return await save_status(session, viewer, draft, now=self._clock.now())

    async def order_statuses(self, viewer: Viewer, codes: Sequence[str]) -> None:
        async with self._database.transaction() as session:
            await reorder(session, viewer, codes, now=self._clock.now())

    async def promos(self, viewer: Viewer) -> Sequence[PromoView]:
        async with self._database.session() as session:
            return await list_promos(session, viewer)

    async def add_promo(self, viewer: Viewer, draft: PromoDraft) -> str:
        async with self._database.transaction() as session:
            return await add_promo(session, viewer, draft, now=self._clock.now())

    async def switch_promo(self, viewer: Viewer, promo_id: int, is_active: bool) -> str:
        async with self._database.transaction() as session:
            return await switch_promo(session, viewer, promo_id, is_active=is_active, now=self._clock.now())

    async def dealers(self) -> Mapping[int, str]:
        async with self._database.session() as session:
            return await dealer_names(session)
