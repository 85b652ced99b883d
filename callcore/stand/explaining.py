"""A routing decision outside the running application: the same snapshot, made from the same database."""

from datetime import datetime

from callcore.asterisk.inbound import InboundRouting
from callcore.bootstrap.numbering_file import NumberingFile
from callcore.kernel.clock import SystemClock
from callcore.kernel.database import Database
from callcore.kernel.errors import DatabaseUnavailable
from callcore.kernel.metrics import Metrics
from callcore.routing.model import Decision
from callcore.routing.snapshot import RoutingOptions
from config.settings import Settings


async def decide_now(settings: Settings, did: str, caller: str, at: datetime | None = None) -> Decision:
    """Raises DatabaseUnavailable when the network cannot be read."""
    clock = SystemClock()
    database = Database(settings.database.url.get_secret_value())
    try:
        routing = InboundRouting(
            database=database,
            clock=clock,
            numbering=NumberingFile(settings.numbering.dir).current,
            options=RoutingOptions(duty_ring_s=settings.pbx.duty_ring_s),
            offer=lambda _: None,
            metrics=Metrics(),
        )
        if not await routing.refresh():
            raise DatabaseUnavailable(
                "network-unread", "База не отвечает или схема не создана: ./dealerline check"
            )
        return routing.decide(did, caller, at or clock.now())
    finally:
        await database.close()
