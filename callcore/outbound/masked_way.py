"""Whom a dealer's own telephone gets by a number of ours. Pure: the process that answers callers knows no database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from callcore.kernel.phones import parse_phone


@dataclass(frozen=True, slots=True)
class MaskedWay:
    """`number` and `cli` E.164, `phone_key` of the dealer's telephone. `notice` is the sound that the customer hears first,
    empty for none."""

    number: str = field(repr=False)
    cli: str
    phone_key: str
    order_id: int
    expires_at: datetime
    notice: str = ""


def way_of(
    ways: Mapping[tuple[str, str], MaskedWay], caller: str, did: str, now: datetime
) -> MaskedWay | None:
    """`ways` by E.164 of the dealer's telephone and of our number; `caller` and `did` as the PBX gave them."""
    if not ways:
        return None
    who, dialled = parse_phone(caller), parse_phone(did)
    if who is None or dialled is None:
        return None
    found = ways.get((who.e164, dialled.e164))
    return found if found is not None and found.expires_at > now else None
