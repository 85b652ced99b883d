"""A dealer who may not see a number, at every door of the server: pages, fragments, searches, forms, exports, names of files,
the API, the live link, letters, the log. Not one of its digits leaves, neither before the first talk nor, where the number
never opens, after it. The same walk of the factory's people does find it, else the walk would prove nothing."""

import io
import logging
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
import structlog
from aiohttp import ClientResponse, ClientSession
from sqlalchemy import select, update

from callcore.calls.attempt_rows import close, move
from callcore.calls.attempts import AttemptReason, AttemptResult, AttemptState
from callcore.calls.events import (
    CallAnswered,
    CallChanged,
    CallEnded,
    CallRinging,
    PbxLinkChanged,
    RecordingPaused,
    RecordingReady,
    TaskChanged,
)
from callcore.calls.reveal_tables import PhoneRevealRow
from callcore.calls.settings import CallSettings, write_call_settings
from callcore.calls.tables import CallRow
from callcore.kernel.bus import Audience, Event
from callcore.kernel.database import Database
from callcore.kernel.logs import configure_logs
from callcore.kernel.tasks import TaskOwner
from callcore.messaging.events import NoticesChanged
from callcore.network.api_keys import ApiKeys, Scope
from callcore.network.model import PhonePolicy, Role, Viewer
from callcore.network.tables import OrgRow, UserRow
from callcore.orders.events import OrderChanged
from callcore.orders.tables import OrderRow
from callcore.outbound.callbacks.events import CallbackChanged
from tests.fakes.clock import FakeClock
from tests.fakes.polling import until
from tests.integration.web import masked_world
from tests.integration.web.door_forms import form_for
from tests.integration.web.guarded_site import CALLBACK, NUMBER, ORDER, GuardedSite, open_site
from tests.integration.web.masked_world import LEAK, OFFERED, SPELLED, context_of, said_by
from web.orders.columns import COLUMNS
from web.security.access import ProgramAccess, permits

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]  # every address of the site, more than once

# Not a page, and descriptions with an example that happens to be this number.
SAY_NOTHING = {"/live", "/api/openapi.json", "/api/docs"}
# The same address with these queries is something else.
OTHER_LOOKS = {
    "/calls/{call_id}": ("?fragment=preview", "?fragment=live", "?fragment=technical", "?fragment=row"),
    "/orders/{number}": ("?fragment=preview", "?fragment=timeline", "?open=close"),
    "/recordings/{id}/audio": ("?download=1",),
    "/orders": ("?tab=available", "?tab=problems", "?tab=closed"),
    "/orders/export": (f"?numbers={ORDER},{OFFERED}",),
    "/orders/print-list": (f"?numbers={ORDER},{OFFERED}",),
    "/feedback": ("?kind=review",),
    "/tasks": ("?tab=closed", "?tab=all"),
    "/palette": ("?q=Прасковья", f"?q={ORDER}"),
}
SEARCHES = (NUMBER[-7:], "1825", SPELLED)
SEARCHED = (
    "/customers",
    "/orders",
    "/calls",
    "/palette",
    "/callbacks",
    "/tasks",
    "/recordings",
    "/transfers",
    "/robot",
)
# The customer's own pages, by an address that no dealer is shown.
CUSTOMERS = ("/o/{public_id}", "/s/{token}")
BOX = {"HX-Request": "true"}
# Words of ours: no field of an event may hold others.
OUR_WORDS = {"call_id", "merged_into", "result", "state", "reason", "what"}


@pytest.fixture
async def site(database: Database, clock: FakeClock, tmp_path: Path) -> AsyncIterator[GuardedSite]:
    async with open_site(database, clock, tmp_path / "store") as opened:
        await masked_world.fill(opened)
        await masked_world.attach(opened)
        yield opened


@pytest.fixture
def log() -> Iterator[list[str]]:
    """Every line of the log at its lowest level, and every field as it was handed over, before anything is masked."""
    kept, handlers, level = structlog.get_config(), logging.root.handlers[:], logging.root.level
    lines, written, usual = [], io.StringIO(), sys.stderr

    def keep(_: Any, __: str, event: Any) -> Any:
        lines.append(repr(event))
        return event

    sys.stderr = written
    configure_logs("debug", "json")
    structlog.get_config()["processors"].insert(0, keep)
    yield lines
    lines.append(written.getvalue())
    sys.stderr = usual
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    structlog.configure(**kept)


