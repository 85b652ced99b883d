"""In-process bus for what has happened, used only after the commit.

Order of publishing is order of delivery. A subscriber is a plain function that must not wait; its failure is
logged and does not reach the others. The same port can be served by NATS between processes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from callcore.kernel.logs import get_logger

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Who may learn of an event. Empty sets mean nobody; `staff` means the manufacturer's own people."""

    staff: bool = False
    org_ids: frozenset[int] = frozenset()
    user_ids: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact, past tense. Carries ids and a version; readers fetch the state through their own rights."""

    at: datetime
    audience: Audience


Subscriber = Callable[[Event], None]


class Bus:
    def __init__(self) -> None:
        self._subscribers: list[Subscriber] = []

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Returns the function that ends the subscription."""
        self._subscribers.append(subscriber)
        return lambda: self._subscribers.remove(subscriber)

    def publish(self, *events: Event) -> None:
        for event in events:
            for subscriber in tuple(self._subscribers):
                try:
                    subscriber(event)
                except Exception:  # noqa: BLE001 - a border: one subscriber must not silence the others
                    _log.exception("subscriber failed", event_type=type(event).__name__)
