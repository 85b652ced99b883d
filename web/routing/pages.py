"""«Распределение звонков»: a policy as a form, its trial, versions, further policies."""

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any, Final

from aiohttp import web

from callcore.kernel.errors import Conflict, Invalid, NotFound
from callcore.network.policy import MAX_NAME_CHARS, Ringing
from callcore.network.policy_check import MAX_NOTE_CHARS
from callcore.network.policy_versions import POLICY_EDITORS, POLICY_READERS, PolicyBook, may_edit_policies
from callcore.routing.rehearse import Rehearsal
from web.rooms import NavItem, Room, get, post
from web.routing import what_if_page, words
from web.routing.changes import changes
from web.routing.policy_form import PolicyForm, read_form, show_policy
from web.routing.quota_rows import quota_rows, quota_stage
from web.routing.services import SERVICES, PolicyServices
from web.routing.timeline import timeline, top_now
from web.routing.understand import Understood, understand
from web.security.access import roles
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.formats import moment
from web.ui.paths import number_in_path
from web.ui.templates import render

READ = roles(*POLICY_READERS)
EDIT = roles(*POLICY_EDITORS)
MAX_MOVED: Final = 40
MAX_LISTED: Final = 1000  # dealers in the hint of the field; any other is found by its name all the same
MAX_TOP: Final = 8


async def routing(request: web.Request) -> web.Response:
    return await _page(request, await _book(request, None))


async def policy(request: web.Request) -> web.Response:
    return await _page(request, await _book(request, number_in_path(request, "id")))


async def change(request: web.Request) -> web.Response:
    """The form with any of its buttons; only «save» changes something."""
    book = await _book(request, number_in_path(request, "id"))
    typed = await request.post()
    form, button = read_form(typed, book.facts), str(typed.get("do", ""))
    if button == "save":
        return await _save(request, book, form.without_blanks())
    if button == "try":
        return await _try(request, book, form.without_blanks())
    return await _page(request, book, form=form.pressed(button), is_unsaved=True)


async def summary(request: web.Request) -> web.Response:
    """The drawing and the sum of shares for what is being typed."""
    book = await _book(request, number_in_path(request, "id"))
    form = read_form(await request.post(), book.facts).without_blanks()
    told = understand(form, book.facts)
    return render(
        request, "routing/drawing.html", oob=True, line=timeline(told.policy, book.facts), **_sums(told)
    )


async def create(request: web.Request) -> web.Response:
    typed = await request.post()
    source = str(typed.get("source", ""))
    from_id = int(source) if source.isascii() and source.isdigit() and len(source) < 10 else None
    book, name = await _book(request, from_id), str(typed.get("name", "")).strip()
    name = "".join(char for char in name if char.isprintable())
    services = request.app[SERVICES]
    try:
        note = f"По образцу «{book.shown.name}»"
        made = await services.change.create(viewer_of(request), name, book.shown.policy, note=note)
    except Conflict:
        error = "Стратегия с таким названием уже есть: назовите иначе"
    except Invalid as invalid:
        error = words.problem_words(invalid.details["problems"][0])
        if invalid.details["problems"][0].place != "name":
            error = "Образец уже не подходит к сети: сначала поправьте и сохраните его"
    else:
        return see_other(
            f"/routing/{made}", Flash("success", f"Стратегия «{name}» создана, назначьте её номерам")
        )
    return await _page(request, book, 422, new_name=name[:200], new_error=error)


async def go_back(request: web.Request) -> web.Response:
    """«Вернуть эту версию»: one press; the same press for the former newest takes it back."""
    policy_id, typed = number_in_path(request, "id"), await request.post()
    wanted = str(typed.get("version", ""))
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 10):
        raise NotFound("no-such-version")
    return await _returned(request, policy_id, int(wanted))


async def undo(request: web.Request) -> web.Response:
    """The version before the newest again: a press twice is where one was."""
    return await _returned(request, number_in_path(request, "id"), None)


