"""Which schedules are closed in a quarter of an hour, worked out before anybody calls. Pure but for what it remembers.

Hours that begin and end at quarters say the same for a whole quarter; clocks of all zones are put forward and back at quarters,
too. What has other hours, or an override by hand, is asked when a call comes.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Final, Protocol

from callcore.routing.opening import Schedule, Wall, wall_of

QUARTER_S: Final = 900
_QUARTER_MIN: Final = 15
_NOTHING: Final[Mapping[Schedule, bool]] = {}


class Follower(Protocol):
    def prepare(self, closed: Mapping[int, Mapping[Schedule, bool]]) -> None:
        """These quarters are known, by number; all others are forgotten."""


class Quarters:
    """`prepare` and `at` may run in different threads: what is read is replaced whole. `followers` work out more from it."""

    def __init__(self, schedules: Iterable[Schedule] = (), followers: Iterable[Follower] = ()) -> None:
        self._followers = tuple(followers)
        self._schedules = tuple(filter(_changes_at_quarters, schedules))
        self._closed: Mapping[int, Mapping[Schedule, bool]] = {}

    def __reduce__(self) -> tuple[type["Quarters"], tuple[object, ...]]:
        """Another process works out its own."""
        return Quarters, (self._schedules, self._followers)

    def at(self, now: datetime) -> Mapping[Schedule, bool]:
        """Of this quarter, as far as it was prepared."""
        return self._closed.get(number_of(now), _NOTHING)

    def prepare(self, now: datetime) -> None:
        """This quarter and the next; those before are forgotten. Nothing to do when both are known."""
        known, first = self._closed, number_of(now)
        if first not in known or first + 1 not in known:
            self._closed = {
                number: known[number] if number in known else self._make(number)
                for number in (first, first + 1)
            }
            for follower in self._followers:
                follower.prepare(self._closed)

    def _make(self, number: int) -> Mapping[Schedule, bool]:
        now = datetime.fromtimestamp(number * QUARTER_S, UTC)
        walls: dict[tzinfo, Wall] = {
            zone: wall_of(now, zone) for zone in {one.zone for one in self._schedules}
        }
        return {one: not one.is_open_at(now, walls[one.zone]) for one in self._schedules}


def number_of(now: datetime) -> int:
    """Of its quarter of an hour, since 1970."""
    return int(now.timestamp()) // QUARTER_S


def _changes_at_quarters(schedule: Schedule) -> bool:
    special = (day.periods for day in schedule.days.values())
    periods = (period for day in (*schedule.hours.days, *special) for period in day)
    return schedule.override is None and all(
        start % _QUARTER_MIN == 0 and end % _QUARTER_MIN == 0 for start, end in periods
    )
