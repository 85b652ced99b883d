"""Tracked numbers: the list with its filters, one number with its form, a new one, switching off."""

from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from callcore.kernel.errors import Conflict, Invalid, NotFound
from callcore.network.change_dids import REQUEST_TYPES
from callcore.network.dids import EDITORS, MAX_TEXT_CHARS, READERS, DidFilter, DidView, Whose, may_edit_dids
from callcore.network.wording import greeting_text
from callcore.routing.explain import step_text, to_json
from web.calls import words as call_words
from web.calls.filters import JournalForm
from web.calls.filters import understand as understand_journal
from web.calls.why import why_of
from web.dids import words
from web.dids.form import DidForm, read_form, show_form, understand
from web.dids.services import SERVICES, DidServices
from web.keys import DEPS
from web.rooms import NavItem, Room, get, post
from web.security.access import roles
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.paths import number_in_path
from web.ui.templates import render

READ = roles(*READERS)
EDIT = roles(*EDITORS)
_STATES: Final = {"on": "Работает", "off": "Выключен"}
_FIELDS: Final = ("q", "whose", "region", "source", "state")
_OTHERS_EDIT: Final = (
    "Пока вы правили номер, его изменил кто-то другой. Ваши значения остались в форме: "
    "сравните их с новыми и сохраните ещё раз."
)


async def dids(request: web.Request) -> web.Response:
    services, viewer = request.app[SERVICES], viewer_of(request)
    form = {name: _plain(request.query.get(name, "")) for name in _FIELDS}
    choices = await services.choices(viewer)
    sources = [(source, call_words.source_words(source)) for source in choices.sources]
    wanted, errors = _understand_filter(form, choices.regions)
    context: dict[str, Any] = {
        "form": form,
        "errors": errors,
        "regions": list(choices.regions.items()),
        "sources": sources,
        "states": list(_STATES.items()),
        "whose": [(value.value, text) for value, text in words.WHOSE.items()],
        "chips": _chips(form, choices.regions),
        "can_edit": may_edit_dids(viewer),
        "dids": words,
        "words": call_words,
        "rows": (),
    }
    if errors:
        return render(request, "dids/list.html", status=400, **context)
    context["rows"] = await services.find(viewer, wanted)
    context["counts"] = await _counts(request)
    return render(request, "dids/list.html", **context)


async def _counts(request: web.Request) -> Any:
    """Over the period that the journal calls «30 дней», so that its list has as many."""
    viewer = viewer_of(request)
    asked = understand_journal(
        JournalForm(period="30d"), now=request.app[DEPS].clock.now(), tz=viewer.tz
    ).wanted
    assert asked.since is not None
    return await request.app[SERVICES].calls(viewer, asked.since)


async def did(request: web.Request) -> web.Response:
    card = await request.app[SERVICES].card(viewer_of(request), number_in_path(request, "id"))
    return await _card_page(request, card, show_form(card))


async def _card_page(
    request: web.Request, card: DidView, form: DidForm, status: int = 200, **more: Any
) -> web.Response:
    services = request.app[SERVICES]
    decision = services.decision(card.number) if card.is_active else None
    counts = await _counts(request)
    context = {
        "did": card,
        "form": form,
        "why": why_of(to_json(decision)) if decision else None,
        "steps": [step_text(step) for step in decision.plan.steps] if decision else (),
        "heard": words.heard_by_customer(card.fields),
        "usual_whisper": words.whisper_of(card),
        "calls_count": counts.get(card.id, 0),
        "errors": {},
        "trouble": "",
    }
    return render(request, "dids/did.html", status=status, **context | await _form_context(request) | more)


async def _form_context(request: web.Request) -> dict[str, Any]:
    viewer = viewer_of(request)
    choices = await request.app[SERVICES].choices(viewer)
    sources = sorted({*call_words.SOURCES, *choices.sources})
    media = sorted({*words.MEDIA, *choices.media})
    return {
        "can_edit": may_edit_dids(viewer),
        "regions": choices.regions.items(),
        "dealers": choices.dealers.items(),
        "policies": choices.policies.items(),
        "sources": [(name, call_words.source_words(name)) for name in sources],
        "media": [(name, words.MEDIA.get(name, name)) for name in media],
        "campaigns": [(name, "") for name in choices.campaigns],
        "requests": [(name, words.REQUESTS.get(name, name)) for name in REQUEST_TYPES],
        "dids": words,
    }


async def sound(request: web.Request) -> web.Response:
    """What is heard, as a WAV: the saved greeting with its notice, or the whisper."""
    services = request.app[SERVICES]
    card = await services.card(viewer_of(request), number_in_path(request, "id"))
    kept = card.fields
    match request.match_info["what"]:
        case "greeting":
            text = greeting_text(kept.greeting, kept.language, kept.says_recorded)
        case "whisper":
            text = kept.whisper or words.whisper_of(card)
        case _:
            text = ""
    said = await services.sound(text, kept.language) if text else None
    if said is None:
        raise NotFound("no-sound")
    return web.Response(body=said, content_type="audio/wav", headers={"Cache-Control": "no-store"})


