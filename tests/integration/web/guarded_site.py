"""The whole site as it is composed for an installation, with the real sign-in, over a small network with a person of
every role, one call, its recording, its order and its customer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace

from aiohttp import ClientSession, CookieJar, DummyCookieJar, web
from aiohttp.test_utils import TestServer
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.bootstrap.callback_services import Callbacks
from callcore.bootstrap.lead_services import Leads
from callcore.bootstrap.message_ways import message_ways
from callcore.bootstrap.recording_services import recording_settings, recording_stores
from callcore.bootstrap.robot_services import Robot
from callcore.bootstrap.site import make_site
from callcore.bootstrap.what_if import WhatIf
from callcore.calls.attempt_tables import AttemptRow
from callcore.calls.dial import Dialler
from callcore.calls.recording_pause import PauseRecording
from callcore.calls.recording_tables import RetentionRuleRow
from callcore.calls.tables import CallRow, RecordingRow
from callcore.calls.task_tables import TaskRow
from callcore.kernel.bus import Bus
from callcore.kernel.database import Database
from callcore.kernel.errors import NotAllowedNow
from callcore.kernel.metrics import Metrics
from callcore.kernel.tasks import TaskOwner
from callcore.messaging.links import fingerprint_of
from callcore.messaging.tables import FeedbackRow, NoticeRow, SurveyRow
from callcore.network.access_tables import ApiKeyRow
from callcore.network.cost_tables import DealerCostRow
from callcore.network.dids import version_of
from callcore.network.model import DEALER_ROLES, Role
from callcore.network.passwords import hash_password
from callcore.network.sign_in_limit import fingerprint
from callcore.network.tables import UserRow
from callcore.orders.desk_tables import ImportJobRow, PromoCodeRow
from callcore.outbound.tables import CallbackRow, CallbackSiteRow
from callcore.routing.model import Decision
from callcore.routing.numbering import EMPTY_PLAN
from callcore.routing.sounds import NO_SOUNDS
from config.settings import Settings, load_settings
from recordings.night import NightWork
from tests.factories.network import (
    make_did,
    make_invite,
    make_org,
    make_outlet,
    make_phone,
    make_policy,
    make_shift,
    make_user,
)
from tests.factories.sales import make_call, make_customer, make_order
from tests.fakes.clock import FakeClock
from tests.fakes.pbx import FakePbx
from tests.integration.web.customer_seeds import CustomerSeeds, seed_customer
from web.deps import HealthCheck
from web.keys import ACCESS
from web.live.hub import LiveHub
from web.security.access import Access

PASSWORD = "длинный пароль 2026"
NUMBER = "+79124401825"
CUSTOMER = "Прасковья Тестова"
ORDER = 41
CALLBACK, CALLBACK_SITE = 77, "sitekey"
TOKEN = "secret-of-the-only-link"
PROMO = 77
COST = 78


@dataclass
class Seeds:
    """What stands in the addresses of pages."""

    call_id: str = ""
    recording_id: int = 0
    customer_id: int = 0
    dealer_id: int = 0
    outlet_id: int = 0
    did_id: int = 0
    did_version: str = ""
    policy_id: int = 0
    task_id: int = 0
    notice_id: int = 0
    person_id: int = 0
    phone_id: int = 0
    invite_id: int = 0
    shift_id: int = 0
    duty_ids: tuple[int, ...] = ()
    public_id: str = ""
    key_id: int = 0
    job_id: int = 0
    feedback_id: int = 0
    customer: CustomerSeeds = field(default_factory=CustomerSeeds)

    def path(self, pattern: str) -> str:
        """A real address for a route: «/calls/{call_id}» -> «/calls/test-1»."""
        ids = {
            "recordings": self.recording_id,
            "dealers": self.dealer_id,
            "outlets": self.outlet_id,
            "dids": self.did_id,
            "routing": self.policy_id,
            "settings": PROMO,
            "value": COST,
            "duty": self.shift_id,
            "pause": self.person_id,
            "tasks": self.task_id,
            "notices": self.notice_id,
            "feedback": self.feedback_id,
            "people": self.person_id,
            "phones": self.phone_id,
            "invites": self.invite_id,
            "api-keys": self.key_id,
            "callbacks": CALLBACK,
        }
        values = {
            "{code}": "RU-MOW",
            "{key}": CALLBACK_SITE,
            "{call_id}": self.call_id,
            "{public_id}": self.public_id,
            "{org_id}": str(self.dealer_id),
            "{job_id}": str(self.job_id),
            "{number}": str(ORDER),
            "{id}": str(ids.get(pattern.split("/")[1], self.customer_id)),
            "{state}": "off",
            "{event}": "order:status",
            "{recipient}": "customer",
            "{channel}": "email",
            "{what}": "whisper",
            "{session}": "0" * 64,
            "{rule_id}": "1",
            "{contact}": str(self.customer.contact_id),
            "{claim}": str(self.customer.claim_id),
            "{merge}": str(self.customer.merge_id),
            "{file}": "1",
            "{undo_id}": "1",
            "{view_id}": "1",
            "{file_id}": "1",
            "{kind}": "order" if pattern.startswith("/press/") else "ads",
            "{target}": str(ORDER),
            "{version}": "0",
            "{path}": "app.css",
            "{token}": TOKEN,
            "{name}": "0123456789abcdef0123456789abcdef.png",
        }
        for name, value in values.items():
            pattern = pattern.replace(name, value)
        assert "{" not in pattern, f"tell this test what to put into {pattern}"
        return pattern


def _make_sound(store: Path) -> None:
    store.mkdir(exist_ok=True)
    (store / "a.mp3").write_bytes(bytes(range(256)) * 8)


async def seed(database: Database, clock: FakeClock, store: Path) -> Seeds:
    await asyncio.to_thread(_make_sound, store)
    password_hash = await asyncio.to_thread(hash_password, PASSWORD)
    async with database.transaction() as session:
        factory = await make_org(session)
        dealer = await make_org(session, parent=factory)
        outlet = await make_outlet(session, dealer)
        did = await make_did(session, org=dealer)
        people = {}
        for role in Role:
            org = dealer if role in DEALER_ROLES else factory
            people[role] = await make_user(
                session, org, role=role.value, email=f"{role.value}@example.test", password_hash=password_hash
            )
        phone = await make_phone(session, outlet=outlet)
        invite = await make_invite(session, dealer, made_at=clock.now(), token_hash=fingerprint(TOKEN))
        customer = await make_customer(session, phone=NUMBER, name=CUSTOMER)
        order = await make_order(session, customer, number=ORDER, org_id=dealer.id, status="new")
        call = await make_call(
            session,
            started_at=clock.now() - timedelta(minutes=30),
            ended_at=clock.now() - timedelta(minutes=28),
            result="answered",
            talk_s=90,
            caller_number=NUMBER,
            org_id=dealer.id,
            outlet_id=outlet.id,
            customer_id=customer.id,
            order_id=order.id,
            has_recording=True,
        )
        recording = RecordingRow(
            call_row_id=call.id,
            call_id=call.call_id,
            base="a",
            state="ready",
            started_at=call.started_at,
            path="a.mp3",
            mime="audio/mpeg",
            size_bytes=2048,
            duration_ms=61_000,
            waveform={"customer": [1], "ours": [2]},
        )
        rule = {"title": "Всегда", "days": 0, "reason": "учёт", "at": clock.now()}
        session.add(RetentionRuleRow(position=0, **rule))
        session.add_all([recording, _attempt(call, people[Role.DEALER_MANAGER].id)])
        await session.flush()
        policy = await make_policy(session)
        session.add(
            DealerCostRow(
                id=COST,
                org_id=dealer.id,
                month=date(2026, 1, 1),
                kind="ads",
                kopecks=100,
                made_at=clock.now(),
            )
        )
        session.add(PromoCodeRow(id=PROMO, code="ЛЕТО", kind="percent", value=500, used=0, is_active=True))
        first, second = await make_phone(session), await make_phone(session)
        await make_phone(session, user=people[Role.ADMIN])  # who has none has no pause
        shift = await make_shift(session, first, clock.now() - timedelta(hours=1), hours=2)
        task_id, notice_id = await _messages(session, clock, call, dealer.id)
        await _callback(session, clock, call, dealer.id)
        return Seeds(
            call.call_id,
            recording.id,
            customer.id,
            dealer.id,
            outlet.id,
            did.id,
            version_of(did),
            policy.id,
            task_id,
            notice_id,
            people[Role.DEALER_MANAGER].id,
            phone.id,
            invite.id,
            shift.id,
            (first.id, second.id),
            order.public_id,
            *await _ways_in(session, clock, factory.id),
            feedback_id=await _complaint(session, clock, call),
            customer=await seed_customer(session, clock, customer.id, dealer.id),
        )


async def _callback(session: AsyncSession, clock: FakeClock, call: CallRow, org_id: int) -> None:
    """The seeded customer asks the dealer's site to call him, with his number in every text."""
    session.add(CallbackSiteRow(id=CALLBACK, key=CALLBACK_SITE, title="Окна", made_at=clock.now()))
    session.add(
        CallbackRow(
            id=CALLBACK,
            public_id="callback-seeded",
            open_key=f"{CALLBACK_SITE}:{NUMBER}",
            site=CALLBACK_SITE,
            number=NUMBER,
            name=f"Клиент {NUMBER}",
            note="звоните 8 (912) 440-18-25",
            source="widget",
            page=f"https://okna.ru/?phone={NUMBER}",
            tz="Europe/Moscow",
            org_id=org_id,
            customer_id=call.customer_id,
            order_id=call.order_id,
            state="unreached",
            reason="no_answer",
            made_at=clock.now(),
            refreshed_at=clock.now(),
            due_at=clock.now(),
        )
    )
    await session.flush()
    if session.get_bind().dialect.name == "postgresql":  # their numbers were given by hand
        for table in ("callbacks", "callback_sites"):
            await session.execute(text(f"SELECT setval('{table}_id_seq', {CALLBACK})"))


