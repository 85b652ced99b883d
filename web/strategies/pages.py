"""«Распределение заказов»: the policy as a form, its trial on the last orders, its versions."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from aiohttp import web

from callcore.distribution.change_order_policy import MAX_NAME_CHARS, NEW
from callcore.distribution.policy_store import OrderPolicyBook
from callcore.distribution.rehearse import OrderRehearsal
from callcore.kernel.errors import Conflict, Invalid, NotFound
from callcore.network.policy_check import MAX_NOTE_CHARS, Flaw, Problem
from callcore.network.policy_versions import POLICY_EDITORS, POLICY_READERS, may_edit_policies
from callcore.network.top import top_of
from callcore.orders.model import SERVICES as SERVICE_NAMES
from web.rooms import NavItem, Room, get, post
from web.routing.words import PERIODS, STAGES, UNITS
from web.security.access import roles
from web.security.sessions import viewer_of
from web.strategies import words
from web.strategies.drawing import draw
from web.strategies.form import StrategyForm, read_form, show_policy
from web.strategies.services import SERVICES, StrategyServices
from web.strategies.understand import Understood, understand
from web.ui.flash import Flash, see_other
from web.ui.formats import moment
from web.ui.templates import render

READ = roles(*POLICY_READERS)
EDIT = roles(*POLICY_EDITORS)
PATH: Final = "/strategies"
MAX_TOP: Final = 8
MAX_MOVED: Final = 40
MAX_LISTED: Final = 1000  # in the hints of fields; any other is found by its name all the same


async def strategies(request: web.Request) -> web.Response:
    return await _page(request, await _book(request, _asked(request.query)), policy_id=_asked(request.query))


async def change(request: web.Request) -> web.Response:
    """The form with any of its buttons; only «save» changes something."""
    typed = await request.post()
    policy_id = _asked(typed)
    book = await _book(request, policy_id)
    form, button = read_form(typed), str(typed.get("do", ""))
    shown: dict[str, Any] = {"policy_id": policy_id, "is_unsaved": True}
    if button not in ("save", "try"):
        return await _page(request, book, form=form.pressed(button), **shown)
    form = form.without_blanks()
    told = understand(form, book.facts)
    if told.errors:
        return await _page(request, book, 422, form=form, told=told, **shown)
    if button == "try":
        trial = await request.app[SERVICES].rehearse(viewer_of(request), told.policy, policy_id)
        return await _page(request, book, form=form, told=told, trial=trial, **shown)
    return await _save(request, book, form, told, policy_id)


async def summary(request: web.Request) -> web.Response:
    """The drawing and the sum of shares for what is being typed."""
    typed = await request.post()
    book = await _book(request, _asked(typed))
    told = understand(read_form(typed).without_blanks(), book.facts)
    return render(
        request, "strategies/drawing.html", oob=True, drawing=draw(told.policy), percent_sum=_percents(told)
    )


async def go_back(request: web.Request) -> web.Response:
    """«Вернуть эту версию»: one press; the same press for the former newest takes it back."""
    typed = await request.post()
    version, shown = _whole(typed.get("version")), _whole(typed.get("shown"))
    if version is None:
        raise NotFound("no-such-version")
    policy_id = _asked(typed)
    shown = (await _book(request, policy_id)).newest if shown is None else shown
    made = await request.app[SERVICES].change.roll_back(
        viewer_of(request), version, shown=shown, policy_id=policy_id
    )
    return see_other(
        _address(policy_id),
        Flash("success", f"Версия {version} снова действует, теперь она под номером {made}"),
    )


async def _save(
    request: web.Request, book: OrderPolicyBook, form: StrategyForm, told: Understood, policy_id: int | None
) -> web.Response:
    shown = _whole(form.shown)
    again: dict[str, Any] = {"policy_id": policy_id, "is_unsaved": True, "form": form}
    try:
        saved_id, version = await request.app[SERVICES].change.save(
            viewer_of(request),
            told.policy,
            shown=-1 if shown is None else shown,
            note=form.note,
            policy_id=policy_id,
            name=form.name,
        )
    except Conflict as conflict:
        if conflict.code == "policy-name-taken":
            late = {"name": words.problem_words(Problem("name", Flaw.NAME_TAKEN))}
            return await _page(request, book, 409, told=Understood(told.policy, late, told.warnings), **again)
        return await _page(
            request,
            book,
            409,
            told=told,
            trouble=_rival_words(request, conflict.details),
            shown=str(conflict.details.get("version", 0)),
            **again,
        )
    except Invalid as invalid:  # the network changed between the check and the save
        late = {one.place: words.problem_words(one) for one in invalid.details["problems"]}
        return await _page(request, book, 422, told=Understood(told.policy, late, told.warnings), **again)
    said = f"Версия {version} сохранена: по ней пойдут новые заказы, прежние остаются как были"
    return see_other(_address(saved_id), Flash("success", said))


def _asked(sent: Mapping[str, Any]) -> int | None:
    """Which strategy: `new`, an id, or nothing for the main one."""
    text = sent.get("policy", "")
    return NEW if text == "new" else _whole(text)


def _address(policy_id: int | None) -> str:
    return PATH if policy_id is None else f"{PATH}?policy={'new' if policy_id == NEW else policy_id}"


def _rival_words(request: web.Request, details: Mapping[str, Any]) -> str:
    who, at = details.get("author") or "кто-то другой", details.get("at")
    when = f" {moment(at, viewer_of(request).tz)}" if at is not None else ""
    return (
        f"Пока вы правили, версию {details.get('version', 0)} сохранил(а) {who}{when}. Ваши правки остались в форме: "
        "сравните и сохраните ещё раз, если ваши нужнее."
    )


async def _book(request: web.Request, policy_id: int | None) -> OrderPolicyBook:
    """A new strategy begins as a copy of the main one, without versions."""
    is_new = policy_id == NEW
    book = await request.app[SERVICES].book(viewer_of(request), None if is_new else policy_id)
    return replace(book, policy_id=NEW, newest=0, versions=()) if is_new else book


async def _page(request: web.Request, book: OrderPolicyBook, status: int = 200, **more: Any) -> web.Response:
    """`form` is what was typed; without it the version in force is shown. After a rival's save `shown` is his."""
    policy_id = more.pop("policy_id", None)
    name = book.active.name if policy_id not in (None, NEW) else ""
    form = more.pop("form", None) or show_policy(book.active.policy, book.facts, book.newest, name)
    told: Understood | None = more.pop("told", None)
    trial = more.pop("trial", None)
    seen = told or understand(form.without_blanks(), book.facts)
    facts = book.facts
    context: dict[str, Any] = {
        "book": book,
        "policy": "" if policy_id is None else "new" if policy_id == NEW else str(policy_id),
        "tabs": _tabs(book, policy_id, may_edit_policies(viewer_of(request))),
        "form": form,
        "shown": form.shown or book.newest,
        "errors": told.errors if told else {},
        "warnings": seen.warnings if told or not more.get("is_unsaved") else {},
        "drawing": draw(seen.policy),
        "top": _top(seen, book),
        "percent_sum": _percents(seen),
        "can_edit": may_edit_policies(viewer_of(request)),
        "trial": _trial(trial, book) if trial else None,
        "is_unsaved": False,
        "trouble": "",
        "units": [(one.value, text) for one, text in UNITS.items()],
        "periods": [(one.value, text) for one, text in PERIODS.items()],
        "dealers": [one.name for one in facts.dealers.values()][:MAX_LISTED],
        "categories": sorted(facts.categories)[:MAX_LISTED],
        "articles": sorted(facts.articles)[:MAX_LISTED],
        "service_names": list(SERVICE_NAMES.values()),
        "max_note": MAX_NOTE_CHARS,
        "max_name": MAX_NAME_CHARS,
        "words": words,
        "stage_names": STAGES,
        "oob": False,
        **more,
    }
    return render(request, "strategies/page.html", status=status, **context)