class Walk:
    """One person's way through the site: what was asked, where the number stood."""

    def __init__(self, site: GuardedSite, browser: ClientSession) -> None:
        self.site, self.browser = site, browser
        self.seen, self.leaks = 0, {}

    async def take(self, path: str, answer: ClientResponse) -> str:
        text = await said_by(answer)
        found = LEAK.search(text)
        if found or self.site.seeds.public_id in text:
            self.leaks[path] = context_of(text)
        assert answer.status < 500, path
        self.seen += answer.status == 200
        return text

    async def pages(self, role: Role, *, with_fragments: bool, only: tuple[str, ...] = ()) -> None:
        """Every address that is read, as a page and as a fragment, and those that a query turns into something else."""
        for method, pattern, access in self.site.routes():
            is_shut = (
                isinstance(access, ProgramAccess) or pattern in SAY_NOTHING or pattern.startswith(CUSTOMERS)
            )
            if method != "GET" or is_shut or not permits(access, self._viewer(role)):
                continue
            if only and pattern not in only:
                continue
            path = self.site.seeds.path(pattern)
            for query in ("", *OTHER_LOOKS.get(pattern, ())):
                await self.get(path + query)
                if with_fragments:
                    await self.get(path + query, **BOX)
        await self.get(f"/orders/{OFFERED}")
        await self.get(f"/orders/{OFFERED}?fragment=preview", **BOX)

    async def get(self, path: str, **headers: str) -> str:
        async with self.browser.get(path, headers=headers, allow_redirects=False) as answer:
            return await self.take(path, answer)

    async def post(self, path: str, form: Any, *, follow: bool = True) -> str:
        # A connection of its own: a refused body closes it behind the answer.
        once = {"Connection": "close"}
        async with self.browser.post(path, data=form, headers=once, allow_redirects=follow) as answer:
            return f"{answer.url} {await self.take(path, answer)}"

    async def searches(self) -> None:
        """Who looks for the number learns nothing: not even that there is somebody."""
        for page in SEARCHED:
            for query in SEARCHES:
                params = {"q": query, "number": query, "phone": query}
                async with self.browser.get(page, params=params) as answer:
                    assert "Прасковья" not in await answer.text(), (page, query)

    async def forms(self, role: Role) -> None:
        """Every form of his, empty and filled in, and where it leads."""
        token = {"csrf_token": await self.site.csrf_token(self.browser)}
        viewer = self._viewer(role)
        for method, pattern, access in self.site.routes():
            is_own = pattern.startswith("/account")  # would end the visit
            if method != "POST" or is_own or not isinstance(access, frozenset) or not permits(access, viewer):
                continue
            path = self.site.seeds.path(pattern)
            for form in (token, form_for(self.site, pattern) | token):
                await self.post(path, form, follow=False)

    async def exports(self) -> None:
        """By the button above the list, with every column."""
        token = {"csrf_token": await self.site.csrf_token(self.browser)}
        every = [("columns", code) for code in COLUMNS]
        await self.post("/orders/columns", [*token.items(), *every])
        for action in ("export", "print"):
            for number in (ORDER, OFFERED):
                await self.post("/orders/bulk", token | {"numbers": str(number), "action": action})

    def _viewer(self, role: Role) -> Viewer:
        return Viewer(1, "", role, self.site.seeds.dealer_id, "", "/", (), "Europe/Moscow")


def told_of(walk: Walk) -> str:
    return "\n".join(f"{path}: {where}" for path, where in walk.leaks.items())


@asynccontextmanager
async def listening(site: GuardedSite, browser: ClientSession) -> AsyncIterator[list[str]]:
    """All frames of a live link, read as they come: a link that nobody reads is cut by the server's heartbeat."""
    frames: list[str] = []
    async with browser.ws_connect("/live", headers={"Origin": site.address}) as link:

        async def read() -> None:
            while True:
                frames.append(await link.receive_str())

        tasks = TaskOwner("listener")
        _ = tasks.spawn("read", read())
        await until(lambda: frames)
        yield frames
        await tasks.close()


