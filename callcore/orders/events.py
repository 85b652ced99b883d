"""What orders announce. A number and what kind of thing happened; readers fetch the rest by their rights."""

from dataclasses import dataclass
from enum import StrEnum

from callcore.kernel.bus import Event


class OrderNews(StrEnum):
    """The strongest first."""

    CREATED = "created"
    AVAILABLE = "available"  # it can be taken by somebody who could not a moment ago
    MOVED = "moved"  # it stands on other tabs than before
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderChanged(Event):
    number: int
    what: OrderNews