def _tabs(book: OrderPolicyBook, here: int | None, can_edit: bool) -> list[tuple[str, str, None, bool]]:
    names: list[tuple[int | None, str]] = [(None, "Основная")]
    names += [(one.id, one.name if one.policy.is_on else f"{one.name} (выключена)") for one in book.own]
    names += [(NEW, "Новая стратегия")] if can_edit else []
    return [(name, _address(policy_id), None, policy_id == here) for policy_id, name in names]


def _percents(told: Understood) -> int:
    stage = told.policy.quota_stage
    return sum(one.limit for one in stage.quotas if one.unit == "percent") if stage else 0


def _top(told: Understood, book: OrderPolicyBook) -> dict[str, Any]:
    """Who would be in the TOP as points stand."""
    stage = next((one for one in told.policy.stages if one.kind == "rating"), None)
    if stage is None:
        return {"dealers": (), "more": 0}
    able = top_of(stage, told.policy.min_points, book.facts.dealers.values())
    return {"dealers": able[:MAX_TOP], "more": max(0, len(able) - MAX_TOP)}


def _trial(trial: OrderRehearsal, book: OrderPolicyBook) -> dict[str, Any]:
    def name(org_id: int | None) -> str:
        dealer = book.facts.dealers.get(org_id) if org_id is not None else None
        return dealer.name if dealer else "Отдел распределения" if org_id is None else f"№ {org_id}"

    def names(ids: tuple[int, ...]) -> str:
        told = ", ".join(name(org_id) for org_id in ids[:2]) or name(None)
        return f"{told} и ещё {len(ids) - 2}" if len(ids) > 2 else told

    return {
        "count": trial.count,
        "moved_count": len(trial.moved),
        "shares": [(name(share.org_id), share) for share in trial.shares],
        "moved": [
            (one.number, one.at, names(one.before), names(one.after))
            for one in trial.moved[-MAX_MOVED:][::-1]
        ],
    }


def _whole(value: object) -> int | None:
    text = value if isinstance(value, str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def room(services: StrategyServices) -> Room:
    return Room(
        "strategies",
        (
            get(PATH, strategies, READ),
            post(PATH, change, EDIT),
            post(f"{PATH}/summary", summary, EDIT),
            post(f"{PATH}/return", go_back, EDIT),
        ),
        nav=(NavItem("Распределение заказов", PATH, "sitemap", READ, "Настройки", "g a"),),
        furnish=lambda app: app.__setitem__(SERVICES, services),
    )
