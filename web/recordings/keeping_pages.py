"""How long recordings are kept, and whether rows and files agree."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from callcore.calls.change_retention import EDITORS, READERS, RuleForm
from callcore.calls.recording_card import CHECKERS
from callcore.calls.recording_retention import Rule
from callcore.kernel.errors import Invalid, NotAllowedNow, NotFound
from web.calls import words as call_words
from web.dealers.typed import typed as one_line
from web.recordings import words
from web.recordings.services import SERVICES
from web.rooms import Route, get, post
from web.security.access import roles
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.paths import number_in_path
from web.ui.templates import render

READ: Final = roles(*READERS)
EDIT: Final = roles(*EDITORS)
CHECK: Final = roles(*CHECKERS)
RULES: Final = "/recordings/rules"
CHECKS: Final = "/recordings/checks"
_FIELDS: Final = ("title", "org", "did", "direction", "kind", "result", "days", "reason", "is_active")


async def rules(request: web.Request) -> web.Response:
    return await _rules_page(request)


async def _rules_page(
    request: web.Request, status: int = 200, *, typed: Mapping[str, str] | None = None, **more: Any
) -> web.Response:
    """`typed` is what stands in the form: of the rule in ?rule=, of a new one, or what was sent."""
    services, viewer = request.app[SERVICES], viewer_of(request)
    book, choices = await services.rules.book(viewer), await services.choices(viewer)
    wanted = request.match_info.get("rule_id") or request.query.get("rule", "")
    chosen = next((one for one in book.rules if str(one.id) == wanted), None)
    context: dict[str, Any] = {
        "book": book,
        "chosen": chosen,
        "typed": typed or (_typed(chosen) if chosen else {"is_active": "1", "days": "365"}),
        "errors": {},
        "told": words,
        "words": call_words,
        "rooms": words.tabs_of(viewer, "rules"),
        "orgs": sorted(choices.orgs.items(), key=lambda item: item[1]),
        "dids": choices.dids.items(),
        "directions": [(value.value, mark.text) for value, mark in call_words.DIRECTIONS.items()],
        "results": [(value.value, mark.text) for value, mark in call_words.RESULTS.items()],
    }
    return render(request, "recordings/rules.html", status=status, **context | more)


def _typed(rule: Rule) -> dict[str, str]:
    return {
        "title": rule.title,
        "org": str(rule.org_id or ""),
        "did": str(rule.did_id or ""),
        "direction": rule.direction,
        "kind": rule.kind,
        "result": rule.result,
        "days": str(rule.days),
        "reason": rule.reason,
        "is_active": "1" if rule.is_active else "",
    }


async def save(request: web.Request) -> web.Response:
    rule_id = number_in_path(request, "rule_id") if "rule_id" in request.match_info else None
    form = one_line(await request.post(), *_FIELDS)
    try:
        _ = await request.app[SERVICES].rules.save(viewer_of(request), rule_id, _read(form))
    except Invalid as error:
        found = {_SHORT.get(name, name): said for name, said in words.errors_of(error).items()}
        return await _rules_page(request, 422, typed=form, errors=found)
    return see_other(RULES, Flash("success", "Правило сохранено"))


_SHORT: Final = {"org_id": "org", "did_id": "did"}


def _read(form: Mapping[str, str]) -> RuleForm:
    return RuleForm(
        title=form["title"],
        org_id=_number(form["org"]),
        did_id=_number(form["did"]),
        direction=form["direction"],
        kind=form["kind"],
        result=form["result"],
        days=_number(form["days"]),
        reason=form["reason"],
        is_active=bool(form["is_active"]),
    )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


async def move(request: web.Request) -> web.Response:
    form = one_line(await request.post(), "up")
    await request.app[SERVICES].rules.move(
        viewer_of(request), number_in_path(request, "rule_id"), up=form["up"] == "1"
    )
    return see_other(RULES, Flash("success", "Порядок изменён"))


async def remove(request: web.Request) -> web.Response:
    await request.app[SERVICES].rules.remove(viewer_of(request), number_in_path(request, "rule_id"))
    return see_other(RULES, Flash("success", "Правило убрано"))


async def checks(request: web.Request) -> web.Response:
    viewer = viewer_of(request)
    found = await request.app[SERVICES].checks(viewer)
    wanted = request.query.get("check", "")
    shown = next((one for one in found if str(one.id) == wanted), found[0] if found else None)
    return render(
        request,
        "recordings/checks.html",
        checks=found,
        shown=shown,
        told=words,
        rooms=words.tabs_of(viewer, "checks"),
    )


async def compare(request: web.Request) -> web.Response:
    begun = await request.app[SERVICES].compare(viewer_of(request))
    said = "Сверка началась: обновите страницу через минуту" if begun else "Сверка уже идёт"
    return see_other(CHECKS, Flash("success" if begun else "info", said))


async def forget_file(request: web.Request) -> web.Response:
    form = one_line(await request.post(), "store", "path")
    try:
        await request.app[SERVICES].forget_file(viewer_of(request), form["store"], form["path"])
    except (NotAllowedNow, NotFound):
        return see_other(CHECKS, Flash("warning", "Файл не удалён: о нём говорит запись или его уже нет"))
    return see_other(CHECKS, Flash("success", "Лишний файл удалён"))


def routes() -> tuple[Route, ...]:
    return (
        get(RULES, rules, READ),
        post(RULES, save, EDIT),
        post(f"{RULES}/{{rule_id}}", save, EDIT),
        post(f"{RULES}/{{rule_id}}/move", move, EDIT),
        post(f"{RULES}/{{rule_id}}/remove", remove, EDIT),
        get(CHECKS, checks, CHECK),
        post(CHECKS, compare, CHECK),
        post(f"{CHECKS}/forget-file", forget_file, EDIT),
    )
