"""What a dealer still lacks before calls can reach it. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Need(StrEnum):
    CONTACTS = "contacts"
    LOGO = "logo"
    REGION = "region"
    OUTLET = "outlet"
    HOURS = "hours"
    PHONE = "phone"
    ACCEPTS = "accepts"
    SITE_CALLS = "site-calls"
    TEST_CALL = "test-call"
    ACTIVE = "active"


OPTIONAL = frozenset({Need.LOGO, Need.TEST_CALL})
OF_HEAD_OFFICE = frozenset({Need.REGION, Need.SITE_CALLS, Need.ACTIVE})


@dataclass(frozen=True, slots=True)
class OutletReadiness:
    """`has_hours`: its week has a period at all."""

    id: int
    name: str
    has_hours: bool
    has_phone: bool
    accepts_calls: bool

    @property
    def is_ready(self) -> bool:
        return self.has_hours and self.has_phone and self.accepts_calls


@dataclass(frozen=True, slots=True)
class Readiness:
    """What is known of a dealer. `has_talked`: a call was answered there once."""

    has_email: bool
    has_card_phone: bool
    has_logo: bool
    has_region: bool
    takes_site_calls: bool
    is_active: bool
    outlets: tuple[OutletReadiness, ...] = ()
    has_talked: bool = False


@dataclass(frozen=True, slots=True)
class CheckItem:
    """`outlet_id` is the outlet where it can be done, if it is a matter of one."""

    need: Need
    is_done: bool
    outlet_id: int | None = None

    @property
    def is_required(self) -> bool:
        return self.need not in OPTIONAL


def checklist(known: Readiness) -> tuple[CheckItem, ...]:
    """In the order in which one goes through it. One outlet that has everything is enough; when none has, the items
    speak of the one that lacks least."""
    best = max(
        known.outlets,
        key=lambda one: (one.has_hours + one.has_phone + one.accepts_calls, -one.id),
        default=None,
    )
    at = best.id if best is not None else None
    suspended = () if known.is_active else (CheckItem(Need.ACTIVE, False),)
    return (
        *suspended,
        CheckItem(Need.CONTACTS, known.has_email and known.has_card_phone),
        CheckItem(Need.LOGO, known.has_logo),
        CheckItem(Need.REGION, known.has_region),
        CheckItem(Need.OUTLET, best is not None),
        CheckItem(Need.HOURS, best is not None and best.has_hours, at),
        CheckItem(Need.PHONE, best is not None and best.has_phone, at),
        CheckItem(Need.ACCEPTS, best is not None and best.accepts_calls, at),
        CheckItem(Need.SITE_CALLS, known.takes_site_calls),
        CheckItem(Need.TEST_CALL, known.has_talked),
    )


def waits_for_dealer(items: tuple[CheckItem, ...]) -> bool:
    """Something is missing that the dealer can do without the head office."""
    return any(item.is_required and not item.is_done and item.need not in OF_HEAD_OFFICE for item in items)


def is_complete(items: tuple[CheckItem, ...]) -> bool:
    return all(item.is_done for item in items if item.is_required)
