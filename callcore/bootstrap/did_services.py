"""Services of the room of tracked numbers: each opens its own session; rights are checked inside."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from callcore.asterisk.voice.model import VoiceFailed
from callcore.calls.counts import calls_by_did
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import NotAllowedNow
from callcore.kernel.logs import get_logger
from callcore.network.change_dids import ChangeDids
from callcore.network.dids import DidChoices, DidFilter, DidView, did_card, did_choices, find_dids
from callcore.network.model import Viewer
from callcore.routing.model import Decision
from web.dids.services import DidServices

Decide = Callable[[str, str, datetime], Decision]
Preview = Callable[[str, str], Awaitable[bytes]]
_log = get_logger(__name__)

PREVIEW_LIMIT_S = 5.0


class DidReader:
    """Names follow the services. `decide` is that of the running application: what it says is what calls get."""

    def __init__(self, database: Database, clock: Clock, decide: Decide, preview: Preview) -> None:
        self._database = database
        self._clock = clock
        self._decide = decide
        self._preview = preview

    def services(self) -> DidServices:
        return DidServices(
            find=self.find,
            card=self.card,
            choices=self.choices,
            calls=self.calls,
            decision=self.decision,
            sound=self.sound,
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

    async def sound(self, text: str, language: str) -> bytes | None:
        try:
            async with asyncio.timeout(PREVIEW_LIMIT_S):
                return await self._preview(text, language)
        except (VoiceFailed, TimeoutError) as error:
            _log.warning("no preview of a sound", error=str(error))
            return None
