"""The OpenAPI document against what the API does: requests made from it, odd ones too, never break the server."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import schemathesis
from aiohttp import web
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from callcore.bootstrap.intake_services import IntakeDesk
from callcore.kernel.clock import SystemClock
from callcore.kernel.database import Database
from callcore.network.api_keys import Scope
from callcore.network.model import Role, Viewer
from callcore.network.tables import RegionRow
from tests.factories.network import make_org, make_user
from tests.fakes.sign_in import FakeSignIn
from tests.integration.databases import migrated_sqlite
from web.api.description import description
from web.api.pages import VERSION, room
from web.app import make_app
from web.deps import WebDeps

pytestmark = pytest.mark.integration

CHECKS = [not_a_server_error, response_schema_conformance, status_code_conformance]
PATIENT = settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


class Api(NamedTuple):
    url: str
    secret: str


class ApiThread:
    """The application on a loop of its own: schemathesis speaks without one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ready, self._loop = threading.Event(), asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self.api = Api("", "")
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Api:
        self._thread.start()
        assert self._ready.wait(30)
        return self.api

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        path = await asyncio.to_thread(migrated_sqlite, self._folder)
        database, clock = Database(f"sqlite+aiosqlite:///{path}"), SystemClock()
        async with database.transaction() as session:
            factory = await make_org(session)
            user = await make_user(session, factory, role="admin", email="a@example.test", password_hash="!")
            _ = await session.merge(RegionRow(code="RU-MOW", name="Москва", tz="Europe/Moscow"))
            viewer = Viewer(user.id, "А", Role.ADMIN, factory.id, "Завод", factory.path, (), "Europe/Moscow")
        desk = IntakeDesk(database, clock, lambda _number: ())
        secret = (await desk.keys.make(viewer, "Сайт", tuple(Scope), None)).secret
        deps = WebDeps(sign_in=FakeSignIn(), clock=clock, rooms=(room(desk.api()),), api_door=desk.keys)
        runner = web.AppRunner(make_app(deps), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.api = Api(f"http://127.0.0.1:{runner.addresses[0][1]}", secret)
        self._ready.set()
        await self._stop.wait()
        await runner.cleanup()
        await database.close()


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with ApiThread(tmp_path_factory.mktemp("api")) as running:
        yield running


@pytest.mark.parametrize(
    ("path", "method"),
    [("/api/v1/orders", "POST"), ("/api/v1/orders", "GET"), ("/api/v1/orders/{number}", "GET")],
)
def test_no_request_of_the_document_breaks_the_server(api: Api, path: str, method: str) -> None:
    schema = schemathesis.openapi.from_dict(description(VERSION))
    schema.validate()

    @PATIENT
    @given(case=schema[path][method].as_strategy())
    def ask(case: schemathesis.Case) -> None:
        answer = case.call(base_url=api.url, headers={"Authorization": f"Bearer {api.secret}"})
        case.validate_response(answer, checks=CHECKS)

    ask()
