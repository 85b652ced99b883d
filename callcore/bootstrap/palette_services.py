"""What the command palette asks for: each service opens its own session; rights are checked inside."""

from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.network.model import Viewer
from callcore.network.preferences import has_single_keys, keep_single_keys
from callcore.orders.find_anything import Hit, find_anything
from web.palette.services import PaletteServices


class PaletteReader:
    """Names follow the services."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def services(self) -> PaletteServices:
        return PaletteServices(
            find=self.find, has_single_keys=self.has_single_keys, keep_single_keys=self.keep_single_keys
        )

    async def find(self, viewer: Viewer, text: str) -> tuple[Hit, ...]:
        async with self._database.session() as session:
            return await find_anything(session, viewer, text, now=self._clock.now())

    async def has_single_keys(self, viewer: Viewer) -> bool:
        async with self._database.session() as session:
            return await has_single_keys(session, viewer.user_id)

    async def keep_single_keys(self, viewer: Viewer, are_on: bool) -> None:
        async with self._database.transaction() as session:
            await keep_single_keys(session, viewer.user_id, are_on=are_on)
