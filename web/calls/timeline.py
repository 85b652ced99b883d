"""A call's legs as bars and as a table of tries. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from callcore.calls.model import LegOutcome, LegRole
from web.calls.words import OUTCOMES, ROLES
from web.ui.formats import duration
from web.ui.legs import LegLine, LegSpan, Outcome

MIN_TOTAL_S = 1.0
_TONES: dict[Outcome, str] = {
    "talked": "ok",
    "no-answer": "warn",
    "busy": "warn",
    "declined": "bad",
    "failed": "bad",
    "elsewhere": "calm",
    "running": "live",
}


class Leg(Protocol):
    """What a leg must tell; the names are those that this viewer may see."""

    @property
    def role(self) -> str: ...
    @property
    def step(self) -> int | None: ...
    @property
    def started_at(self) -> datetime: ...
    @property
    def bridged_at(self) -> datetime | None: ...
    @property
    def ended_at(self) -> datetime | None: ...
    @property
    def outcome(self) -> str: ...
    @property
    def outlet_name(self) -> str: ...
    @property
    def org_name(self) -> str: ...
    @property
    def user_name(self) -> str: ...
    @property
    def phone_label(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Try:
    """One phone that was rung: `tone` as in the macro `pill`."""

    step: int | None
    who: str
    note: str
    result: str
    tone: str
    rang_s: float


def total_s(started_at: datetime, ended_at: datetime | None, now: datetime) -> float:
    return max(((ended_at or now) - started_at).total_seconds(), MIN_TOTAL_S)


def lines_of(
    legs: Sequence[Leg], started_at: datetime, now: datetime, *, is_inbound: bool
) -> tuple[LegLine, ...]:
    """The customer first, then phones in order of time."""
    ordered = sorted(legs, key=lambda leg: (leg.role != LegRole.CUSTOMER, leg.started_at))
    return tuple(_line(leg, started_at, now, is_inbound=is_inbound) for leg in ordered)


def tries_of(legs: Sequence[Leg], now: datetime) -> tuple[Try, ...]:
    """Phones only, in order of time."""
    phones = sorted((leg for leg in legs if leg.role != LegRole.CUSTOMER), key=lambda leg: leg.started_at)
    return tuple(_try(leg, now) for leg in phones)


def who_of(leg: Leg) -> tuple[str, str]:
    """(name, note): a person when known, else the outlet, else the phone, else the role."""
    role = _role(leg)[0]
    names = [name for name in (leg.user_name, leg.outlet_name, leg.phone_label) if name]
    if leg.role == LegRole.CUSTOMER or not names:
        return role, ""
    note = (
        leg.phone_label if leg.outlet_name and leg.phone_label else leg.org_name if leg.outlet_name else role
    )
    return names[0], note if note != names[0] else ""


def _role(leg: Leg) -> tuple[str, str]:
    return ROLES[LegRole(leg.role)] if leg.role in ROLES else (leg.role, "phone")


def _try(leg: Leg, now: datetime) -> Try:
    words, outcome = _outcome(leg)
    who, note = who_of(leg)
    until = leg.bridged_at or leg.ended_at or now
    rang_s = max((until - leg.started_at).total_seconds(), 0.0)
    return Try(leg.step, who, note, words, _TONES[outcome], rang_s)


def _line(leg: Leg, call_start: datetime, now: datetime, *, is_inbound: bool) -> LegLine:
    words, outcome = _outcome(leg)
    if is_inbound and leg.role == LegRole.CUSTOMER and leg.ended_at and leg.bridged_at is None:
        # whoever calls cannot fail to answer
        words, outcome = f"ждал {duration(leg.ended_at - leg.started_at)}", "elsewhere"
    who, note = who_of(leg)
    return LegLine(who, note, _role(leg)[1], outcome, words, _spans(leg, call_start, now))


def _outcome(leg: Leg) -> tuple[str, Outcome]:
    if leg.ended_at is None:
        return (
            "говорит" if leg.bridged_at else "на линии" if leg.role == LegRole.CUSTOMER else "звоним"
        ), "running"
    if leg.bridged_at is not None:
        talked = max((leg.ended_at - leg.bridged_at).total_seconds(), 0.0)
        return f"разговор {duration(talked)}", "talked"
    if leg.outcome in OUTCOMES:
        return OUTCOMES[LegOutcome(leg.outcome)]
    return ("не соединён" if leg.role == LegRole.CUSTOMER else "вызов снят"), "elsewhere"


def _spans(leg: Leg, call_start: datetime, now: datetime) -> tuple[LegSpan, ...]:
    end = leg.ended_at or now

    def second(at: datetime) -> float:
        return max((at - call_start).total_seconds(), 0.0)

    if leg.bridged_at is None:
        return (LegSpan("ringing", second(leg.started_at), second(end)),)
    return (
        LegSpan("ringing", second(leg.started_at), second(leg.bridged_at)),
        LegSpan("talking", second(leg.bridged_at), second(end)),
    )
