"""Whose call it is by the dialled number, and where it comes from. Pure."""

from dataclasses import dataclass

from callcore.routing.known import Candidates, RouteDid, RoutingSnapshot
from callcore.routing.model import RegionSource, RouteKind

MAX_NUMBER_CHARS = 32


@dataclass(frozen=True, slots=True)
class Way:
    """Before anybody's hours are looked at. `codes` are the regions that the call may come from."""

    kind: RouteKind
    did: RouteDid | None
    codes: tuple[str, ...]
    region_source: RegionSource
    candidates: Candidates


def find_did(snapshot: RoutingSnapshot, dialled: str) -> RouteDid | None:
    """Carriers send 74951234567, 84951234567, 4951234567 and +74951234567 for one number."""
    if len(dialled) > MAX_NUMBER_CHARS:
        return None
    digits = "".join(char for char in dialled if char in "0123456789")
    forms = [f"+{digits}"]
    if len(digits) == 11 and digits.startswith("8"):
        forms.append(f"+7{digits[1:]}")
    if len(digits) == 10:
        forms.append(f"+7{digits}")
    return next((snapshot.dids[form] for form in forms if form in snapshot.dids), None)


def find_way(snapshot: RoutingSnapshot, dialled: str, caller: str) -> Way:
    did = find_did(snapshot, dialled)
    codes, region_source = _regions(snapshot, did, caller)
    if did is None or did.to_operators:
        kind = RouteKind.OPERATORS if did else RouteKind.HEAD_OFFICE
        return Way(kind, did, codes, region_source, Candidates())
    if did.org_id is not None:
        outlets = snapshot.outlets_by_org.get(did.org_id, Candidates())
        return Way(RouteKind.DEALER, did, codes, region_source, outlets)
    if codes:
        outlets = snapshot.outlets_by_region.get(codes, Candidates())
        return Way(RouteKind.REGION, did, codes, region_source, outlets)
    return Way(RouteKind.HEAD_OFFICE, did, codes, region_source, Candidates())


def _regions(
    snapshot: RoutingSnapshot, did: RouteDid | None, caller: str
) -> tuple[tuple[str, ...], RegionSource]:
    if did is not None and did.region_code is not None:
        return (did.region_code,), RegionSource.DID
    known = snapshot.region_names
    codes = tuple(code for code in snapshot.numbering.regions_of(caller) if code in known)
    return codes, RegionSource.CALLER if codes else RegionSource.NONE
