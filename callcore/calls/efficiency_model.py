"""How well telephones are answered: whose, what became of each call, figures. Pure.

A call is offered to somebody when a phone of his rang for a customer's call. It then has one fate of four: answered,
declined, missed (nobody of ours talked), taken (another one of ours talked).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

CALLED_BACK_WITHIN: Final = timedelta(days=7)


class Level(StrEnum):
    """Whose. The values stand in addresses: never renamed."""

    WHOLE = "all"  # all phones that the viewer may know of
    TREE = "tree"  # of a dealer with all below him
    DEALER = "dealer"
    OUTLET = "outlet"
    PERSON = "person"


class Fate(StrEnum):
    """What became of calls, and what was done. The values stand in addresses: never renamed."""

    OFFERED = "offered"
    ANSWERED = "answered"
    DECLINED = "declined"
    MISSED = "missed"
    TAKEN = "taken"
    CALLED_BACK = "called_back"  # of the missed: one of ours has talked with that number since, within CALLED_BACK_WITHIN
    WON = "won"  # of the answered: its order is in work or fulfilled
    MADE = "made"  # calls out
    REACHED = "reached"  # of them with a talk


@dataclass(frozen=True, slots=True)
class Subject:
    """`id` of the organisation, outlet or person; 0 for WHOLE."""

    level: Level
    id: int = 0

    def __str__(self) -> str:
        return f"{self.level}-{self.id}" if self.id else str(self.level)

    @classmethod
    def parse(cls, text: str) -> "Subject":
        """Raises ValueError for what no page has given out."""
        name, _, number = text.partition("-")
        level = Level(name)
        if level is Level.WHOLE:
            if number:
                raise ValueError(text)
            return WHOLE
        if not (number.isascii() and number.isdigit() and 0 < len(number) < 18):
            raise ValueError(text)
        return cls(level, int(number))


WHOLE: Final = Subject(Level.WHOLE)


@dataclass(frozen=True, slots=True)
class Share:
    """The calls behind one figure."""

    subject: Subject
    fate: Fate


@dataclass(frozen=True, slots=True)
class Period:
    """`since` inclusive, `until` exclusive; `tz` whose days and hours are meant."""

    since: datetime
    until: datetime
    tz: str

    @property
    def before(self) -> "Period":
        """As long, and ends where this one begins."""
        return Period(self.since - (self.until - self.since), self.since, self.tz)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Counts of calls. Seconds are means; `answer_p90_s`: nine answers of ten were at least as quick. None: no such call.
    `talk_s` is the sum over answered calls."""

    offered: int = 0
    answered: int = 0
    declined: int = 0
    missed: int = 0
    taken: int = 0
    called_back: int = 0
    won: int = 0
    made: int = 0
    reached: int = 0
    answer_s: float | None = None
    answer_p90_s: float | None = None
    talk_s: float = 0
    callback_s: float | None = None

    @property
    def answered_percent(self) -> int | None:
        """Of the calls that were his to answer: those that another took do not count against him."""
        own = self.offered - self.taken
        return round(100 * self.answered / own) if own else None

    @property
    def won_percent(self) -> int | None:
        return round(100 * self.won / self.answered) if self.answered else None

    @property
    def mean_talk_s(self) -> float | None:
        return self.talk_s / self.answered if self.answered else None

    def count(self, fate: Fate) -> int:
        value: int = getattr(self, fate.value)
        return value


NO_FIGURES: Final = Figures()


@dataclass(frozen=True, slots=True)
class Line:
    """`place` tells whose the person or outlet is."""

    subject: Subject
    name: str
    place: str
    figures: Figures
    before: Figures


@dataclass(frozen=True, slots=True)
class Bar:
    """Calls of one day or of one hour."""

    offered: int = 0
    answered: int = 0
    declined: int = 0
    missed: int = 0
    taken: int = 0

    def plus(self, other: "Bar") -> "Bar":
        return Bar(
            self.offered + other.offered,
            self.answered + other.answered,
            self.declined + other.declined,
            self.missed + other.missed,
            self.taken + other.taken,
        )

    def count(self, fate: Fate) -> int:
        value: int = getattr(self, fate.value)
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`of` as asked; `total` counts each call once. `days` all of the period, `hours` 0..23."""

    of: Subject
    name: str
    period: Period
    total: Figures
    before: Figures
    lines: tuple[Line, ...]
    days: Mapping[date, Bar]
    hours: Mapping[int, Bar]
