"""Reviews and complaints: lists, one of them with an answer; the customer's page of the question after closing."""

from typing import Any, Final

from aiohttp import web

from callcore.kernel.errors import Conflict, Invalid, NotAllowedNow, NotFound
from callcore.messaging.feedback import FeedbackKind
from callcore.messaging.feedback_desk import STATES, FeedbackState
from callcore.messaging.feedback_service import FeedbackDesk
from callcore.messaging.recipients import ADMINS
from callcore.network.model import DEALER_ROLES, Role
from web.feedback.services import SERVICES
from web.rooms import NavItem, Room, get, post
from web.security.access import PUBLIC, roles
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.paths import number_in_path
from web.ui.templates import render

READ = roles(*ADMINS, Role.OPERATOR, Role.MARKETER, *DEALER_ROLES)
DECIDE = roles(*ADMINS)
MAX_TOKEN_CHARS: Final = 100
MAX_CHARS: Final = 5000
STATE_WORDS: Final = {
    FeedbackState.NEW: ("Новые", "Ждёт решения", "warn"),
    FeedbackState.SHOWN: ("Показаны", "Показан", "ok"),
    FeedbackState.HIDDEN: ("Скрыты", "Скрыт", "calm"),
    FeedbackState.WORKING: ("В работе", "В работе", "info"),
    FeedbackState.CLOSED: ("Закрыты", "Закрыта", "calm"),
}
KIND_WORDS: Final = {FeedbackKind.COMPLAINT: "Жалобы", FeedbackKind.REVIEW: "Отзывы"}
ACTS: Final = {
    FeedbackState.NEW: "Вернуть в новые",
    FeedbackState.SHOWN: "Показывать",
    FeedbackState.HIDDEN: "Скрыть",
    FeedbackState.WORKING: "Взять в работу",
    FeedbackState.CLOSED: "Закрыть жалобу",
}
ERRORS: Final = {
    "score-empty": "Выберите оценку от 1 до 5",
    "score-range": "Оценка — от 1 до 5",
    "text-too-long": "Не длиннее 4000 знаков",
    "text-empty": "Напишите, что случилось",
    "answer-empty": "Напишите, что сделано: ответ получит клиент",
    "state-unknown": "Выберите, что делать дальше",
}


def _errors(error: Invalid) -> dict[str, str]:
    return {name: ERRORS.get(code, "Проверьте это поле") for name, code in error.details["fields"].items()}


async def listing(request: web.Request) -> web.Response:
    desk, viewer, asked = request.app[SERVICES], viewer_of(request), request.query
    kind = FeedbackKind.REVIEW if asked.get("kind") == FeedbackKind.REVIEW.value else FeedbackKind.COMPLAINT
    state = next((one for one in STATES[kind] if one.value == asked.get("state")), None)
    after = asked.get("after", "")
    page = await desk.find(
        viewer, kind, state, int(after) if after.isascii() and after.isdigit() and len(after) < 19 else None
    )
    here = f"/feedback?kind={kind}" + (f"&state={state}" if state else "")
    return render(
        request,
        "feedback/list.html",
        rows=page.items,
        kind=kind.value,
        mean=page.mean,
        tabs=[(text, f"/feedback?kind={key}", None, key is kind) for key, text in KIND_WORDS.items()],
        states=[("Все", f"/feedback?kind={kind}", sum(page.counts.values()), state is None)]
        + [
            (STATE_WORDS[one][0], f"/feedback?kind={kind}&state={one}", page.counts[one], one is state)
            for one in STATES[kind]
        ],
        state_words=STATE_WORDS,
        first_url=here if after else "",
        next_url=f"{here}&after={page.next_after}" if page.next_after else "",
    )


async def badge(request: web.Request) -> web.Response:
    """Complaints that wait, for the number beside the entry of the navigation."""
    count = await request.app[SERVICES].open_complaints(viewer_of(request))
    return web.json_response({"count": count}, headers={"Cache-Control": "no-store"})


async def one(request: web.Request) -> web.Response:
    return await _page(request)


async def decide(request: web.Request) -> web.Response:
    form, feedback_id = await request.post(), number_in_path(request, "id")
    answer = str(form.get("answer", ""))[:MAX_CHARS].replace("\r\n", "\n")
    state, seen = (_state(form.get(name)) for name in ("state", "seen"))
    try:
        await request.app[SERVICES].decide(viewer_of(request), feedback_id, state, answer, seen)
    except Invalid as error:
        return await _page(request, 422, typed=answer, errors=_errors(error))
    except Conflict:
        return await _page(request, 409, typed=answer, is_stale=True)
    return see_other(
        f"/feedback/{feedback_id}", Flash("success", f"Сохранено: {STATE_WORDS[state][1].lower()}")
    )


def _state(value: object) -> FeedbackState:
    return next((one for one in FeedbackState if one.value == value), FeedbackState.NEW)


async def _page(request: web.Request, status: int = 200, **more: Any) -> web.Response:
    viewer = viewer_of(request)
    row = await request.app[SERVICES].view(viewer, number_in_path(request, "id"))
    context: dict[str, Any] = {
        "row": row,
        "state_words": STATE_WORDS,
        "kind_word": "Жалоба" if row.kind is FeedbackKind.COMPLAINT else "Отзыв",
        "acts": [
            (key.value, ACTS[key])
            for key in (*STATES[row.kind][1:], FeedbackState.NEW)
            if key is not row.state
        ],
        "may_decide": viewer.role in ADMINS,
        "typed": row.answer,
        "errors": {},
        "is_stale": False,
    }
    return render(request, "feedback/one.html", status=status, **context | more)


# --- the customer ---------------------------------------------------------------------------------------------------


async def survey(request: web.Request) -> web.Response:
    return await _survey_page(request)


async def answer(request: web.Request) -> web.Response:
    form = await request.post()
    raw, text = str(form.get("score", "")), str(form.get("text", ""))[:MAX_CHARS]
    score = int(raw) if raw in {"1", "2", "3", "4", "5"} else None
    try:
        await request.app[SERVICES].answer(_token(request), score, text)
    except Invalid as error:
        return await _survey_page(request, 422, score=score, text=text, errors=_errors(error))
    except NotAllowedNow:
        pass  # the page says that it was answered, and how
    return see_other(f"/s/{_token(request)}")


def _token(request: web.Request) -> str:
    return request.match_info["token"][:MAX_TOKEN_CHARS]


async def _survey_page(request: web.Request, status: int = 200, **more: Any) -> web.Response:
    try:
        view = await request.app[SERVICES].survey(_token(request))
    except NotFound:
        view, status = None, 404
    context: dict[str, Any] = {
        "view": view,
        "token": _token(request),
        "score": None,
        "text": "",
        "errors": {},
    }
    return render(request, "feedback/survey.html", status=status, **context | more)


def room(desk: FeedbackDesk) -> Room:
    return Room(
        "feedback",
        (
            get("/feedback", listing, READ),
            get("/feedback/badge", badge, READ),
            get("/feedback/{id}", one, READ),
            post("/feedback/{id}", decide, DECIDE),
            get("/s/{token}", survey, PUBLIC),
            post("/s/{token}", answer, PUBLIC),
        ),
        nav=(
            NavItem(
                "Отзывы и жалобы",
                "/feedback",
                "star",
                READ,
                "Работа",
                "g f",
                badge="/feedback/badge",
                badge_on="notice",
            ),
        ),
        furnish=lambda app: app.__setitem__(SERVICES, desk),
    )
