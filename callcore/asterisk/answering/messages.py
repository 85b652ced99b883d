"""What the application and the process that answers callers tell each other: frozen objects, pickled, with their length
before them. Both ends are ours, over sockets that nobody else holds."""

import pickle
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from callcore.asterisk.agi.server import AgiSettings
from callcore.calls.facts import RouteDecided
from callcore.outbound.masked_way import MaskedWay
from callcore.routing.given import Given
from callcore.routing.known import RoutingSnapshot
from callcore.routing.numbering import NumberingPlan

HEAD: Final = struct.Struct(">I")


# --- the application says


@dataclass(frozen=True, slots=True)
class Begin:
    """The first word."""

    agi: AgiSettings
    log_level: str
    log_style: str


@dataclass(frozen=True, slots=True)
class Network:
    """`snapshot` without its numbering plan when that is the one of before."""

    snapshot: RoutingSnapshot
    numbering: NumberingPlan | None


@dataclass(frozen=True, slots=True)
class LiveNews:
    """Fields of Live that are others now, see differences.py. `heard`: decisions that are counted in them."""

    changes: Mapping[str, Any]
    heard: int


@dataclass(frozen=True, slots=True)
class Ways:
    """Masked sessions by the dealer's telephone and our number."""

    ways: Mapping[tuple[str, str], MaskedWay] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Beat:
    """The application comes round; the other side says the same back."""


@dataclass(frozen=True, slots=True)
class Open:
    """All is said that a caller needs: listen."""


@dataclass(frozen=True, slots=True)
class Close:
    """Finish what is being answered and end."""


# --- the process says


@dataclass(frozen=True, slots=True)
class Ready:
    """Callers may come."""

    port: int


@dataclass(frozen=True, slots=True)
class Refused:
    """It cannot begin: the port is taken."""

    errno: int
    reason: str


@dataclass(frozen=True, slots=True)
class Decided:
    """One plan that the PBX has taken. `number` counts from 1. `took_s` is what the caller waited for it."""

    number: int
    fact: RouteDecided
    given: Given
    took_s: float


def pack(message: object) -> bytes:
    body = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return HEAD.pack(len(body)) + body


def unpack(body: bytes) -> Any:
    return pickle.loads(body)  # noqa: S301 - of our own other half
