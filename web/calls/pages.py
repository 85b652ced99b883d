"""The journal, one call, and the parts of both that live pages fetch anew."""

from typing import Any, Final

from aiohttp import web

from callcore.calls.model import Direction
from callcore.calls.views import CallCard, JournalChoices, JournalPage
from callcore.kernel.errors import Invalid, NotFound
from callcore.network.model import DEALER_ROLES, STAFF_ROLES
from web.calls import recordings, words
from web.calls.filters import PERIODS, STATUS_WORDS, TALKS, JournalForm, chips, read_form, understand
from web.calls.press_pages import WHO as CALLERS
from web.calls.row_texts import ROW_TEXTS, RowTexts
from web.calls.services import SERVICES, CallServices
from web.calls.story import tell
from web.calls.timeline import lines_of, total_s, tries_of, who_of
from web.calls.why import why_of
from web.keys import DEPS, TEMPLATES
from web.orders.words import exact_money
from web.rooms import NavItem, Room, get
from web.security.access import permits, roles
from web.security.sessions import viewer_of
from web.ui.templates import render

WHO = roles(*STAFF_ROLES, *DEALER_ROLES)
PAGE_ROWS: Final = 25
MAX_CALL_ID_CHARS: Final = 150
MORE_FIELDS: Final = ("direction", "manager", "did", "region", "source", "talk", "recording", "transferred")
PARTS: Final = {
    "live": "calls/live.html",
    "recordings": "calls/recordings.html",
    "technical": "calls/technical_body.html",
    "preview": "calls/preview.html",
    "row": "calls/row_alone.html",
}


async def journal(request: web.Request) -> web.Response:
    services, viewer = request.app[SERVICES], viewer_of(request)
    form = read_form(request.query)
    choices = await services.choices(viewer)
    asked = understand(form, now=request.app[DEPS].clock.now(), tz=viewer.tz)
    after, before = request.query.get("after", ""), request.query.get("before", "")
    context = _journal_context(form, choices) | {"errors": asked.errors, "is_paged": bool(after or before)}
    if asked.errors:
        return render(request, "calls/journal.html", status=400, rows=(), **context)
    try:
        page = await services.journal(viewer, asked.wanted, after=after, before=before, limit=PAGE_ROWS)
    except Invalid:
        context["errors"] = {"after": "Адрес страницы испорчен, начните с первой страницы"}
        return render(request, "calls/journal.html", status=400, rows=(), **context)
    can_call = permits(CALLERS, viewer)
    rows = [request.app[ROW_TEXTS].html(row, viewer.tz, can_call=can_call) for row in page.items]
    return render(request, "calls/journal.html", rows=rows, **context | _places(form, page))


def _places(form: JournalForm, page: JournalPage) -> dict[str, str]:
    """Addresses round this page; only the newest one counts what is newer still."""
    newest = page.items[0].cursor if page.items else ""
    is_top = not page.previous_cursor
    return {
        "first_url": "" if is_top else f"/calls{form.query()}",
        "prev_url": "" if is_top else f"/calls{form.query(before=page.previous_cursor)}",
        "next_url": f"/calls{form.query(after=page.next_cursor)}" if page.next_cursor else "",
        "fresh_url": f"/calls/fresh{form.query(before=newest)}" if is_top else "",
    }


def _journal_context(form: JournalForm, choices: JournalChoices) -> dict[str, Any]:
    """All but the rows, which need valid conditions."""
    statuses = [*STATUS_WORDS.items(), *((value.value, mark.text) for value, mark in words.RESULTS.items())]
    return {
        "words": words,
        "form": form,
        "chips": chips(
            form, orgs=choices.orgs, regions=choices.regions, people=choices.people, dids=choices.dids
        ),
        "periods": PERIODS.items(),
        "orgs": sorted(choices.orgs.items(), key=lambda item: item[1]),
        "people": choices.people.items(),
        "dids": choices.dids.items(),
        "statuses": statuses,
        "directions": [(value.value, mark.text) for value, mark in words.DIRECTIONS.items()],
        "regions": sorted(choices.regions.items(), key=lambda item: item[1]),
        "sources": [(source, words.source_words(source)) for source in choices.sources],
        "talks": TALKS.items(),
        "is_more": any(getattr(form, name) for name in MORE_FIELDS),
        "first_url": "",
        "prev_url": "",
        "next_url": "",
        "fresh_url": "",
    }


async def fresh(request: web.Request) -> web.Response:
    """How many calls there are above the first row of an open journal, by the same conditions; empty for none."""
    viewer = viewer_of(request)
    form = read_form(request.query)
    asked = understand(form, now=request.app[DEPS].clock.now(), tz=viewer.tz)
    if asked.errors:
        raise Invalid("journal-filter", fields=dict(asked.errors))
    before = request.query.get("before", "")
    page = await request.app[SERVICES].journal(viewer, asked.wanted, after="", before=before, limit=PAGE_ROWS)
    return render(
        request,
        "calls/fresh.html",
        count=len(page.items),
        is_more=bool(page.previous_cursor if before else page.next_cursor),
        first_url=f"/calls{form.query()}",
    )


async def call(request: web.Request) -> web.Response:
    """The whole page, or with ?fragment= one part of it."""
    services, viewer = request.app[SERVICES], viewer_of(request)
    part = request.query.get("fragment", "")
    if part and part not in PARTS:
        raise NotFound("no-such-fragment")
    call_id = request.match_info["call_id"]
    if not call_id.isprintable() or len(call_id) > MAX_CALL_ID_CHARS:
        raise NotFound("no-such-address")  # PostgreSQL refuses a NUL
    card = await services.card(viewer, call_id)
    numbers = await services.order_numbers(viewer, [card.call.order_id] if card.call.order_id else [])
    context = _call_context(card, request) | {"order_number": numbers.get(card.call.order_id or 0)}
    return render(request, PARTS.get(part, "calls/call.html"), **context)


def _call_context(card: CallCard, request: web.Request) -> dict[str, Any]:
    now, shown = request.app[DEPS].clock.now(), card.call
    names = {f"p{leg.phone_id}": who_of(leg)[0] for leg in card.legs if leg.phone_id}
    return {
        "words": words,
        "call": shown,
        "lines": lines_of(card.legs, shown.started_at, now, is_inbound=shown.direction == Direction.INBOUND),
        "total_s": total_s(shown.started_at, shown.ended_at, now),
        "tries": tries_of(card.legs, now),
        "why": why_of(card.explanation),
        "story": [tell(event.at, event.kind, event.data, names) for event in card.events],
        "recordings": card.recordings,
        "channels": card.legs,
        "linkedids": card.linkedids,
        "hangup_cause": card.hangup_cause,
        "cli": card.cli,
        "cli_label": card.cli_label,
        "cost": exact_money(card.cost_kopecks) if card.cost_kopecks else "",
        "can_call": permits(CALLERS, viewer_of(request)),
    }


def room(services: CallServices) -> Room:
    return Room(
        "calls",
        (
            get("/calls", journal, WHO),
            get("/calls/fresh", fresh, WHO),
            get("/calls/{call_id}", call, WHO),
            get("/recordings/{id}/audio", recordings.audio, WHO),
            get("/recordings/{id}/waveform.json", recordings.waveform, WHO),
        ),
        nav=(NavItem("Звонки", "/calls", "phone", WHO, "Работа", "g c"),),
        furnish=lambda app: _furnish(app, services),
    )


def _furnish(app: web.Application, services: CallServices) -> None:
    app[SERVICES] = services
    app[ROW_TEXTS] = RowTexts(app[TEMPLATES])
