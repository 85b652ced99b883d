"""«Кто получит звонок?»: the decision for any number and moment, without calling."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from aiohttp import web

from callcore.kernel.errors import NotFound
from callcore.kernel.phones import parse_phone
from callcore.network.model import Viewer
from callcore.network.policy_versions import VersionName
from callcore.routing.explain import step_text, to_json
from web.calls.why import why_of
from web.keys import DEPS
from web.routing.services import SERVICES, Asked
from web.security.sessions import viewer_of
from web.ui.clock import typed_moment
from web.ui.formats import phone, zone_label
from web.ui.templates import render

ZONES: Final = (
    "Europe/Kaliningrad", "Europe/Moscow", "Europe/Samara", "Asia/Yekaterinburg", "Asia/Omsk", "Asia/Krasnoyarsk",
    "Asia/Irkutsk", "Asia/Yakutsk", "Asia/Vladivostok", "Asia/Magadan", "Asia/Kamchatka",
)  # fmt: skip
FOOT: Final = "Проба: люди и точки взяты такими, какими записаны сейчас, никому не звонили."
FIELDS: Final = ("from", "to", "at", "tz", "policy")
_MAX_TEXT: Final = 60


async def what_if(request: web.Request) -> web.Response:
    services, viewer = request.app[SERVICES], viewer_of(request)
    book = await services.book(viewer, None)
    typed = {name: _plain(request.query.get(name, "")) for name in FIELDS}
    typed["at"] = typed_moment(request.query, "at")
    asked, errors = _understand(typed, viewer)
    context: dict[str, Any] = {
        "typed": typed | {"tz": typed["tz"] or _zone_of(viewer)},
        "errors": errors,
        "dids": [(did.number, f"{phone(did.number)} {did.label}") for did in book.dids],
        "zones": [(tz, f"{_city(tz)}, {zone_label(request.app[DEPS].clock.now(), tz)}") for tz in ZONES],
        "versions": [_choice(one) for one in await services.version_names(viewer)],
        "decision": None,
        "why": None,
        "steps": (),
        "is_asked": bool(typed["to"]),
        "tries": (),
        "oob": False,
        "why_title": "Кого рассмотрели и почему",
    }
    if not typed["to"] and not typed["from"]:
        return render(request, "routing/what_if.html", **context)
    if not errors and asked is not None:
        try:
            decision = await services.what_if(viewer, asked)
        except NotFound:
            errors["policy"] = "Такой версии нет: выберите из списка"
        else:
            why = why_of(to_json(decision))
            context |= {
                "decision": decision,
                "why": replace(why, foot=FOOT) if why else None,
                "steps": [(step_text(step), step.ring_s) for step in decision.plan.steps],
            }
    return render(request, "routing/what_if.html", status=400 if errors else 200, **context)


def _understand(typed: dict[str, str], viewer: Viewer) -> tuple[Asked | None, dict[str, str]]:
    errors: dict[str, str] = {}
    number = parse_phone(typed["from"]) if typed["from"] else None
    if typed["from"] and number is None:
        errors["from"] = "Такого номера не бывает: проверьте цифры или оставьте поле пустым, если номер скрыт"
    if not typed["to"]:
        errors["to"] = "Выберите, на какой из наших номеров звонят"
    at = _moment(typed["at"], typed["tz"] or _zone_of(viewer))
    if typed["at"] and at is None:
        errors["at"] = "Укажите день и время, например 08.03.2026 03:00, и часовой пояс из списка"
    version = _version(typed["policy"])
    if typed["policy"] and version is None:
        errors["policy"] = "Выберите версию из списка"
    if errors:
        return None, errors
    return Asked(typed["to"], number.e164 if number else "", at, version), errors


def _moment(text: str, tz: str) -> datetime | None:
    if not text or tz not in (*ZONES, "UTC"):
        return None
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(tz))) if 2000 <= at.year <= 2100 else None
    except (ValueError, OverflowError):
        return None


def _version(text: str) -> tuple[int, int] | None:
    policy_id, _, version = text.partition(".")
    parts = (policy_id, version)
    if not all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts):
        return None
    return int(policy_id), int(version)


def _choice(one: VersionName) -> tuple[str, str]:
    return f"{one.policy_id}.{one.version}", f"{one.name}, версия {one.version}"


def _zone_of(viewer: Viewer) -> str:
    return viewer.tz if viewer.tz in ZONES else "Europe/Moscow"


_CITIES: Final = dict(
    zip(
        ZONES,
        (
            "Калининград", "Москва", "Самара", "Екатеринбург", "Омск", "Красноярск", "Иркутск", "Якутск",
            "Владивосток", "Магадан", "Камчатка",
        ),
        strict=True,
    )
)  # fmt: skip


def _city(tz: str) -> str:
    return _CITIES[tz]


def _plain(raw: str) -> str:
    return "".join(char for char in raw if char.isprintable()).strip()[:_MAX_TEXT]
