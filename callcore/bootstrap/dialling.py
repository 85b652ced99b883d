"""Calls that we make: who asks the PBX, and who writes what becomes of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from callcore.asterisk.stopping import is_stopping
from callcore.calls.dial import Dialler
from callcore.calls.follow_attempts import AttemptFollower
from callcore.calls.pbx import Pbx
from callcore.kernel.bus import Bus
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database


@dataclass(frozen=True, slots=True)
class Dialling:
    dialler: Dialler
    attempts: AttemptFollower


def make_dialling(
    pbx: Pbx, database: Database, bus: Bus, clock: Clock, read_to: Callable[[], datetime | None]
) -> Dialling:
    """`read_to`: the PBX's own record is in the database up to then."""

    async def stops() -> bool:
        return await is_stopping(pbx)

    return Dialling(
        Dialler(pbx, database, bus, clock, stops),
        AttemptFollower(
            database,
            bus,
            clock,
            lambda: pbx.health().connected,
            is_stopping=stops,
            read_to=read_to,
        ),
    )