async def _returned(request: web.Request, policy_id: int, version: int | None) -> web.Response:
    made = await request.app[SERVICES].change.roll_back(viewer_of(request), policy_id, version)
    what = "Прежняя версия" if version is None else f"Версия {version}"
    said = f"{what} снова действует, теперь она под номером {made}"
    return see_other(f"/routing/{policy_id}", Flash("success", said, f"/routing/{policy_id}/undo"))


async def _save(request: web.Request, book: PolicyBook, form: PolicyForm) -> web.Response:
    told = understand(form, book.facts)
    if told.errors:
        return await _page(request, book, 422, form=form, told=told, is_unsaved=True)
    shown = int(form.shown) if form.shown.isascii() and form.shown.isdigit() and len(form.shown) < 10 else -1
    save = request.app[SERVICES].change.save
    try:
        policy_id, version = await save(
            viewer_of(request), book.shown.id, told.policy, shown=shown, note=form.note
        )
    except Conflict as conflict:
        trouble = _rival_words(request, conflict.details)
        rival = str(conflict.details.get("version", 0))
        return await _page(
            request, book, 409, form=form, told=told, trouble=trouble, shown=rival, is_unsaved=True
        )
    except Invalid as invalid:  # the network changed between the check and the save
        late = {one.place: words.problem_words(one) for one in invalid.details["problems"]}
        told = Understood(told.policy, late, told.warnings)
        return await _page(request, book, 422, form=form, told=told, is_unsaved=True)
    said = f"Версия {version} сохранена, через несколько секунд новые звонки пойдут по ней"
    back = f"/routing/{policy_id}/undo" if version > 1 else ""
    return see_other(f"/routing/{policy_id}", Flash("success", said, back))


def _rival_words(request: web.Request, details: Mapping[str, Any]) -> str:
    who, at = details.get("author") or "кто-то другой", details.get("at")
    when = f" {moment(at, viewer_of(request).tz)}" if at is not None else ""
    return (
        f"Пока вы правили, версию {details.get('version', 0)} сохранил(а) {who}{when}. Ваши правки остались в форме: "
        "сравните с новой версией внизу и сохраните ещё раз, если ваша нужнее."
    )


async def _try(request: web.Request, book: PolicyBook, form: PolicyForm) -> web.Response:
    told = understand(form, book.facts)
    if told.errors:
        return await _page(request, book, 422, form=form, told=told, is_unsaved=True)
    trial = await request.app[SERVICES].rehearse(viewer_of(request), book.shown, told.policy)
    return await _page(request, book, form=form, told=told, trial=trial, is_unsaved=True)


async def _book(request: web.Request, policy_id: int | None) -> PolicyBook:
    return await request.app[SERVICES].book(viewer_of(request), policy_id)


async def _page(request: web.Request, book: PolicyBook, status: int = 200, **more: Any) -> web.Response:
    """`form` is what was typed; without it the version in force is shown. After a rival's save `shown` is his."""
    form = more.pop("form", None) or show_policy(book.shown.policy, book.facts, book.shown.version)
    told = more.pop("told", None)
    seen = told or understand(form.without_blanks(), book.facts)
    context: dict[str, Any] = {
        "book": book,
        "form": form,
        "shown": form.shown or book.shown.version,
        "errors": told.errors if told else {},
        "warnings": seen.warnings if told or not more.get("is_unsaved") else {},
        "line": timeline(seen.policy, book.facts),
        "top": _top(seen, book),
        "quotas": await _quotas(request, book),
        "period_now": _period_now(book),
        "versions": _versions(book),
        "tabs": _tabs(book),
        "own_dids": _own_dids(book),
        "can_edit": may_edit_policies(viewer_of(request)),
        "trial": None,
        "is_unsaved": False,
        "trouble": "",
        "new_name": "",
        "new_error": "",
        "ringing": [(one.value, words.RINGING[one]) for one in Ringing],
        "units": [(one.value, text) for one, text in words.UNITS.items()],
        "periods": [(one.value, text) for one, text in words.PERIODS.items()],
        "listed": _listed(book),
        "max_note": MAX_NOTE_CHARS,
        "max_name": MAX_NAME_CHARS,
        "words": words,
        "oob": False,
        **_sums(seen),
        **more,
    }
    context["trial"] = _trial(context["trial"], book) if context["trial"] else None
    return render(request, "routing/policy.html", status=status, **context)


