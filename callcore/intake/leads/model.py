"""What a base of leads gives, and how one fetching ends. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from callcore.intake.draft import Draft

KIND: Final = "leads"
PAGE_LEADS: Final = 100
MAX_PAGES: Final = 50  # of one run; the rest comes with the next
MAX_ID_CHARS: Final = 120
MAX_CURSOR_CHARS: Final = 500
LEASE: Final = timedelta(minutes=3)  # longer than a page with all its orders takes
LONGEST_WAIT: Final = timedelta(hours=6)


class RunState(StrEnum):
    """Stored: never renamed."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CUT = "cut"  # the program was stopped, or the connection was changed meanwhile


class RunCause(StrEnum):
    """Stored: never renamed."""

    BUTTON = "button"
    SCHEDULE = "schedule"


class Trouble(StrEnum):
    """Why nothing could be fetched. Stored: never renamed."""

    UNREACHABLE = "unreachable"
    NO_ANSWER = "no-answer"
    TLS = "tls"
    SIGN_IN = "sign-in"
    NOT_FOUND = "not-found"
    REDIRECT = "redirect"
    BUSY = "busy"
    FAILING = "failing"
    STRANGE = "strange"
    TOO_BIG = "too-big"
    GARBAGE = "garbage"
    STUCK = "stuck"
    SECRET = "secret"  # noqa: S105 - a name: it cannot be unsealed
    OURS = "ours"


@dataclass(frozen=True, slots=True)
class LeadAccess:
    """Where and as whom."""

    address: str
    login: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Lead:
    """`draft` None: it cannot be read, `wrong` says why by field, as of a draft. Its source is set by who takes it."""

    external_id: str
    draft: Draft | None
    wrong: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LeadPage:
    """`cursor` of the last lead, to be sent back as `after`."""

    leads: tuple[Lead, ...]
    cursor: str
    has_more: bool


def address_problem(text: str) -> str:
    """Empty for an address under which a base may be asked; else not-web, with-more, not-an-address, too-long."""
    if len(text) > 300:
        return "too-long"
    try:
        parts = urlsplit(text)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        return "not-an-address"
    if parts.scheme not in ("http", "https"):
        return "not-web" if parts.scheme and "://" in text else "not-an-address"
    if port == 0 or not host or not text.isprintable() or " " in text:
        return "not-an-address"
    return "with-more" if parts.query or parts.fragment or "@" in parts.netloc or "\\" in text else ""


def is_same_place(one: str, other: str) -> bool:
    """The same server: what it was told may be told it again."""
    places = [urlsplit(text) for text in (one, other)]
    first, second = ((place.scheme, place.hostname, place.port) for place in places)
    return first == second


def next_due(now: datetime, every: timedelta, failures: int) -> datetime:
    """Twice as long after each failure in a row."""
    slowed: timedelta = every * (1 << min(failures, 10))
    return now + max(every, min(slowed, LONGEST_WAIT))