def _attempt(call: CallRow, user_id: int) -> AttemptRow:
    """The same call, as if somebody had pressed for it."""
    return AttemptRow(
        call_id=call.call_id,
        key="seeded",
        kind="order",
        state="ended",
        result="talked",
        reason="customer-hung-up",
        number=NUMBER,
        cli="+74950000000",
        phone_keys=[],
        org_id=call.org_id,
        user_id=user_id,
        customer_id=call.customer_id,
        order_id=call.order_id,
        made_at=call.started_at,
        ended_at=call.ended_at,
        talk_s=call.talk_s,
        data={"asked": str(ORDER)},
    )


async def _complaint(session: AsyncSession, clock: FakeClock, call: CallRow) -> int:
    """Id of a complaint with the customer's number in it; a question after closing behind the only link."""
    row = FeedbackRow(
        kind="complaint",
        order_id=call.order_id,
        org_id=call.org_id,
        customer_id=call.customer_id,
        text=f"Перезвоните мне: {NUMBER}",
        state="new",
        at=clock.now(),
    )
    survey = SurveyRow(
        order_id=call.order_id,
        cycle=1,
        org_id=call.org_id,
        token_hash=fingerprint_of(TOKEN),
        result="done",
        made_at=clock.now(),
    )
    session.add_all([row, survey])
    await session.flush()
    return row.id


