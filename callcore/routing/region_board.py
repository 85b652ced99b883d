"""What each region has at one instant: dealers, outlets, who is open, who would serve it. Pure."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from callcore.network.directory_rows import Outlet, Region
from callcore.network.presence_rows import Place, Presence, Seller
from callcore.routing.opening import Schedule
from callcore.routing.snapshot import schedule_of


@dataclass(frozen=True, slots=True)
class BoardPlace:
    """`is_open` by its hours; `is_ready` when a call would ring there now; `why_not` the first reason, a key."""

    place: Place
    seller: Seller
    is_open: bool
    why_not: str

    @property
    def is_ready(self) -> bool:
        return not self.why_not


@dataclass(frozen=True, slots=True)
class BoardRegion:
    """`here` have their main region or an outlet in it; `from_elsewhere` serve it without one; `neighbours` sell in
    regions next to it and could take its calls, as far as the policy lets calls go there."""

    region: Region
    here: tuple[Seller, ...]
    from_elsewhere: tuple[Seller, ...]
    places: tuple[BoardPlace, ...]
    neighbours: tuple[Seller, ...]

    @property
    def ready(self) -> int:
        return sum(one.is_ready for one in self.places)

    @property
    def is_served(self) -> bool:
        """By somebody who works, from here or from elsewhere."""
        return any(not one.is_suspended for one in (*self.here, *self.from_elsewhere))


def region_board(presence: Presence, now: datetime) -> tuple[BoardRegion, ...]:
    """In order of names of regions."""
    open_now = _OpenNow(presence, now)
    standing: dict[str, list[BoardPlace]] = defaultdict(list)
    for place in presence.places:
        seller = presence.sellers.get(place.outlet.org_id)
        if seller is not None:
            standing[place.outlet.region_code].append(_board_place(place, seller, open_now.of(place.outlet)))
    able = _able(standing)
    sellers = presence.sellers.values()
    return tuple(
        _board_region(region, sellers, standing[region.code], able if presence.to_neighbours else {})
        for region in presence.regions
    )


def _able(standing: Mapping[str, list[BoardPlace]]) -> dict[int, frozenset[str]]:
    """Sellers with a place that could take calls in its hours, and the regions whose calls come to them."""
    found: dict[int, set[str]] = defaultdict(set)
    for code, places in standing.items():
        for one in places:
            if _could(one):
                found[one.seller.id] |= {code, *one.seller.serves}
    return {seller_id: frozenset(codes) for seller_id, codes in found.items()}


class _OpenNow:
    """Thousands of outlets share a few weeks: each is worked out once."""

    def __init__(self, presence: Presence, now: datetime) -> None:
        self._calendar = presence.calendar
        self._now = now
        self._known: dict[object, Schedule | None] = {}

    def of(self, outlet: Outlet) -> bool | None:
        """None when the hours cannot be read."""
        week = json.dumps(outlet.hours, sort_keys=True)
        days = (outlet.works_on_holidays, outlet.exceptions, outlet.override)
        key = (week, outlet.tz, outlet.region_code, *days)
        if key not in self._known:
            self._known[key] = schedule_of(outlet, self._calendar)
        schedule = self._known[key]
        return schedule.is_open(self._now) if schedule is not None else None


def _board_place(place: Place, seller: Seller, is_open: bool | None) -> BoardPlace:
    bars = (
        ("suspended", seller.is_suspended),
        ("not-accepting", not place.outlet.accepts_calls),
        ("no-site-calls", not seller.takes_site_calls),
        ("no-phones", not place.has_phones),
        ("hours-unreadable", is_open is None),
        ("closed", is_open is False),
    )
    return BoardPlace(place, seller, bool(is_open), next((name for name, holds in bars if holds), ""))


def _could(one: BoardPlace) -> bool:
    return one.why_not in ("", "closed")


def _board_region(
    region: Region,
    sellers: Collection[Seller],
    places: list[BoardPlace],
    able: Mapping[int, frozenset[str]],
) -> BoardRegion:
    owners = {one.seller.id for one in places}
    here, elsewhere = [], []
    for seller in sellers:
        if seller.region_code == region.code or seller.id in owners:
            here.append(seller)
        elif region.code in seller.serves:
            elsewhere.append(seller)
    beside = tuple(
        seller
        for seller in sellers
        if seller not in here
        and seller not in elsewhere
        and able.get(seller.id, frozenset()) & set(region.neighbours)
    )
    return BoardRegion(region, tuple(here), tuple(elsewhere), tuple(places), beside)
