"""What would happen to a call of the head site's number from one region. Pure."""

from dataclasses import replace
from datetime import datetime

from callcore.routing.decide import decide
from callcore.routing.known import RouteDid, RoutingSnapshot
from callcore.routing.live import NOTHING_LIVE, Live
from callcore.routing.model import Decision


def decide_region(
    snapshot: RoutingSnapshot, code: str, now: datetime, live: Live = NOTHING_LIVE
) -> Decision | None:
    """By the region's own number, else by one of the head site as if it stood for this region. None when the network
    has no number of that kind."""
    usual = _number_of(snapshot, code)
    if usual is None:
        return None
    did = replace(usual, region_code=code)
    return decide(replace(snapshot, dids={did.number: did}), did.number, "", now, live)


def _number_of(snapshot: RoutingSnapshot, code: str) -> RouteDid | None:
    shared = [did for did in snapshot.dids.values() if did.org_id is None and not did.to_operators]
    return min(
        shared, key=lambda did: (did.region_code != code, did.region_code is not None, did.id), default=None
    )
