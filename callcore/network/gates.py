"""The hard gates of the head site. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gates:
    """Fewest points for calls and for orders of the head site; None: no gate."""

    calls: int | None = None
    orders: int | None = None

    def closed_for(self, points: int) -> tuple[bool, bool]:
        """Are calls, are orders kept from a dealer with these points?"""
        return (
            self.calls is not None and points < self.calls,
            self.orders is not None and points < self.orders,
        )
