"""A bucket that refills."""

from datetime import UTC, datetime, timedelta

import pytest

from callcore.kernel import rate
from callcore.kernel.errors import TooMany
from callcore.kernel.rate import RateLimit

pytestmark = pytest.mark.unit

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


def test_a_burst_then_the_rate() -> None:
    limit = RateLimit(per_minute=6, burst=2)
    limit.admit("a", NOW)
    limit.admit("a", NOW)
    for _ in range(3):  # refused attempts cost nothing
        with pytest.raises(TooMany) as refused:
            limit.admit("a", NOW)
        assert refused.value.details["retry_after_s"] == 10
    limit.admit("b", NOW)
    limit.admit("a", NOW + timedelta(seconds=10))
    with pytest.raises(TooMany):
        limit.admit("a", NOW + timedelta(seconds=19.9))


def test_a_clock_that_goes_back_gives_nothing() -> None:
    limit = RateLimit(per_minute=60, burst=1)
    limit.admit("a", NOW)
    with pytest.raises(TooMany):
        limit.admit("a", NOW - timedelta(hours=1))


def test_it_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate, "KEPT", 3)
    limit = RateLimit(per_minute=1, burst=1)
    for number in range(100):
        limit.admit(str(number), NOW)
    with pytest.raises(TooMany):
        limit.admit("99", NOW)
    limit.admit("0", NOW)  # forgotten long ago
