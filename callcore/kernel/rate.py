"""How often one caller may do a thing: a bucket that refills. In the memory of this process, bounded."""

import math
from collections import OrderedDict
from datetime import datetime
from typing import Final

from callcore.kernel.errors import TooMany

KEPT: Final = (
    10_000  # callers; the one that was not seen for longest is forgotten, which only lets it in sooner
)


class RateLimit:
    """`burst` at once, then `per_minute`. `subject` is whatever tells callers apart: the id of a key, an address."""

    def __init__(self, *, per_minute: float, burst: int) -> None:
        self._per_s = per_minute / 60
        self._burst = float(burst)
        self._buckets: OrderedDict[str, tuple[float, datetime]] = OrderedDict()

    def admit(self, subject: str, now: datetime) -> None:
        """Raises TooMany with `retry_after_s`; a refused attempt costs nothing."""
        left, at = self._buckets.pop(subject, (self._burst, now))
        left = min(self._burst, left + max((now - at).total_seconds(), 0) * self._per_s)
        is_in = left >= 1
        self._buckets[subject] = (left - 1 if is_in else left, now)
        if len(self._buckets) > KEPT:
            _ = self._buckets.popitem(last=False)
        if not is_in:
            raise TooMany("too-often", retry_after_s=max(1, math.ceil((1 - left) / self._per_s)))
