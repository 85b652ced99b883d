"""The OpenAPI document against what the API does: requests made from it, odd ones too, never break the server."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance
from sqlalchemy import select

from callcore.kernel.database import Database
from callcore.network.api_keys import ApiKeys, Scope
from callcore.network.model import Role, Viewer
from callcore.network.tables import OrgRow, UserRow
from tests.fakes.clock import FakeClock
from tests.integration.databases import migrated_sqlite
from tests.integration.web.guarded_site import open_site
from web.api.description import description
from web.api.pages import VERSION

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
        database, clock = Database(f"sqlite+aiosqlite:///{path}"), FakeClock()
        async with open_site(database, clock, self._folder / "store") as site:
            async with database.transaction() as session:
                row = await session.scalar(select(UserRow).where(UserRow.role == Role.ADMIN.value))
                assert row is not None
                org = await session.get_one(OrgRow, row.org_id)
                viewer = Viewer(row.id, "А", Role.ADMIN, org.id, "Завод", org.path, (), "Europe/Moscow")
            secret = (await ApiKeys(database, clock).make(viewer, "Сайт", tuple(Scope), None)).secret
            self.api = Api(site.address, secret)
            self._ready.set()
            await self._stop.wait()
        await database.close()


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with ApiThread(tmp_path_factory.mktemp("api")) as running:
        yield running


@pytest.mark.parametrize(
    ("path", "method"),
    [(path, method.upper()) for path, methods in description(VERSION)["paths"].items() for method in methods],
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
