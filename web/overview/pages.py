"""The overview of the day, of the head office and of a dealer; every figure leads to the list behind it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from aiohttp import web

from callcore.kernel.errors import NotFound
from callcore.network.model import DEALER_ROLES, STAFF_ROLES
from web.calls.filters import JournalForm, understand
from web.dealers.points_pages import KINDS as POINTS
from web.dealers.points_pages import gate_words
from web.keys import DEPS
from web.overview import words
from web.overview.services import SERVICES, OverviewServices
from web.rooms import NavItem, Room, get
from web.security.access import roles
from web.security.sessions import viewer_of
from web.ui.templates import render

WHO = roles(*STAFF_ROLES, *DEALER_ROLES)
ADDRESS = "/overview"


async def overview(request: web.Request) -> web.Response:
    """The whole page, or with ?fragment=day what changes by itself."""
    part = request.query.get("fragment", "")
    if part not in ("", "day"):
        raise NotFound("no-such-fragment")
    viewer, now = viewer_of(request), request.app[DEPS].clock.now()
    if viewer.role in DEALER_ROLES:
        return await _of_dealer(request, part)
    since = _midnight(now, viewer.tz)
    day = await request.app[SERVICES].day(viewer, since)
    return render(
        request,
        "overview/day.html" if part else "overview/overview.html",
        day=day,
        alarms=words.alarms(day),
        rungs=words.rung_marks(day.rungs),
        rung_counts=words.rung_summary(day.rungs),
        checks=words.checks(day.checks),
        snapshot=words.snapshot_words(day.snapshot_at, now),
        today=now.astimezone(ZoneInfo(viewer.tz)).date(),
        told=words,
        lists={
            name: JournalForm(direction="inbound", period="today", status=status).query()
            for name, status in _STATUSES
        },
    )


async def _of_dealer(request: web.Request, part: str) -> web.Response:
    viewer, now = viewer_of(request), request.app[DEPS].clock.now()
    day = await request.app[SERVICES].dealer_day(viewer)
    return render(
        request,
        "overview/dealer_day.html" if part else "overview/dealer.html",
        day=day,
        closed=gate_words(await request.app[SERVICES].gates(), day.points),
        points=POINTS,
        today=now.astimezone(ZoneInfo(viewer.tz)).date(),
    )


_STATUSES = (("all", ""), ("taken", "taken"), ("lost", "lost"))


def _midnight(now: datetime, tz: str) -> datetime:
    """Of the viewer's own day, as the journal understands «сегодня»."""
    since = understand(JournalForm(period="today"), now=now, tz=tz).wanted.since
    return since or now.astimezone(UTC)


def room(services: OverviewServices) -> Room:
    def furnish(app: web.Application) -> None:
        app[SERVICES] = services

    return Room(
        "overview",
        (get(ADDRESS, overview, WHO),),
        nav=(NavItem("Сводка", ADDRESS, "home", WHO, "Работа", "g h"),),
        furnish=furnish,
    )
