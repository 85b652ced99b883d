"""What the forms of shifts offer, and how a refusal names the shift in the way."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from aiohttp import web

from callcore.kernel.errors import Conflict
from callcore.network.change_duty import may_edit_duty
from callcore.network.duty import DutyPhone
from callcore.network.duty_plan import Span
from web.duty import week
from web.duty.services import SERVICES
from web.security.sessions import viewer_of
from web.ui.formats import zone_label

_DAY = timedelta(days=1)
REPEATS: Final = [
    ("none", "один раз"),
    ("daily", "каждый день"),
    ("weekly", "каждую неделю в этот день"),
]
ZONES: Final = (
    ("Europe/Kaliningrad", "Калининград"), ("Europe/Moscow", "Москва"), ("Europe/Samara", "Самара"),
    ("Asia/Yekaterinburg", "Екатеринбург"), ("Asia/Omsk", "Омск"), ("Asia/Novosibirsk", "Новосибирск"),
    ("Asia/Krasnoyarsk", "Красноярск"), ("Asia/Irkutsk", "Иркутск"), ("Asia/Yakutsk", "Якутск"),
    ("Asia/Vladivostok", "Владивосток"), ("Asia/Magadan", "Магадан"), ("Asia/Kamchatka", "Камчатка"),
)  # fmt: skip


def form_context(
    request: web.Request, phones: Sequence[DutyPhone], today: date, now: datetime
) -> dict[str, Any]:
    viewer = viewer_of(request)
    sunday = week.monday_of(today) + 6 * _DAY
    whole_week = request.query.get("add") == "week"
    day = date_in(request, "day", today)
    typed = {
        "day": day.isoformat(),
        "start": "21:00",
        "end": "09:00",
        "tz": viewer.tz,
        "repeat": "daily" if whole_week else "none",
        "until": (sunday if sunday > day else day + 6 * _DAY).isoformat() if whole_week else "",
    }
    known = dict(ZONES) | ({} if viewer.tz in dict(ZONES) else {viewer.tz: viewer.tz})
    return {
        "typed": typed,
        "errors": {},
        "trouble": "",
        "phones": [(phone.id, phone.label) for phone in phones],
        "people": [(phone.user_id, phone.label) for phone in phones if phone.user_id],
        "reserve": ", ".join(phone.label for phone in phones if phone.position is not None),
        "zones": [(tz, f"{name} ({zone_label(now, tz)})") for tz, name in known.items()],
        "repeats": REPEATS,
        "can_edit": may_edit_duty(viewer),
        "today": today,
    }


async def conflict_words(request: web.Request, error: Conflict) -> dict[str, str]:
    """Names the shift in the way, its time and who stands in it."""
    if error.code != "shift-overlaps":
        raise error
    span = Span(error.details["starts_at"], error.details["ends_at"])
    shifts = await request.app[SERVICES].shifts(span.starts_at, span.ends_at)
    first = error.details["phone_ids"][:1]
    name = next((s.phones[0].label for s in shifts if s.phones and [s.phones[0].id] == list(first)), "")
    told = week.span_words(span, viewer_of(request).tz)
    return {
        "start": f"Здесь уже стоит смена: {told}{f', {name}' if name else ''}. Сдвиньте время или измените её"
    }


def date_in(request: web.Request, name: str, otherwise: date) -> date:
    """A date of the address; another one for what is none."""
    return as_date(request.query.get(name, ""), otherwise)


def as_date(text: str, otherwise: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return otherwise
    return day if 2000 <= day.year <= 2100 else otherwise


def number_of(raw: Any) -> int:
    text = raw if isinstance(raw, str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
