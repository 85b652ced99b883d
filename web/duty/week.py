"""The week of the roster as days with pieces: a shift or a gap, cut at midnight of the viewer's clock. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from callcore.network.duty import ShiftView
from callcore.network.duty_plan import Span, gaps, uncovered
from callcore.routing.explain import MONTHS
from web.ui.formats import phone as phone_words

_DAY = timedelta(days=1)
_DAYS = ("понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье")
_SHORT = ("пн", "вт", "ср", "чт", "пт", "сб", "вс")
TONES = 6


@dataclass(frozen=True, slots=True)
class Piece:
    """What lies on one day. `kind` is shift, gap or office; `left` and `width` are percents of the day; `number` is
    unique on the page."""

    kind: str
    number: int
    left: float
    width: float
    hours: str
    name: str = ""
    others: str = ""
    note: str = ""
    shift_id: int = 0
    tone: int = 0
    span: Span | None = None
    whole: str = ""
    is_now: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    at: date
    name: str
    short: str
    is_today: bool
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class MonthCell:
    at: date
    is_other: bool
    is_today: bool
    names: tuple[tuple[str, int], ...]
    has_gap: bool


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def week_days(
    monday: date, shifts: Sequence[ShiftView], away: Iterable[Span], tz: str, now: datetime
) -> tuple[Day, ...]:
    zone, away = ZoneInfo(tz), tuple(away)
    holes = gaps([Span(shift.starts_at, shift.ends_at) for shift in shifts], away)
    number, days = 0, []
    for shift_days in range(7):
        day = monday + shift_days * _DAY
        first, last = midnight(day, zone), midnight(day + _DAY, zone)
        found = [_shift(shift, first, last, zone, now) for shift in shifts]
        found += [_gap(hole, first, last, zone, now) for hole in holes]
        found += [_span("office", span, first, last, zone) for span in uncovered(away, first, last)]
        pieces = sorted((piece for piece in found if piece), key=lambda piece: (piece.left, piece.kind))
        numbered = []
        for piece in pieces:
            number += 1
            numbered.append(_numbered(piece, number))
        name = f"{_DAYS[shift_days]}, {day.day} {MONTHS[day.month - 1]}"
        today = now.astimezone(zone).date() == day
        days.append(Day(day, name, f"{_SHORT[shift_days]} {day.day}", today, tuple(numbered)))
    return tuple(days)


def month_weeks(
    month: date, shifts: Sequence[ShiftView], away: Iterable[Span], tz: str, now: datetime
) -> tuple[tuple[MonthCell, ...], ...]:
    zone, holes = ZoneInfo(tz), gaps([Span(s.starts_at, s.ends_at) for s in shifts], tuple(away))
    begin, weeks = monday_of(month), []
    while begin <= month or begin.month == month.month:
        cells = []
        for place in range(7):
            day = begin + place * _DAY
            whole = Span(midnight(day, zone), midnight(day + _DAY, zone))
            names = dict.fromkeys((_name(s), _tone(s)) for s in shifts if whole.overlaps(_span_of(s)))
            has_gap = any(hole.overlaps(whole) and hole.ends_at > now for hole in holes)
            today = now.astimezone(zone).date() == day
            cells.append(MonthCell(day, day.month != month.month, today, tuple(names), has_gap))
        weeks.append(tuple(cells))
        begin += 7 * _DAY
    return tuple(weeks)


def span_words(span: Span, tz: str) -> str:
    """«24 ноября с 21:00 до 09:00», «24 ноября, 21:00 – 26 ноября, 09:00»."""
    zone = ZoneInfo(tz)
    start, end = span.starts_at.astimezone(zone), span.ends_at.astimezone(zone)
    day = f"{start.day} {MONTHS[start.month - 1]}"
    if end - start <= _DAY:
        return f"{day} с {start:%H:%M} до {end:%H:%M}"
    return f"с {day}, {start:%H:%M} до {end.day} {MONTHS[end.month - 1]}, {end:%H:%M}"


def _shift(shift: ShiftView, first: datetime, last: datetime, zone: ZoneInfo, now: datetime) -> Piece | None:
    piece = _span("shift", _span_of(shift), first, last, zone)
    if piece is None:
        return None
    called = [f"{phone.label}, {_address(phone.address)}" for phone in shift.phones]
    return Piece(
        "shift",
        0,
        piece.left,
        piece.width,
        piece.hours,
        _name(shift),
        ", ".join(phone.label for phone in shift.phones[1:]),
        shift.note,
        shift.id,
        _tone(shift),
        whole="; ".join(called),
        is_now=shift.starts_at <= now < shift.ends_at,
    )


def _gap(span: Span, first: datetime, last: datetime, zone: ZoneInfo, now: datetime) -> Piece | None:
    """Of a gap that has passed nothing is said."""
    if span.ends_at <= now:
        return None
    coming = Span(max(span.starts_at, now), span.ends_at)
    return _span("gap", coming, first, last, zone)


def _span(kind: str, span: Span, first: datetime, last: datetime, zone: ZoneInfo) -> Piece | None:
    start, end = max(span.starts_at, first), min(span.ends_at, last)
    if start >= end:
        return None
    length = last - first
    until = "24:00" if end == last else f"{end.astimezone(zone):%H:%M}"
    hours = f"{start.astimezone(zone):%H:%M}–{until}"
    return Piece(
        kind,
        0,
        round((start - first) / length * 100, 3),
        round((end - start) / length * 100, 3),
        hours,
        span=span,
    )


def _numbered(piece: Piece, number: int) -> Piece:
    return replace(piece, number=number)


def _span_of(shift: ShiftView) -> Span:
    return Span(shift.starts_at, shift.ends_at)


def _name(shift: ShiftView) -> str:
    return shift.phones[0].label if shift.phones else "телефоны отключены"


def _tone(shift: ShiftView) -> int:
    return shift.phones[0].id % TONES if shift.phones else 0


def _address(text: str) -> str:
    return phone_words(text) if text.startswith("+") else f"внутр. {text}"