async def _ways_in(session: AsyncSession, clock: FakeClock, org_id: int) -> tuple[int, int]:
    """Ids of a key of the API and of an import that nobody has applied yet."""
    key = ApiKeyRow(
        name="Сайт", prefix="dl_seeded", key_hash="seeded", scopes=[], org_id=org_id, made_at=clock.now()
    )
    job = ImportJobRow(file_name="orders.csv", sha256="", state="preview", at=clock.now())
    session.add_all([key, job])
    await session.flush()
    return key.id, job.id


async def _messages(session: AsyncSession, clock: FakeClock, call: CallRow, org_id: int) -> tuple[int, int]:
    """Ids of an open task about the call and of a notice to the first person."""
    task = TaskRow(
        kind="missed",
        title="Пропущенный звонок: перезвонить",
        org_id=org_id,
        call_id=call.call_id,
        order_id=call.order_id,
        caller_number=NUMBER,
        made_at=clock.now(),
        due_at=clock.now() + timedelta(minutes=15),
        data={},
        dedupe_key="seeded",
    )
    user_id = await session.scalar(select(UserRow.id).order_by(UserRow.id).limit(1))
    notice = NoticeRow(
        user_id=user_id, topic="task:made", level="info", title="Задача", at=clock.now(), dedupe_key="seeded"
    )
    session.add_all([task, notice])
    await session.flush()
    return task.id, notice.id


def _settings(store: Path, *, secure: bool) -> Settings:
    settings = load_settings(None, {"DEALERLINE_WEB__SECURE": str(secure).lower()})
    recordings = settings.recordings.model_copy(update={"store_dir": store})
    dealers = settings.dealers.model_copy(update={"logos_dir": store / "logos"})
    pbx = settings.pbx.model_copy(
        update={"secrets_file": store / "secrets.json", "sounds_dir": store / "sounds"}
    )
    orders = settings.orders.model_copy(update={"files_dir": store / "order-files"})
    settings = settings.model_copy(update={"dealers": dealers, "orders": orders, "pbx": pbx})
    return settings.model_copy(update={"recordings": recordings})


