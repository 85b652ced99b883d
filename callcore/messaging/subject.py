"""What is to be told of a fact, before anybody's choice. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from callcore.kernel.bus import Event


@dataclass(frozen=True, slots=True)
class Subject:
    """`url` is a page of ours, `customer_url` the customer's own one. `moments` are written on the reader's own clock.
    `private` names values that people wrote: they may hold a customer's number. `org_id` is the dealer that the fact is
    about, `manager_id` whose order or task it is, `actor_id` who did it. `once`: the customer is told one time of all
    facts with the same word. `tz` is the customer's."""

    url: str
    values: Mapping[str, str] = field(default_factory=dict)
    moments: Mapping[str, datetime] = field(default_factory=dict)
    private: frozenset[str] = frozenset()
    org_id: int | None = None
    manager_id: int | None = None
    actor_id: int | None = None
    order_id: int | None = None
    customer_id: int | None = None
    customer_url: str = ""
    tz: str = ""
    once: str = ""
    events: tuple[Event, ...] = ()
