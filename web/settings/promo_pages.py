"""Promo codes: the list, a new one, switching off and on."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from zoneinfo import ZoneInfo

from aiohttp import web

from callcore.kernel.errors import Conflict, Invalid, NotFound
from callcore.orders.change_settings import READERS
from callcore.orders.promo import PERCENT, SUM
from callcore.orders.promo_codes import PromoDraft, may_edit_promos
from web.security.sessions import viewer_of
from web.settings import words
from web.settings.services import SERVICES
from web.ui.flash import Flash, see_other
from web.ui.paths import number_in_path
from web.ui.templates import render

PATH: Final = "/settings/promo-codes"
NAMES: Final = ("code", "title", "kind", "value", "min_sum", "org_id", "since", "until", "use_limit")
KINDS: Final = {PERCENT: "процент", SUM: "рубли"}
WRONG: Final = {
    "code": "От 3 знаков, без пробелов",
    "title": "Не длиннее 80 знаков",
    "kind": "Выберите из списка",
    "value": "Больше нуля; процент не больше 100",
    "min_kopecks": "Рубли, от нуля",
    "use_limit": "Целое число от 1, или пусто",
    "valid_until": "Последний день раньше первого",
    "org_id": "Выберите дилера из списка",
}


async def promos(request: web.Request) -> web.Response:
    return await _page(request)


async def add(request: web.Request) -> web.Response:
    sent, viewer = await request.post(), viewer_of(request)
    typed = {name: _plain(sent.get(name, "")) for name in NAMES}
    draft, wrong = _read(typed, viewer.tz)
    if not wrong:
        try:
            code = await request.app[SERVICES].add_promo(viewer, draft)
        except Invalid as refused:
            wrong = {name: WRONG.get(name, "Не годится") for name in refused.details["fields"]}
        except Conflict:
            wrong = {"code": "Такой код уже есть"}
        else:
            return see_other(PATH, Flash("success", f"Промокод {code} работает"))
    return await _page(request, 422, typed=typed, errors=wrong)


async def switch(request: web.Request) -> web.Response:
    state, promo_id = request.match_info["state"], number_in_path(request, "id")
    if state not in ("on", "off"):
        raise NotFound("no-such-address")
    is_on = state == "on"
    code = await request.app[SERVICES].switch_promo(viewer_of(request), promo_id, is_on)
    said = f"{code}: {'снова работает' if is_on else 'выключен, в заказах, где он есть, скидка остаётся'}"
    return see_other(PATH, Flash("success", said, f"{PATH}/{promo_id}/{'off' if is_on else 'on'}"))


async def _page(request: web.Request, status: int = 200, **more: Any) -> web.Response:
    viewer, services = viewer_of(request), request.app[SERVICES]
    context: dict[str, Any] = {
        "tabs": words.tabs(PATH, viewer) if viewer.role in READERS else (),
        "rows": await services.promos(viewer),
        "kinds": list(KINDS.items()),
        "dealers": list((await services.dealers()).items()),
        "can_edit": may_edit_promos(viewer),
        "typed": dict.fromkeys(NAMES, ""),
        "errors": {},
        "worth": worth,
        "term": lambda draft: term(draft, viewer.tz),
    }
    return render(request, "settings/promos.html", status=status, **context | more)


def worth(draft: PromoDraft) -> str:
    text = f"{Decimal(draft.value) / 100:f}".rstrip("0").rstrip(".").replace(".", ",")
    return f"−{text} {'%' if draft.kind == PERCENT else '₽'}"


def term(draft: PromoDraft, tz: str) -> str:
    zone = ZoneInfo(tz)
    since = f"с {draft.valid_from.astimezone(zone):%d.%m.%Y}" if draft.valid_from else ""
    last = draft.valid_until.astimezone(zone) - timedelta(days=1) if draft.valid_until else None
    return f"{since} {f'по {last:%d.%m.%Y}' if last else ''}".strip() or "без срока"


def _read(typed: dict[str, str], tz: str) -> tuple[PromoDraft, dict[str, str]]:
    """Days are the viewer's; the last one is whole."""
    value, least = _hundredths(typed["value"]), _hundredths(typed["min_sum"] or "0")
    since, until = _day(typed["since"]), _day(typed["until"])
    uses, org = typed["use_limit"], typed["org_id"]
    wrong = {
        name: WRONG[name]
        for name, is_wrong in (
            ("value", value is None),
            ("min_kopecks", least is None),
            ("use_limit", bool(uses) and not _is_number(uses)),
            ("org_id", bool(org) and not _is_number(org)),
        )
        if is_wrong
    }
    wrong |= {
        name: "Выберите день" for name, day in (("valid_from", since), ("valid_until", until)) if day is False
    }
    draft = PromoDraft(
        code=typed["code"],
        title=typed["title"],
        kind=typed["kind"],
        value=value or 0,
        min_kopecks=least or 0,
        org_id=int(org) if _is_number(org) else None,
        valid_from=_midnight(since, tz) if isinstance(since, date) else None,
        valid_until=_midnight(until + timedelta(days=1), tz) if isinstance(until, date) else None,
        use_limit=int(uses) if _is_number(uses) else None,
    )
    return draft, wrong


def _hundredths(text: str) -> int | None:
    try:
        value = Decimal("".join(text.split()).replace(",", ".")) * 100
    except InvalidOperation:
        return None
    return int(value) if value.is_finite() and value == value.to_integral() and abs(value) < 10**15 else None


def _day(text: str) -> date | bool | None:
    """None for nothing typed, False for no day."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return False
    return day if 2000 <= day.year <= 2100 else False


def _midnight(day: date, tz: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(tz))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _plain(value: object) -> str:
    return (
        "".join(char for char in value if char.isprintable()).strip()[:200] if isinstance(value, str) else ""
    )
