"""Two dealers with calls, and a browser for each person of the play; real queries on a real database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestClient, TestServer
from jinja2 import BytecodeCache
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.bootstrap.customer_services import CustomerReader
from callcore.bootstrap.services import Reader
from callcore.calls.tables import CallRow, LegRow, RecordingRow
from callcore.kernel.database import Database
from callcore.network.model import Role, Viewer
from callcore.network.tables import OrgRow
from recordings.local_store import LocalStore
from recordings.store import Stores
from tests.factories.network import make_org, make_outlet, make_region
from tests.factories.sales import make_call
from tests.fakes.clock import MONDAY_NOON, FakeClock
from tests.fakes.sign_in import PASSWORD, FakeSignIn
from web.app import make_app
from web.calls import pages as calls
from web.customers import pages as customers
from web.deps import WebDeps

NUMBER = "+79124401825"
SHOWN = "+7\N{NO-BREAK SPACE}912\N{NO-BREAK SPACE}440\N{NON-BREAKING HYPHEN}18\N{NON-BREAKING HYPHEN}25"
MASKED = "+7 912 [скрыт]"
SOUND = bytes(range(256)) * 40


@dataclass
class Stage:
    """`orgs`: factory, vector and master (two dealers). Everybody signs in by the name of the organisation."""

    database: Database
    clock: FakeClock
    store: Path
    template_cache: BytecodeCache
    orgs: dict[str, OrgRow] = field(default_factory=dict)
    outlets: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.store.mkdir()
        self.stores = Stores(LocalStore(self.store))

    async def build(self) -> None:
        async with self.database.transaction() as session:
            await make_region(session, "RU-SVE", name="Свердловская область", tz="Asia/Yekaterinburg")
            factory = await make_org(session, name="Северный профиль")
            self.orgs["factory"] = factory
            for name, title in (("vector", "Вектор-Строй"), ("master", "Мастер-Дом")):
                org = await make_org(session, parent=factory, name=title)
                self.orgs[name] = org
                self.outlets[name] = (await make_outlet(session, org, name=f"Салон {title}")).id

    def person(self, name: str, role: Role) -> Viewer:
        org = self.orgs[name]
        user_id = list(self.orgs).index(name) + 1
        return Viewer(user_id, "Анна Белова", role, org.id, org.name, org.path, (), "Europe/Moscow")

    async def call(self, session: AsyncSession, minute: int = 0, **values: Any) -> CallRow:
        """A missed call to «vector», so many minutes after noon."""
        start = MONDAY_NOON + timedelta(minutes=minute)
        usual = {
            "started_at": start,
            "ended_at": start + timedelta(minutes=2),
            "org_id": self.orgs["vector"].id,
            "outlet_id": self.outlets["vector"],
            "caller_number": NUMBER,
            "caller_raw": NUMBER[1:],
            "region_code": "RU-SVE",
            "route": "app",
        }
        return await make_call(session, **usual | values)

    async def leg(self, session: AsyncSession, call: CallRow, uniqueid: str, **values: Any) -> None:
        usual = {"call_row_id": call.id, "uniqueid": uniqueid, "channel": f"PJSIP/{uniqueid}"}
        session.add(LegRow(**usual | {"role": "customer", "started_at": call.started_at} | values))
        await session.flush()

    async def recording(self, session: AsyncSession, call: CallRow, **values: Any) -> RecordingRow:
        """A playable one of 10 240 bytes."""
        base = f"rec-{call.id}-{len(values)}"
        (self.store / f"{base}.mp3").write_bytes(SOUND)
        usual = {
            "call_row_id": call.id,
            "call_id": call.call_id,
            "base": base,
            "state": "ready",
            "started_at": call.started_at,
            "path": f"{base}.mp3",
            "mime": "audio/mpeg",
            "size_bytes": len(SOUND),
            "duration_ms": 61_000,
            "waveform": {"customer": [1, 50, 100], "ours": [0, 20, 7]},
        }
        row = RecordingRow(**usual | values)
        session.add(row)
        call.has_recording = True
        await session.flush()
        return row

    @asynccontextmanager
    async def browser(self, who: str, role: Role | None = None) -> AsyncIterator[TestClient[Any, Any]]:
        """Signed in as the operator of the factory or the owner of a dealer."""
        usual = Role.OPERATOR if who == "factory" else Role.DEALER_OWNER
        sign_in = FakeSignIn(**{who: self.person(who, role or usual)})
        reader = Reader(self.database, self.clock, self.stores)
        rooms = (
            calls.room(reader.calls()),
            customers.room(CustomerReader(self.database, self.clock, self.stores).services()),
        )
        app = make_app(
            WebDeps(sign_in=sign_in, clock=self.clock, rooms=rooms, template_cache=self.template_cache)
        )
        async with TestClient(TestServer(app)) as client:
            form = {"email": f"{who}@demo.test", "password": PASSWORD}
            answer = await client.post("/sign-in", data=form, allow_redirects=False)
            assert answer.status == 303
            yield client


async def build_stage(database: Database, clock: FakeClock, store: Path, cache: BytecodeCache) -> Stage:
    stage = Stage(database, clock, store, cache)
    await stage.build()
    return stage


def digits_of(text: str) -> str:
    """All digits in a row: a number that is split by markup is found too."""
    return "".join(char for char in text if char.isdigit())