async def open_never(site: GuardedSite, *, for_all: bool) -> None:
    """A proven talk has opened the number, and then the factory closed it for good: for this dealer, or for every one."""
    async with site.database.transaction() as session:
        await session.execute(update(CallRow).where(CallRow.state == "ended").values(talk_s=90))
        if for_all:
            rules = replace(CallSettings(), phone_policy=PhonePolicy.NEVER)
            await write_call_settings(
                session, rules, shown=0, at=site.clock.now(), user_id=site.seeds.person_id
            )
        else:
            await session.execute(update(OrgRow).values(phone_policy=PhonePolicy.NEVER.value))
        order = (
            await session.execute(select(OrderRow.id, OrderRow.org_id).where(OrderRow.number == ORDER))
        ).one()
        opened = {"number": NUMBER, "call_id": site.seeds.call_id, "at": site.clock.now()}
        session.add(PhoneRevealRow(order_id=order.id, org_id=order.org_id, **opened))


async def test_a_hidden_number_leaves_by_no_page(site: GuardedSite) -> None:
    """The owner before the first talk; his manager where the number never opens, after a talk."""
    owner = Walk(site, await site.signed_in(Role.DEALER_OWNER))
    async with listening(site, owner.browser) as frames:
        # Parts of pages are the same queries: once is enough for them.
        await owner.pages(Role.DEALER_OWNER, with_fragments=site.database.is_sqlite)
        await owner.searches()
        await owner.exports()
        told = await call_out(site, owner)
        await until(lambda: AttemptState.ENDED.value in "".join(frames))
    assert owner.seen > 60
    assert not owner.leaks, told_of(owner)
    assert not LEAK.search("".join(frames) + told)
    letters = await masked_world.letters_to_dealers(site)
    assert len(letters) > 20
    assert not [text for text in letters if LEAK.search(text)]
    await open_never(site, for_all=True)
    manager = Walk(site, await site.signed_in(Role.DEALER_MANAGER))
    await manager.pages(Role.DEALER_MANAGER, with_fragments=False)
    await manager.exports()
    assert manager.seen > 40
    assert not manager.leaks, told_of(manager)


async def call_out(site: GuardedSite, walk: Walk) -> str:
    """The whole life of a call out: what the server answers and what it sends by itself."""
    token = {"csrf_token": await site.csrf_token(walk.browser)}
    form = token | {"kind": "order", "target": str(ORDER), "key": "pressed-in-crawl"}
    told = await walk.post("/press", form)
    call_id = told.split()[0].rpartition("/")[2]
    await until(lambda: site.pbx.originated)
    now = site.clock.now()
    for state in (AttemptState.OURS, AttemptState.DIALLING, AttemptState.TALKING, AttemptState.ENDED):

        def go(connection: Any, state: AttemptState = state) -> Any:
            if state is AttemptState.ENDED:
                return close(
                    connection, call_id, AttemptResult.NO_ANSWER, AttemptReason.CUSTOMER_NO_ANSWER, now
                )
            return move(connection, call_id, state, now)

        site.bus.publish(await site.database.write(go))
        told += await walk.get(f"/press/{call_id}", **BOX)
    return told


def all_kinds(kind: type[Event] = Event) -> set[type[Event]]:
    found = {kind} if kind.__module__.startswith("callcore.") and kind is not Event else set()
    return found.union(*(all_kinds(one) for one in kind.__subclasses__()))


@pytest.mark.parametrize("backend", ["sqlite"])
async def test_neither_a_frame_nor_a_form_nor_the_api_nor_a_log_line_tells_a_digit(
    site: GuardedSite, log: list[str]
) -> None:
    await open_never(site, for_all=False)
    owner = Walk(site, await site.signed_in(Role.DEALER_OWNER))
    manager = Walk(site, await site.signed_in(Role.DEALER_MANAGER))
    events = await one_of_each(site)
    kinds = {type(event).__name__ for event in events}
    assert kinds == {kind.__name__ for kind in all_kinds()} - {"CallEvent", "AttemptChanged"}
    for kind in all_kinds():
        words = {one.name for one in fields(kind) if one.type in (str, "str")}
        assert words <= OUR_WORDS, f"{kind.__name__}: what may stand in {words - OUR_WORDS}?"
    async with listening(site, owner.browser) as first, listening(site, manager.browser) as second:
        site.bus.publish(*events)
        await owner.forms(Role.DEALER_OWNER)
        await owner.pages(Role.DEALER_OWNER, with_fragments=False)  # as the forms have left it
        await until(lambda: len(first) > len(events))
        await until(lambda: len(second) > len(events))
    assert not LEAK.search("".join(first + second))
    await owner_of_api(site, owner)
    await staff_searches(site)
    assert owner.seen > 100
    assert not owner.leaks, told_of(owner)
    assert len(log) > 300
    assert not [line for line in log if LEAK.search(line)]


