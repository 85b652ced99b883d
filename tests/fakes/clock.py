"""A clock that moves only when told."""

from datetime import UTC, datetime, timedelta

MONDAY_NOON = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)  # 12:00 in Moscow, a working day


class FakeClock:
    def __init__(self, start: datetime = MONDAY_NOON) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta | float) -> datetime:
        """Move on by a timedelta or by seconds; returns the new instant."""
        self._now += by if isinstance(by, timedelta) else timedelta(seconds=by)
        return self._now

    def set(self, instant: datetime) -> None:
        self._now = instant.astimezone(UTC)
