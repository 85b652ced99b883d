"""What each form of the site is sent with, so that its door opens: one common form, and by address what differs."""

from datetime import timedelta

from callcore.calls.settings import CallSettings
from callcore.outbound.robot.settings import RobotSettings
from tests.integration.web.guarded_site import ORDER, PASSWORD, GuardedSite
from web.robot.form import show as show_robot
from web.settings.call_form import show_settings

Form = dict[str, str]

COMMON: Form = {
    "text": "Перезвонить",
    "email": "admin@example.test",
    "password": PASSWORD,
    "again": PASSWORD,
    "kind": "off",
    "title": "День завода",
    "version": "1",
    "state": "closed",
    "span": "60",
    "why": "учёт",
    "do": "save",
    "shown": "1",
    "stages.0.kind": "base",
    "name": "Реклама",
    "number": "8 495 000-77-77",
    "label": "Сайт",
    "whose": "caller",
    "source": "site",
    "medium": "cpc",
    "request_type": "call",
    "language": "ru",
    "waiting": "music",
    "reason": "учёт",
    "role": "dealer_manager",
    "city": "Москва",
    "region_code": "RU-MOW",
    "full_name": "Ирина Гостева",
    "points": "5",
    "key": "once",
}
SETTINGS: Form = {
    **dict.fromkeys(("points_done", "due_days", "claim_days", "accept_minutes", "contact_minutes"), "20"),
    **dict.fromkeys(("points_failed", "release_minutes", "open_to_all_minutes"), "0"),
    **{f"score_{score}": "0" for score in range(1, 6)},
    "version": "0",
}
CALL_SETTINGS: Form = dict(show_settings(CallSettings(), 0).texts)
# By the beginning of the pattern; the longest that fits comes last.
BY_PLACE: dict[str, Form] = {
    "/api-keys": {"scopes": "orders:write"},
    "/dealers/{id}/edit": {"name": "Вектор"},
    "/dids": {"number": "8 495 000-77-78"},  # the other one is an outlet's phone by now
    "/orders/page-rows": {"rows": "50"},
    **{f"/orders/{{number}}/{name}": {"reason": ""} for name in ("contact", "delete", "reopen")},
    "/press": {"kind": "order", "target": str(ORDER), "key": "pressed-once"},
    "/recordings/rules": {"days": "30", "direction": "", "kind": "", "reason": "учёт звонков"},
    "/recordings/{id}": {"reason": "Спор с клиентом"},
    "/robot/settings": {**show_robot(RobotSettings(), 0).texts, "channel_site": "1", "version": "0"},
    "/robot/phrases": {"name": "menu"},
    "/robot/do-not-call": {"number": "8 912 440-00-55", "reason": "просил"},
    "/desk/calls/{call_id}/transfer": {"to": "duty"},
    "/settings": SETTINGS,
    "/settings/calls": CALL_SETTINGS,
    "/settings/promo-codes": {"code": "ВЕСНА", "value": "10", "kind": "percent"},
    "/settings/leads": {  # nobody listens there
        "address": "http://127.0.0.1:9/api",
        "login": "we",
        "secret": "long",
        "every_minutes": "15",
        "version": "0",
    },
    "/settings/reasons": {"kind": "decline", "title": "Учёт на складе", "fault": "none"},
    "/settings/reasons/move": {"id": "1", "way": "down"},
    "/settings/statuses": {"class": "waiting", "name": "Ждёт замера", "term": "24"},
    "/settings/statuses/move": {"code": "new", "way": "down"},
    "/site/": {"pd": "1", "phone": "8 912 440-00-98"},
    "/strategies": {"shown": "0"},
    "/strategies/return": {"version": "0", "shown": "1"},
    "/callbacks/": {"reason": "talked", "delay": "tomorrow", "to": "operators"},
    "/callbacks/sites": {"title": "День завода", "is_active": "1"},
    "/value/rating": {"version": "0"},
    "/tasks/": {"reason": "talked", "delay": "tomorrow"},
}


def form_for(site: GuardedSite, pattern: str) -> Form:
    """Without the token."""
    form = COMMON | {"day": f"{site.clock.now():%Y-%m-%d}"}
    for place in sorted((one for one in BY_PLACE if pattern.startswith(one)), key=len):
        form |= BY_PLACE[place]
    if pattern.startswith("/dids/"):
        form["version"] = site.seeds.did_version
    if pattern.startswith("/callbacks/{id}"):
        form |= {"owner": f"org:{site.seeds.dealer_id}", "tries": "0"}
    if pattern.startswith("/duty"):
        form |= _duty(site, pattern)
    return form


def _duty(site: GuardedSite, pattern: str) -> Form:
    """A night shift; other hours for the one that stands now."""
    first, second = site.seeds.duty_ids
    ahead = site.clock.now() + timedelta(days=2)
    return {
        "start": "11:00" if "{id}" in pattern else "21:00",
        "end": "13:30" if "{id}" in pattern else "09:00",
        "tz": "Europe/Moscow",
        "phone-1": str(first),
        "phone": str(second),
        "starts": ahead.isoformat(),
        "ends": (ahead + timedelta(hours=1)).isoformat(),
    }
