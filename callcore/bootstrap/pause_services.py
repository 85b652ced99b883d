"""Services of the room of pauses: each opens its own session; rights are checked inside."""

from collections.abc import Sequence

from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.network.change_pauses import ChangePauses, PausedPerson, pause_of, paused_people
from callcore.network.model import Viewer
from callcore.network.pauses import Pause
from web.pause.services import PauseServices


class PauseReader:
    """Names follow the services."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def services(self) -> PauseServices:
        return PauseServices(
            own=self.own, people=self.people, change=ChangePauses(self._database, self._clock)
        )

    async def own(self, viewer: Viewer) -> Pause | None:
        async with self._database.session() as session:
            return await pause_of(session, viewer.user_id, self._clock.now())

    async def people(self, viewer: Viewer) -> Sequence[PausedPerson]:
        async with self._database.session() as session:
            return await paused_people(session, viewer, self._clock.now())
