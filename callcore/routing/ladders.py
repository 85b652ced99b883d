"""Candidates put in the orders in which a stage may try them, once for a snapshot; and walked in one. Pure.

Who is longest idle changes with every call, so that only outlets of equal rank or equal points are put in order while a
call waits, and only as far as somebody asks.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from heapq import heapify, heappop, heapreplace, nsmallest
from itertools import chain, repeat
from typing import Any, Final

from callcore.routing.known import Group, Ladder, RouteOutlet
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


def _ladder(rows: Sequence[tuple[int, int, tuple[int, int], int]]) -> Ladder:
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


def walk_idle(ladders: Iterable[Ladder], used_at: Mapping[int, datetime]) -> Iterator[int]:
    """All as of one level."""
    found = (_entries(ladder, 0, len(ladder.levels), used_at) for ladder in ladders)
    return _in_turn(list(chain.from_iterable(found)))


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
