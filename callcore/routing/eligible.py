"""Who may take a call at one instant: hours, people, what is live, the policy's gate. Pure.

Everything is worked out once and only when somebody asks: a region may have thousands of outlets.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, tzinfo
from heapq import merge
from typing import Any, Final

from callcore.network.policy import Ringing
from callcore.routing.hours import DAYS
from callcore.routing.known import Candidates, Group, RouteOutlet, RoutePhone
from callcore.routing.ladders import walk, walk_idle
from callcore.routing.live import Live
from callcore.routing.model import Reason
from callcore.routing.opening import Schedule, Wall, Why, wall_of
from callcore.routing.quarters import number_of
from callcore.routing.ranking import NEVER

Data = tuple[tuple[str, str], ...]
Able = tuple[Reason, tuple[str, ...], Data]  # TAKEN with the keys that can ring, or why not
# The telling reason when phones of an outlet are out for several.
_TELLING: Final = (Reason.BUSY, Reason.PAUSED, Reason.OFF_HOURS, Reason.UNREACHABLE)


class ClosedNow(dict[Schedule, bool]):
    """Whether a schedule is closed at one instant. Each is worked out once and each zone's clock is read once: hours
    repeat, and a region may have thousands of outlets."""

    def __init__(self, now: datetime, known: Mapping[Schedule, bool] | None = None) -> None:
        """`known` is what holds at this instant already."""
        super().__init__()
        self.now = now
        self._known = known or {}
        self._walls: dict[tzinfo, Wall] = {}
        self._words: dict[Schedule, Data] = {}

    def __missing__(self, schedule: Schedule) -> bool:
        known = self._known.get(schedule)
        if known is not None:
            self[schedule] = known
            return known
        wall = self._wall(schedule.zone)
        if schedule.override is None and wall.today not in schedule.near:
            is_closed = (
                bisect_right(schedule.hours.edges, wall.week_minute) % 2 == 0
            )  # mostly; see is_open_at
        else:
            is_closed = not schedule.is_open_at(self.now, wall)
        self[schedule] = is_closed
        return is_closed

    def _wall(self, zone: tzinfo) -> Wall:
        wall = self._walls.get(zone)
        if wall is None:
            wall = self._walls[zone] = wall_of(self.now, zone)
        return wall

    def words(self, schedule: Schedule) -> Data:
        """The hours of the local day and the local time."""
        if schedule not in self._words:
            self._words[schedule] = self._make_words(schedule)
        return self._words[schedule]

    def _make_words(self, schedule: Schedule) -> Data:
        local = self._wall(schedule.zone).local
        weekday = local.weekday()
        time = f"{local.hour:02}:{local.minute:02}"
        special = schedule.days.get(local.date())
        hours = schedule.hours.texts[weekday] if special is None else special.text
        return (("day", DAYS[weekday]), ("hours", hours), ("local", time), *self.special(schedule))

    def special(self, schedule: Schedule) -> Data:
        """What but the week rules now; nothing when it is the week."""
        local, override = self._wall(schedule.zone).local, schedule.override
        if override is not None and self.now < override.until:
            until = override.until.astimezone(schedule.zone)
            style = "%H:%M" if until.date() == local.date() else "%d.%m %H:%M"
            return (("why", Why.OVERRIDE), ("until", until.strftime(style)), ("title", override.reason))
        day = schedule.days.get(local.date())
        if day is None:
            return ()
        return (("why", day.why), ("on", local.date().isoformat()), ("title", day.title))


class Abilities:
    """What the phones of outlets can do now. `gate`: fewer points than these and a dealer gets no call."""

    def __init__(self, closed: ClosedNow, live: Live, gate: int | None) -> None:
        self._closed = closed
        self._live = live
        self._gate = gate
        self._unreachable, self._talking = live.unreachable, live.talking.keys()
        self._known: dict[int, Able] = {}

    def of(self, outlet: RouteOutlet) -> Able:
        """Of an outlet that is open and has no lasting reason against it."""
        able = self._known.get(outlet.id)
        if able is None:
            able = self._known[outlet.id] = self._find(outlet)
        return able

    def _find(self, outlet: RouteOutlet) -> Able:
        keys, live = outlet.phone_keys, self._live
        if self._gate is not None and outlet.points < self._gate:
            return Reason.BELOW_GATE, (), (("points", str(outlet.points)), ("gate", str(self._gate)))
        if outlet.is_plain and self._unreachable.isdisjoint(keys) and self._talking.isdisjoint(keys):
            return Reason.TAKEN, keys, ()
        talking = sum(live.talking.get(key, 0) for key in keys)
        if outlet.max_calls is not None and talking >= outlet.max_calls:
            return Reason.AT_CAPACITY, (), ()
        against = [self.against(phone) for phone in outlet.phones]
        able = tuple(
            phone.key
            for phone, (reason, _) in zip(outlet.phones, against, strict=True)
            if reason is Reason.TAKEN
        )
        if able:
            return Reason.TAKEN, able, ()
        reason, data = min(against, key=lambda item: _TELLING.index(item[0]))
        return reason, (), data

    def against(self, phone: RoutePhone, *, is_live: bool = True) -> tuple[Reason, Data]:
        """Why one phone cannot ring. Without `is_live` only what its person said."""
        if phone.pause and (phone.paused_until is None or self._closed.now < phone.paused_until):
            return Reason.PAUSED, (("pause", phone.pause),)
        if phone.schedule is not None and self._closed[phone.schedule]:
            return Reason.OFF_HOURS, ()
        if is_live and self._live.talking.get(phone.key, 0) >= phone.lines:
            return Reason.BUSY, ()
        if is_live and phone.is_sip and phone.key in self._live.unreachable:
            return Reason.UNREACHABLE, ()
        return Reason.TAKEN, ()


class CallPool:
    """The candidates of one call as ranking.Pool; a member is the outlet's place among them. `by_org` are dealers'
    outlets with all below."""

    def __init__(
        self,
        among: Candidates,
        by_org: Mapping[int, Candidates],
        closed: ClosedNow,
        abilities: Abilities,
        live: Live,
    ) -> None:
        self.among = among
        self._by_org = by_org
        self.closed = closed
        self.abilities = abilities
        self._used = live.org_used_at
        ahead = among.ahead.get(number_of(closed.now))
        hours = among.groups.items() if ahead is None else ahead.asked
        self.groups = [group for schedule, group in hours if not closed[schedule]]
        if ahead is not None:
            self.groups.append(ahead.known)
        self._verdicts: dict[int, Reason] = {}

    def ordered(self, ringing: Ringing) -> Iterator[int]:
        if not self._used and ringing in (Ringing.IN_ORDER, Ringing.ALL):
            return merge(*(group.by_rank.places for group in self.groups))
        return _walk(self.groups, ringing, self._used)

    def arranged(self, members: Collection[int], ringing: Ringing) -> Collection[int]:
        if len(members) < 2:
            return members
        return sorted(members, key=lambda place: self._turn(place, ringing))

    def _turn(self, place: int, ringing: Ringing) -> tuple[Any, ...]:
        outlet = self.among.outlets[place]
        idle = self._used.get(outlet.org_id, NEVER)
        if ringing is Ringing.BY_RATING:
            return -outlet.rating, idle, outlet.org_id, outlet.id
        if ringing is Ringing.LEAST_RECENT:
            return idle, outlet.id
        return self.among.ranks[place], idle, outlet.id

    def below(self, org_id: int) -> list[int]:
        found = self._by_org.get(org_id, Candidates())
        among, index = self.among, self.among.index
        places = [index[outlet.id] for outlet in found.outlets if outlet.id in index]
        return [
            place
            for place in places
            if among.bars[place] is Reason.TAKEN and not self.closed[among.outlets[place].schedule]
        ]

    def fits(self, member: int) -> bool:
        if member not in self._verdicts:
            self._verdicts[member] = self.abilities.of(self.among.outlets[member])[0]
        return self._verdicts[member] is Reason.TAKEN

    def org_of(self, member: int) -> int:
        return self.among.outlets[member].org_id

    def rating_of(self, member: int) -> int:
        return self.among.outlets[member].rating

    def weight_of(self, member: int) -> int:
        return len(self.abilities.of(self.among.outlets[member])[1])

    def counts(self) -> tuple[Counter[Reason], int]:
        """Those who are out by reason, as far as anybody asked; how many others are open."""
        out: Counter[Reason] = Counter(self.among.barred)
        ready = len(self.among.outlets) - sum(self.among.barred.values())
        is_open = sum(len(group.by_rank.places) for group in self.groups)
        out[Reason.CLOSED] = ready - is_open
        looked_at = Counter(self._verdicts.values())
        looked_at.pop(Reason.TAKEN, 0)
        out.update(looked_at)
        return out, is_open - sum(looked_at.values())


def _walk(groups: Iterable[Group], ringing: Ringing, used_at: Mapping[int, datetime]) -> Iterator[int]:
    if ringing is Ringing.LEAST_RECENT:
        return walk_idle([group.by_rank for group in groups], used_at)
    if ringing is Ringing.BY_RATING:
        return walk([group.by_rating for group in groups], used_at)
    return walk([group.by_rank for group in groups], used_at)
