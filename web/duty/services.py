"""What the duty room needs from below; bootstrap fills it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from callcore.network.change_duty import ChangeDuty
from callcore.network.duty import DutyPhone, ShiftView
from callcore.network.duty_plan import Span
from callcore.network.model import Viewer
from callcore.network.person_hours import ChangePersonHours, PersonHours


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyServices:
    """`phones` are those that may stand in a shift, the reserve first. `away` is the time without operators."""

    shifts: Callable[[datetime, datetime], Awaitable[Sequence[ShiftView]]]
    shift: Callable[[int], Awaitable[ShiftView | None]]
    phones: Callable[[], Awaitable[Sequence[DutyPhone]]]
    away: Callable[[datetime, datetime], Sequence[Span]]
    coming_gaps: Callable[[], Awaitable[Sequence[Span]]]
    change: ChangeDuty
    person: Callable[[Viewer, int], Awaitable[PersonHours]]
    person_hours: ChangePersonHours


SERVICES = web.AppKey("duty_services", DutyServices)
