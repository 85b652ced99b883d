"""Chance with a fixed seed: instants of a working week, names, numbers. The same `now` gives the same network."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from callcore.demo.data import DemoWords, patronymic

SEED: Final = 20_260_301
DAYS: Final = 90
WEEKDAYS: Final = (1.15, 1.1, 1.05, 1.0, 0.95, 0.55, 0.35)
# calls of an hour on the caller's clock
HOURS: Final = (0.1, 0.05, 0.05, 0.05, 0.05, 0.1, 0.3, 1, 3, 8, 11, 11, 9, 8, 9, 9, 8, 7, 5, 4, 3, 2, 1, 0.4)
WORK_BEGINS, WORK_ENDS = 9, 19

T = TypeVar("T")


class Chance:
    def __init__(self, now: datetime, seed: int = SEED) -> None:
        self.random = random.Random(seed)
        self.now = now
        days = [now.date() - timedelta(days=back) for back in range(DAYS)]
        # a few more calls each week: the network grows
        self._days = {
            day: WEEKDAYS[day.weekday()] * (1.2 - 0.4 * back / DAYS) for back, day in enumerate(days)
        }
        self._zones: dict[str, ZoneInfo] = {}

    def of(self, *weighted: tuple[T, float]) -> T:
        """One of several, by weight."""
        return self.random.choices([value for value, _ in weighted], [weight for _, weight in weighted])[0]

    def one(self, values: Sequence[T]) -> T:
        return self.random.choice(values)

    def happens(self, probability: float) -> bool:
        return self.random.random() < probability

    def seconds(self, low: float, high: float) -> timedelta:
        return timedelta(seconds=round(self.random.uniform(low, high)))

    def talk(self) -> timedelta:
        """Most talks take one to three minutes, a few a quarter of an hour."""
        return timedelta(seconds=round(min(1500, max(9, self.random.lognormvariate(4.6, 0.75)))))

    def moment(self, tz: str) -> datetime:
        """A past instant of the last 90 days, by weekday and hour on the clock of the zone."""
        zone = self._zone(tz)
        while True:
            day = self.random.choices(list(self._days), list(self._days.values()))[0]
            hour = self.random.choices(range(24), HOURS)[0]
            local = datetime(
                day.year,
                day.month,
                day.day,
                hour,
                self.random.randrange(60),
                self.random.randrange(60),
                tzinfo=zone,
            )
            instant = local.astimezone(UTC)
            if self.now - timedelta(days=DAYS) < instant < self.now - timedelta(minutes=40):
                return instant

    def at_work(self, instant: datetime, tz: str) -> datetime:
        """The instant itself in working hours, else some minutes after the next morning's opening."""
        local = instant.astimezone(self._zone(tz))
        if WORK_BEGINS <= local.hour < WORK_ENDS:
            return instant
        if local.hour >= WORK_ENDS:
            local += timedelta(days=1)
        morning = local.replace(
            hour=WORK_BEGINS, minute=self.random.randrange(50), second=self.random.randrange(60)
        )
        return morning.astimezone(UTC)

    def person(self, words: DemoWords) -> str:
        """Surname, name and patronymic; sometimes only a name, as customers introduce themselves."""
        is_woman = self.happens(0.48)
        name = self.one(words.women if is_woman else words.men)
        if self.happens(0.25):
            return name
        surname = self.one(words.surnames) + ("а" if is_woman else "")
        return f"{surname} {name} {patronymic(self.one(words.fathers), woman=is_woman)}"

    def public_id(self) -> str:
        """Has the form of kernel.ids.public_id, but repeats with the seed."""
        return "".join(self.random.choices("23456789abcdefghjkmnpqrstuvwxyz", k=26))

    def _zone(self, tz: str) -> ZoneInfo:
        if tz not in self._zones:
            self._zones[tz] = ZoneInfo(tz)
        return self._zones[tz]
