"""A call's legs as horizontal bars. Rooms fill these; the macro `leg_lines` draws them as SVG."""

from dataclasses import dataclass
from math import ceil
from typing import Literal

Kind = Literal["ringing", "talking", "held", "announcement", "voicemail"]
Outcome = Literal["talked", "no-answer", "busy", "declined", "failed", "elsewhere", "running"]

_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
_MAX_TICKS = 5


@dataclass(frozen=True, slots=True)
class LegSpan:
    """A stretch of one leg, in seconds from the start of the call."""

    kind: Kind
    from_s: float
    to_s: float


@dataclass(frozen=True, slots=True)
class LegLine:
    """One leg: who it was, with which number, what came of it, and its stretches in order of time."""

    who: str
    note: str
    icon: str
    outcome: Outcome
    outcome_text: str
    spans: tuple[LegSpan, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch in percent of the whole width."""

    kind: Kind
    left: float
    width: float
    from_s: float
    to_s: float


def ticks(total_s: float) -> tuple[tuple[float, int], ...]:
    """Places of the scale: (percent, seconds), at most five after zero, so that their words do not touch, on round steps."""
    step = next((s for s in _STEPS_S if total_s / s <= _MAX_TICKS), 3600 * ceil(total_s / 3600 / _MAX_TICKS))
    count = int(total_s // step)
    return tuple((_percent(index * step, total_s), index * step) for index in range(count + 1))


def bars(line: LegLine, total_s: float) -> tuple[Bar, ...]:
    """Stretches clipped to the call; each at least half a percent wide, so that none vanishes."""
    result = []
    for span in line.spans:
        left = _percent(span.from_s, total_s)
        right = max(_percent(span.to_s, total_s), left)
        left = min(left, 99.5)
        result.append(Bar(span.kind, left, round(max(right - left, 0.5), 2), span.from_s, span.to_s))
    return tuple(result)


def _percent(seconds: float, total_s: float) -> float:
    return round(min(max(seconds / total_s, 0), 1) * 100, 2) if total_s > 0 else 0.0
