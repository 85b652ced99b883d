"""Calls that we make: who asks the PBX, and who writes what becomes of it."""

from dataclasses import dataclass

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


def make_dialling(pbx: Pbx, database: Database, bus: Bus, clock: Clock) -> Dialling:
    return Dialling(
        Dialler(pbx, database, bus, clock),
        AttemptFollower(database, bus, clock, lambda: pbx.health().connected),
    )
