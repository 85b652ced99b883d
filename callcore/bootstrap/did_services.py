"""Services of the room of tracked numbers: each opens its own session; rights are checked inside."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from callcore.calls.counts import calls_by_did
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import NotAllowedNow
from callcore.network.change_dids import ChangeDids
from callcore.network.dids import DidChoices, DidFilter, DidView, did_card, did_choices, find_dids
from callcore.network.model import Viewer
from callcore.routing.model import Decision
from web.dids.services import DidServices

Decide = Callable[[str, str, datetime], Decision]


class DidReader:
    """Names follow the services. `decide` is that of the running application: what it says is what calls get."""

    def __init__(self, database: Database, clock: Clock, decide: Decide) -> None:
        self._database = database
        self._clock = clock
        self._decide = decide

    def services(self) -> DidServices:
        return DidServices(
            find=self.find,
            card=self.card,
            choices=self.choices,
            calls=self.calls,
            decision=self.decision,
            usual_whisper=lambda did: did.fields.label,
            change=ChangeDids(self._database, self._clock),
        )

    async def find(self, viewer: Viewer, wanted: DidFilter) -> Sequence[DidView]:
        async with self._database.session() as session:
            return await find_dids(session, viewer, wanted)

    async def card(self, viewer: Viewer, did_id: int) -> DidView:
        async with self._database.session() as session:
            return await did_card(session, viewer, did_id)

    async def choices(self, viewer: Viewer) -> DidChoices:
        async with self._database.session() as session:
            return await did_choices(session, viewer)

    async def calls(self, viewer: Viewer, since: datetime) -> Mapping[int, int]:
        async with self._database.session() as session:
            return await calls_by_did(session, viewer, since)

    def decision(self, number: str) -> Decision | None:
        try:
            return self._decide(number, "", self._clock.now())
        except NotAllowedNow:
            return None