@dataclass
class GuardedSite:
    """`app` is what an installation serves; only the PBX and the health checks are stand-ins."""

    app: web.Application
    server: TestServer
    seeds: Seeds
    database: Database
    clock: FakeClock
    bus: Bus
    pbx: FakePbx
    reach: SimpleNamespace
    _open: list[ClientSession] = field(default_factory=list)

    @property
    def address(self) -> str:
        return str(self.server.make_url("")).rstrip("/")

    def routes(self) -> list[tuple[str, str, Access]]:
        """(method, pattern, access) of every route of the router, none left out."""
        found = []
        for route in self.app.router.routes():
            resource = route.resource
            assert resource is not None, route
            assert route in self.app[ACCESS], f"{route} declares no access"
            found.append((route.method, resource.canonical, self.app[ACCESS][route]))
        return found

    def browser(self, **headers: str) -> ClientSession:
        """Nobody is signed in."""
        session = ClientSession(self.address, cookie_jar=CookieJar(unsafe=True), headers=headers)
        self._open.append(session)
        return session

    def client(self, **headers: str) -> ClientSession:
        """Keeps no cookies: sends those headers, always."""
        session = ClientSession(self.address, cookie_jar=DummyCookieJar(), headers=headers)
        self._open.append(session)
        return session

    async def signed_in(self, role: Role = Role.OPERATOR) -> ClientSession:
        browser = self.browser()
        form = {"email": f"{role.value}@example.test", "password": PASSWORD}
        async with browser.post("/sign-in", data=form, allow_redirects=False) as answer:
            assert answer.status == 303, await answer.text()
        return browser

    async def csrf_token(self, browser: ClientSession) -> str:
        """Read off a page, as a form has it."""
        async with browser.get("/desk") as answer:
            text = await answer.text()
        _, mark, rest = text.partition('name="csrf_token" value="')
        assert mark, "the page has no form with a token"
        return rest.partition('"')[0]

    async def raw(self, request: bytes) -> bytes:
        """Bytes to bytes until the server closes, for what no client library would send."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
        try:
            writer.write(request)
            await writer.drain()
            async with asyncio.timeout(60):
                return await reader.read()
        finally:
            writer.close()

    async def close(self) -> None:
        for session in self._open:
            await session.close()
        await self.server.close()


async def _said(_text: str, _language: str) -> bytes:
    return b"RIFF"


def _no_decision(*_: object) -> Decision:
    raise NotAllowedNow("no-snapshot")


@asynccontextmanager
async def open_site(
    database: Database, clock: FakeClock, store: Path, *, secure: bool = False, seeds: Seeds | None = None
) -> AsyncIterator[GuardedSite]:
    async def checks() -> tuple[HealthCheck, ...]:
        return (HealthCheck("pbx", True),)

    bus, pbx, tasks = Bus(), FakePbx(clock), TaskOwner("site")
    pbx.connect()
    reach = SimpleNamespace(phone_states=dict, unreachable=frozenset())
    settings = _settings(store, secure=secure)
    stores = recording_stores(settings)
    parts = SimpleNamespace(
        settings=settings,
        metrics=Metrics(),
        database=database,
        clock=clock,
        bus=bus,
        hub=LiveHub(bus, lambda: True),
        messages=SimpleNamespace(ways=message_ways(settings, database, clock)),
        shelf=SimpleNamespace(preview=_said, sounds=NO_SOUNDS),
        routing=SimpleNamespace(decide=_no_decision, made_at=None, snapshot=None),
        numbering=SimpleNamespace(current=lambda: EMPTY_PLAN),
        what_if=WhatIf(database, clock, lambda: EMPTY_PLAN),
        reach=reach,
        dialling=SimpleNamespace(dialler=Dialler(pbx, database, bus, clock)),
        tasks=tasks,
        pbx=pbx,
        stores=stores,
        pauses=PauseRecording(database, bus, clock, pbx, settings.recordings.pause_limit_s),
        recordings=SimpleNamespace(night=NightWork(database, clock, recording_settings(settings), stores)),
        health=SimpleNamespace(checks=checks),
    )
    parts.robot = Robot(parts)
    parts.callbacks = Callbacks(parts)
    parts.leads = Leads(parts)
    app = make_site(parts)
    server = TestServer(app)
    await server.start_server()
    site = GuardedSite(
        app, server, seeds or await seed(database, clock, store), database, clock, bus, pbx, reach
    )
    try:
        yield site
    finally:
        await site.close()
        await tasks.close()
