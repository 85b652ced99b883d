"""Candidates put in the orders in which a stage may try them, once for a snapshot, those of many hours again for each quarter
of an hour; and walked in one. Pure but for what a crowd remembers.

Who is longest idle changes with every call, so that only outlets of equal rank or equal points are put in order while a
call waits, and only as far as somebody asks.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import heapify, heappop, heapreplace, nsmallest
from itertools import chain, repeat
from operator import itemgetter
from typing import Any, Final

from callcore.routing.known import Candidates, Group, Ladder, OpenNow, RouteOutlet
from callcore.routing.opening import Schedule
from callcore.routing.ranking import NEVER

_AHEAD: Final = 32  # so many of a level are put in order at first; seldom are more looked at


def ladders(outlets: Sequence[RouteOutlet], ranks: Sequence[int], places: Sequence[int]) -> Group:
    """Of some places among all `outlets`, which are in order of trying."""
    rows = [
        (ranks[place], one.org_id, (one.id, place), place) for place in places for one in (outlets[place],)
    ]
    rated = sorted(
        (-one.rating, one.org_id, (one.org_id, one.id), place)
        for place in places
        for one in (outlets[place],)
    )
    return Group(_ladder(rows), _ladder(rated))


@dataclass(frozen=True, slots=True)
class Crowd:
    """Candidates of so many hours that asking each costs a caller time."""

    among: Candidates

    def prepare(self, closed: Mapping[int, Mapping[Schedule, bool]]) -> None:
        """For these quarters, by number; all others are forgotten."""
        ahead = self.among.ahead
        for number in closed.keys() - ahead.keys():
            ahead[number] = _open_now(self.among.groups, closed[number])
        for number in ahead.keys() - closed.keys():
            _ = ahead.pop(number, None)


def _open_now(groups: Mapping[Schedule, Group], closed: Mapping[Schedule, bool]) -> OpenNow:
    known = [group for schedule, group in groups.items() if closed.get(schedule) is False]
    ranked = sorted(_rows(group.by_rank for group in known), key=itemgetter(3))
    rated = sorted(_rows(group.by_rating for group in known))
    asked = tuple((schedule, group) for schedule, group in groups.items() if schedule not in closed)
    return OpenNow(Group(_ladder(ranked), _ladder(rated)), asked)


_Row = tuple[int, int, tuple[int, int], int]


def _rows(ladders: Iterable[Ladder]) -> Iterator[_Row]:
    for one in ladders:
        yield from zip(one.levels, one.org_ids, one.ties, one.places, strict=True)


def _ladder(rows: Sequence[_Row]) -> Ladder:
    return Ladder(*zip(*rows, strict=True)) if rows else Ladder((), (), (), ())


def walk(ladders: Sequence[Ladder], used_at: Mapping[int, datetime]) -> Iterator[int]:
    """Places of several ladders as of one."""
    heap = [(ladder.levels[0], number, 0) for number, ladder in enumerate(ladders) if ladder.levels]
    heapify(heap)
    while heap:
        level, found = heap[0][0], []
        while heap and heap[0][0] == level:
            _, number, start = heap[0]
            ladder = ladders[number]
            end = bisect_right(ladder.levels, level, start)
            found.append(_entries(ladder, start, end, used_at))
            if end < len(ladder.levels):
                heapreplace(heap, (ladder.levels[end], number, end))
            else:
                heappop(heap)
        yield from _in_turn(list(chain.from_iterable(found)))


def walk_idle(ladders: Sequence[Ladder], used_at: Mapping[int, datetime]) -> Iterator[int]:
    """All as of one level. The longest idle are found by their times alone, before anything is put in order."""
    idle = [list(map(used_at.get, one.org_ids, repeat(NEVER))) for one in ladders]
    longest = nsmallest(_AHEAD, chain.from_iterable(idle))
    if not longest:
        return
    edge = longest[-1]
    for is_later in (False, True):
        found = [
            (at, tie, place)
            for times, one in zip(idle, ladders, strict=True)
            for at, tie, place in zip(times, one.ties, one.places, strict=True)
            if (at > edge) is is_later
        ]
        yield from _in_turn(found)


def _entries(ladder: Ladder, start: int, end: int, used_at: Mapping[int, datetime]) -> Iterable[Any]:
    idle = map(used_at.get, ladder.org_ids[start:end], repeat(NEVER))
    return zip(idle, ladder.ties[start:end], ladder.places[start:end], strict=True)


def _in_turn(entries: list[Any]) -> Iterator[int]:
    """The first few by a cheap way, the rest when they are asked for."""
    if len(entries) > 2 * _AHEAD:
        yield from (entry[-1] for entry in nsmallest(_AHEAD, entries))
        entries.sort()
        yield from (entry[-1] for entry in entries[_AHEAD:])
    else:
        entries.sort()
        yield from (entry[-1] for entry in entries)
