"""Looks for addresses of orders on the map, beside everything else: nobody waits for it, and each address is asked once.

While the service is away nothing is asked for as long as it wants; the orders' own turns come again, later each time.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import Final

from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import DatabaseUnavailable
from callcore.kernel.logs import get_logger
from callcore.kernel.tasks import TaskOwner, every
from callcore.orders.geocoding.port import Found, Geocoder, GeocoderRefused
from callcore.orders.pins import DuePin, claim_pin, is_any_due, keep_failure, keep_found

LOOK_S: Final = 5.0
AT_ONCE: Final = 20  # of a look: a large import must not keep the database from others
LEASE: Final = timedelta(minutes=3)  # longer than any service may take to answer
_log = get_logger(__name__)


class PinWorker:
    """`towns` answers at once and by itself; its answer is shown while the service is away."""

    def __init__(self, database: Database, clock: Clock, geocoder: Geocoder, towns: Geocoder) -> None:
        self._database = database
        self._clock = clock
        self._geocoder = geocoder
        self._towns = towns
        self._rests_until: datetime | None = None

    def start(self, tasks: TaskOwner) -> None:
        _ = tasks.spawn("pins", every(LOOK_S, self.step))

    async def step(self) -> int:
        """How many addresses were looked for."""
        try:
            return await self._look()
        except DatabaseUnavailable as exc:
            _log.warning("pins wait for the database", error=str(exc))
            return 0

    async def _look(self) -> int:
        if self._rests_until is not None and self._clock.now() < self._rests_until:
            return 0
        if not await self._database.read(partial(is_any_due, now=self._clock.now())):
            return 0
        for done in range(AT_ONCE):
            now = self._clock.now()
            due = await self._database.transact(partial(claim_pin, now=now, lease=LEASE))
            if due is None or not await self._seek(due):
                return done
        return AT_ONCE

    async def _seek(self, due: DuePin) -> bool:
        """False: nothing more is asked now."""
        try:
            found = await self._geocoder.find(due.asked)
        except GeocoderRefused as refusal:
            await self._refused(due, refusal)
            return False
        await self._keep(due, found)
        return True

    async def _keep(self, due: DuePin, found: Found | None) -> None:
        now = self._clock.now()
        is_kept = await self._database.transact(
            partial(keep_found, due=due, found=found, source=self._geocoder.name, now=now)
        )
        precision = found.precision.value if found else "none"
        _log.debug("address looked for", order_id=due.order_id, precision=precision, is_kept=is_kept)

    async def _refused(self, due: DuePin, refusal: GeocoderRefused) -> None:
        now = self._clock.now()
        meanwhile = await self._towns.find(due.asked)
        again = await self._database.transact(
            partial(keep_failure, due=due, error=refusal.message, meanwhile=meanwhile, now=now)
        )
        self._rests_until = now + timedelta(seconds=refusal.rest_s)
        _log.warning(
            "geocoder gave no answer",
            service=self._geocoder.name,
            code=refusal.code,
            error=refusal.message,
            attempts=due.attempts,
            is_last=again is None,
        )
