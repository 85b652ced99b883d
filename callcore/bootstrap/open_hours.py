"""Terms of callbacks by the hours in which the callers' dealer, or the head office, is really open."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from callcore.routing.known import RoutingSnapshot
from callcore.routing.opening import Schedule

MAX_SPELLS: Final = 20  # openings and closings that a term may span


class OpenHours:
    """The OpenTime of after-call tasks, read from the routing snapshot in memory."""

    def __init__(self, snapshot: Callable[[], RoutingSnapshot | None]) -> None:
        self._snapshot = snapshot

    def after(
        self, org_id: int | None, outlet_id: int | None, at: datetime, lapse: timedelta
    ) -> datetime | None:
        snapshot = self._snapshot()
        schedule = _schedule(snapshot, org_id, outlet_id) if snapshot is not None else None
        return open_time_after(schedule, at, lapse) if schedule is not None else None


def _schedule(snapshot: RoutingSnapshot, org_id: int | None, outlet_id: int | None) -> Schedule | None:
    if org_id is None or org_id == snapshot.head_office.org_id:
        return snapshot.head_office.operators_schedule
    known = snapshot.outlets_by_org.get(org_id)
    outlets = known.outlets if known is not None else ()
    return next((outlet.schedule for outlet in outlets if outlet.id == outlet_id), None)


def open_time_after(schedule: Schedule, at: datetime, lapse: timedelta) -> datetime | None:
    """When that much open time has passed; None when the place does not open for so long in the coming two weeks."""
    for _ in range(MAX_SPELLS):
        is_open, change = schedule.is_open(at), schedule.changes_at(at)
        if is_open and (change is None or change - at >= lapse):
            return at + lapse
        if change is None:
            return None
        lapse -= change - at if is_open else timedelta()
        at = change
    return None