async def new(request: web.Request) -> web.Response:
    return await _new_page(request, DidForm())


async def _new_page(request: web.Request, form: DidForm, status: int = 200, **more: Any) -> web.Response:
    context: dict[str, Any] = {"form": form, "errors": {}, "known_id": None, "usual_whisper": ""}
    return render(request, "dids/new.html", status=status, **context | await _form_context(request) | more)


async def add(request: web.Request) -> web.Response:
    form = read_form(await request.post())
    meant, wrong = understand(form)
    if wrong:
        return await _new_page(request, form, 422, errors=words.error_words(wrong, {}))
    try:
        did_id = await request.app[SERVICES].change.add(viewer_of(request), form.number, meant)
    except Invalid as refused:
        errors = words.error_words(
            refused.details["fields"], {"phone": str(refused.details.get("phone", ""))}
        )
        return await _new_page(request, form, 422, errors=errors, known_id=refused.details.get("did_id"))
    said = "Номер добавлен. Звонки на него пойдут, как только АТС прочтёт новые файлы"
    return see_other(f"/dids/{did_id}", Flash("success", said, f"/dids/{did_id}/active/off"))


async def change(request: web.Request) -> web.Response:
    services, viewer, did_id = request.app[SERVICES], viewer_of(request), number_in_path(request, "id")
    form = read_form(await request.post())
    meant, wrong = understand(form)
    if not wrong:
        try:
            await services.change.change(viewer, did_id, meant, form.version)
        except Invalid as refused:
            wrong = refused.details["fields"]
        except Conflict:
            card = await services.card(viewer, did_id)
            kept = replace(form, number=card.number, version=card.version)
            return await _card_page(request, card, kept, 409, trouble=_OTHERS_EDIT)
        else:
            return see_other(
                f"/dids/{did_id}", Flash("success", "Сохранено: новые звонки уже идут по-новому")
            )
    card = await services.card(viewer, did_id)
    kept = replace(form, number=card.number)
    return await _card_page(request, card, kept, 422, errors=words.error_words(wrong, {}))


async def switch(request: web.Request) -> web.Response:
    did_id, state = number_in_path(request, "id"), request.match_info["state"]
    if state not in _STATES:
        raise NotFound("no-such-address")
    is_on = state == "on"
    label = await request.app[SERVICES].change.switch(viewer_of(request), did_id, is_on=is_on)
    said = (
        f"«{label}»: номер {'снова работает' if is_on else 'выключен, звонки с него пойдут в головной офис'}"
    )
    undo = f"/dids/{did_id}/active/{'off' if is_on else 'on'}"
    return see_other(f"/dids/{did_id}", Flash("success", said, undo))


def _understand_filter(form: dict[str, str], regions: Any) -> tuple[DidFilter, dict[str, str]]:
    errors = {}
    if len(form["q"]) > MAX_TEXT_CHARS:
        errors["q"] = f"Не длиннее {MAX_TEXT_CHARS} знаков"
    for name, known in (("whose", list(Whose)), ("region", regions), ("state", _STATES)):
        if form[name] and form[name] not in known:
            errors[name] = "Выберите значение из списка"
    wanted = DidFilter(
        text=form["q"],
        whose=Whose(form["whose"]) if form["whose"] and "whose" not in errors else None,
        region_code=form["region"],
        source=form["source"],
        is_active=form["state"] == "on" if form["state"] else None,
    )
    return wanted, errors


def _chips(form: dict[str, str], regions: Any) -> list[tuple[str, str]]:
    whose = next((text for value, text in words.WHOSE.items() if value == form["whose"]), form["whose"])
    texts = {
        "q": f"Поиск: {form['q'][:MAX_TEXT_CHARS]}",
        "whose": f"Кому: {whose}",
        "region": regions.get(form["region"], form["region"]),
        "source": f"Источник: {call_words.source_words(form['source'])}",
        "state": _STATES.get(form["state"], form["state"]),
    }
    return [(text, _address(form | {name: ""})) for name, text in texts.items() if form[name]]


def _address(form: dict[str, str]) -> str:
    text = urlencode({name: value for name, value in form.items() if value})
    return f"/dids?{text}" if text else "/dids"


def _plain(raw: str) -> str:
    return "".join(char for char in raw if char.isprintable()).strip()[:200]


def room(services: DidServices) -> Room:
    return Room(
        "dids",
        (
            get("/dids", dids, READ),
            post("/dids", add, EDIT),
            get("/dids/new", new, EDIT),
            get("/dids/{id}", did, READ),
            post("/dids/{id}", change, EDIT),
            get("/dids/{id}/sounds/{what}", sound, READ),
            post("/dids/{id}/active/{state}", switch, EDIT),
        ),
        nav=(NavItem("Номера", "/dids", "dialpad", READ, "Настройки", "g m"),),
        furnish=lambda app: app.__setitem__(SERVICES, services),
    )