async def one_of_each(site: GuardedSite) -> list[Event]:
    """Every kind of event about the hidden customer, for the dealer's people."""
    seeds = site.seeds
    async with site.database.session() as session:
        users = frozenset(await session.scalars(select(UserRow.id).where(UserRow.org_id == seeds.dealer_id)))
    about = {
        "at": site.clock.now(),
        "audience": Audience(org_ids=frozenset({seeds.dealer_id}), user_ids=users),
    }
    call = about | {"call_id": seeds.call_id, "version": 1, "org_ids": frozenset({seeds.dealer_id})}
    side = {"phone_ids": frozenset({seeds.phone_id}), "user_ids": users}
    return [
        CallRinging(**call | side | {"outlet_ids": frozenset({seeds.outlet_id})}),
        CallAnswered(**call | side),
        CallEnded(**call, result="answered"),
        CallChanged(**call),
        RecordingReady(**about, recording_id=seeds.recording_id, call_id=seeds.call_id),
        RecordingPaused(**about, recording_id=seeds.recording_id, call_id=seeds.call_id, is_paused=True),
        TaskChanged(**about, task_id=seeds.task_id),
        CallbackChanged(**about, callback_id=CALLBACK),
        NoticesChanged(**about),
        OrderChanged(**about, number=ORDER, what="changed"),
        PbxLinkChanged(**about, connected=True, reason=NUMBER),
    ]


async def owner_of_api(site: GuardedSite, walk: Walk) -> None:
    """A program with the dealer's key."""
    async with site.database.session() as session:
        org = await session.get_one(OrgRow, site.seeds.dealer_id)
    viewer = Viewer(1, "", Role.DEALER_OWNER, org.id, org.name, org.path, (), "Europe/Moscow")
    key = await ApiKeys(site.database, site.clock).make(viewer, "Сайт", tuple(Scope), None)
    program = Walk(site, site.client(Authorization=f"Bearer {key.secret}"))
    listed = await program.get("/api/v1/orders")
    assert "Прасковья" in listed
    for path in (
        f"/api/v1/orders/{ORDER}",
        f"/api/v1/orders/{OFFERED}",
        "/api/v1/orders?status=new",
        "/api/v1/orders/0",
    ):
        await program.get(path)
    assert program.seen >= 3
    walk.leaks |= program.leaks


async def staff_searches(site: GuardedSite) -> None:
    """The factory's people look for the number and find it: the log need not know whom."""
    staff = Walk(site, await site.signed_in(Role.OPERATOR))
    for page in SEARCHED:
        await staff.get(f"{page}?q={NUMBER[1:]}&number={NUMBER[1:]}")
    assert staff.leaks


@pytest.mark.parametrize("backend", ["sqlite"])
async def test_the_same_walk_finds_the_number_where_it_may_stand(site: GuardedSite) -> None:
    only = (
        "/orders/{number}", "/orders/{number}/print", "/orders/{number}/files/{file}", "/orders/export", "/customers",
        "/customers/{id}", "/calls", "/calls/{call_id}", "/callbacks/{id}", "/tasks/{id}", "/feedback/{id}", "/notices",
        "/transfers", "/transfers/export", "/desk/calls/{call_id}", "/robot/orders/{number}",
    )  # fmt: skip
    staff = Walk(site, await site.signed_in(Role.SUPERVISOR))
    await staff.pages(Role.SUPERVISOR, with_fragments=False, only=only)
    blind = {path for pattern in only if (path := site.seeds.path(pattern)) not in staff.leaks}
    assert not blind
