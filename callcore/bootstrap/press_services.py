"""Services of the button «Позвонить клиенту», and what follows a call out: numbers that an attempt opens."""

from typing import TYPE_CHECKING, Final

from callcore.calls.dial import Dialler
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.tasks import TaskOwner, every
from callcore.network.model import Viewer
from callcore.outbound.attempt_view import AttemptView, attempt_view
from callcore.outbound.press import PressCall, PressTools
from callcore.outbound.reveal import is_reveal_due, open_attempted
from web.calls.press_services import PressServices

if TYPE_CHECKING:
    from callcore.bootstrap.application import Application

REVEAL_S: Final = 3.0


class PressDesk:
    """Names follow the services."""

    def __init__(self, application: "Application") -> None:
        self._application = application
        self._database = application.database
        self._dialler: Dialler = application.dialling.dialler
        self._press = PressCall(
            application.database,
            application.clock,
            PressTools(
                unreachable=lambda: application.reach.unreachable,
                is_connected=lambda: application.pbx.health().connected,
                whisper=lambda order_id, region_code: application.shelf.sounds.whisper(
                    None, region_code, order_id
                ),
                dial=self._dial,
                usual_cli=application.settings.pbx.trunk_caller_id,
            ),
        )

    def services(self) -> PressServices:
        return PressServices(offer=self._press.offer, press=self._press.press, view=self.view, stop=self.stop)

    async def view(self, viewer: Viewer, call_id: str) -> AttemptView:
        async with self._database.session() as session:
            return await attempt_view(session, viewer, call_id)

    async def stop(self, viewer: Viewer, call_id: str) -> None:
        """Raises NotFound, PbxUnavailable. A call that has ended stays as it is."""
        found = await self.view(viewer, call_id)
        if not found.is_over:
            await self._dialler.hang_up(call_id)

    def _dial(self, call_id: str) -> None:
        """Beside the answer to the press: the PBX may be slow."""
        _ = self._application.tasks.spawn("dial", self._dialler.dial(call_id))


class RevealKeeper:
    """Opens numbers for calls that were tried, where the factory wants it so."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def start(self, tasks: TaskOwner) -> None:
        _ = tasks.spawn("reveals", every(REVEAL_S, self.look))

    async def look(self) -> None:
        now = self._clock.now()
        if await self._database.read(lambda connection: is_reveal_due(connection, now)):
            async with self._database.transaction() as session:
                await open_attempted(session, now=now)