def _sums(told: Understood) -> dict[str, Any]:
    stage = quota_stage(told.policy)
    return {"percent_sum": sum(q.limit for q in stage.quotas if q.unit == "percent") if stage else 0}


def _top(told: Understood, book: PolicyBook) -> dict[str, Any]:
    stage = next((one for one in told.policy.stages if one.kind == "rating"), None)
    ids = top_now(stage, told.policy, book.facts) if stage else ()
    dealers = [book.facts.dealers[org_id] for org_id in ids[:MAX_TOP]]
    return {"dealers": dealers, "more": max(0, len(ids) - MAX_TOP)}


async def _quotas(request: web.Request, book: PolicyBook) -> dict[str, Any]:
    count = await request.app[SERVICES].quotas(book.shown.id)
    return {"counted": count.counted, "rows": quota_rows(book.shown.policy, book.facts, count)}


def _period_now(book: PolicyBook) -> str:
    stage = quota_stage(book.shown.policy)
    return words.PERIODS_NOW[stage.period] if stage else ""


def _versions(book: PolicyBook) -> list[tuple[Any, tuple[str, ...]]]:
    """Each with what it changed in the one before; the oldest that is listed may have had one before it."""
    pairs = zip_longest(book.versions, book.versions[1:])
    return [
        (one, changes(before.policy if before else None, one.policy, book.facts))
        if before or one.version == 1
        else (one, ())
        for one, before in pairs
    ]


def _tabs(book: PolicyBook) -> list[tuple[str, str, int | None, bool]]:
    common = book.policies[0].id
    return [
        (
            f"{one.name} (для всех номеров)" if one.id == common else one.name,
            f"/routing/{one.id}",
            None,
            one.id == book.shown.id,
        )
        for one in book.policies
    ]


def _own_dids(book: PolicyBook) -> list[Any]:
    """Numbers that go by this policy; for that of all numbers those that name no other."""
    known = {one.id for one in book.policies}
    first = book.policies[0].id
    return [did for did in book.dids if (did.policy_id if did.policy_id in known else first) == book.shown.id]


def _listed(book: PolicyBook) -> list[str]:
    names = [dealer.name for dealer in book.facts.dealers.values()]
    twins = {name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else set()
    dealers = list(book.facts.dealers.values())[:MAX_LISTED]
    return [f"{one.name} № {one.id}" if one.name in twins else one.name for one in dealers]


def _trial(trial: Rehearsal, book: PolicyBook) -> dict[str, Any]:
    def name(org_id: int | None) -> str:
        if org_id is None:
            return "Головной офис и дежурные"
        dealer = book.facts.dealers.get(org_id)
        return dealer.name if dealer else f"№ {org_id}"

    return {
        "count": trial.count,
        "moved_count": len(trial.moved),
        "shares": [(name(share.org_id), share) for share in trial.shares],
        "moved": [
            (one.call, name(one.before.org_id), name(one.after.org_id)) for one in trial.moved[-MAX_MOVED:]
        ][::-1],
    }


def room(services: PolicyServices) -> Room:
    return Room(
        "routing",
        (
            get("/routing", routing, READ),
            get("/routing/what-if", what_if_page.what_if, READ),
            get("/routing/{id}", policy, READ),
            post("/routing/new", create, EDIT),
            post("/routing/{id}", change, EDIT),
            post("/routing/{id}/summary", summary, EDIT),
            post("/routing/{id}/return", go_back, EDIT),
            post("/routing/{id}/undo", undo, EDIT),
        ),
        nav=(NavItem("Распределение звонков", "/routing", "route", READ, "Настройки", "g r"),),
        furnish=lambda app: app.__setitem__(SERVICES, services),
    )
