"""The room of policies over a small network: two dealers of one region, a past call, people of each role."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from aiohttp.test_utils import TestClient, TestServer
from jinja2 import BytecodeCache

from callcore.bootstrap.policy_reader import PolicyReader
from callcore.bootstrap.what_if import WhatIf
from callcore.kernel.database import Database
from callcore.network.model import Role, Viewer
from callcore.network.tables import DidRow, OrgRow, UserRow
from callcore.routing.numbering import EMPTY_PLAN
from tests.factories.network import make_did, make_org, make_outlet, make_phone, make_region, make_user
from tests.factories.sales import make_call
from tests.fakes.clock import FakeClock
from tests.fakes.sign_in import PASSWORD, FakeSignIn
from web.app import make_app
from web.deps import WebDeps
from web.routing import pages

CSRF = "csrf-0"
CALLER = "+79160000001"


@dataclass
class PolicyStage:
    database: Database
    clock: FakeClock
    template_cache: BytecodeCache
    orgs: dict[str, OrgRow] = field(default_factory=dict)
    users: dict[Role, UserRow] = field(default_factory=dict)
    did: DidRow | None = None

    async def build(self) -> None:
        async with self.database.transaction() as session:
            await make_region(session, name="Москва")
            factory = await make_org(session, name="Фабрика")
            self.orgs["factory"] = factory
            for name, title, points in (("vector", "Вектор", 900), ("master", "Мастер", 100)):
                org = await make_org(session, parent=factory, name=title, points=points)
                outlet = await make_outlet(session, org, position=10 if name == "vector" else 20)
                await make_phone(session, outlet=outlet)
                self.orgs[name] = org
            for role in (Role.ADMIN, Role.MANUFACTURER, Role.SUPERVISOR, Role.OPERATOR):
                self.users[role] = await make_user(session, factory, full_name=f"Белова {role.value}")
            self.did = await make_did(session, label="Сайт, Москва", region_code="RU-MOW")
            for number in range(10):
                await make_call(
                    session,
                    call_id=f"past-{number}",
                    started_at=self.clock.now() - timedelta(hours=10 - number),
                    ended_at=self.clock.now() - timedelta(hours=10 - number),
                    did_number=self.did.number,
                    did_id=self.did.id,
                    caller_number=f"+7916000010{number}",
                    org_id=self.orgs["vector"].id,
                )

    def viewer(self, role: Role) -> Viewer:
        user, org = self.users[role], self.orgs["factory"]
        return Viewer(user.id, user.full_name, role, org.id, org.name, org.path, (), "Europe/Moscow")

    @property
    def what_if(self) -> WhatIf:
        return WhatIf(self.database, self.clock, lambda: EMPTY_PLAN)

    @asynccontextmanager
    async def browser(self, role: Role = Role.ADMIN) -> AsyncIterator[TestClient[Any, Any]]:
        deps = WebDeps(
            sign_in=FakeSignIn(who=self.viewer(role)),
            clock=self.clock,
            rooms=(pages.room(PolicyReader(self.what_if).services()),),
            template_cache=self.template_cache,
        )
        async with TestClient(TestServer(make_app(deps))) as client:
            form = {"email": "who@demo.test", "password": PASSWORD}
            answer = await client.post("/sign-in", data=form, allow_redirects=False)
            assert answer.status == 303
            yield client
