"""The rooms of numbers, map and overview over the stage of sales, with decisions of a real snapshot."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp.test_utils import TestClient, TestServer

from callcore.asterisk.voice.model import VoiceFailed
from callcore.bootstrap.did_services import DidReader
from callcore.bootstrap.duty_services import DutyKeeper
from callcore.bootstrap.map_services import MapReader
from callcore.bootstrap.order_list_services import OrderListReader
from callcore.bootstrap.overview_services import OverviewReader
from callcore.bootstrap.services import Reader
from callcore.network.directory import load_directory
from callcore.network.model import Role
from callcore.routing.decide import decide
from callcore.routing.snapshot import build_snapshot
from tests.fakes.sign_in import PASSWORD, FakeSignIn
from tests.integration.web.sales_stage import SalesStage
from web.app import make_app
from web.calls import pages as calls
from web.deps import HealthCheck, WebDeps
from web.desk import pages as desk
from web.dids import pages as dids
from web.map import pages as maps
from web.orders import list_pages
from web.overview import pages as overview

PLACE_URL = "https://maps.example/?at={lat},{lon}"


@dataclass
class OverviewStage(SalesStage):
    voice_works: bool = True

    async def say(self, text: str, language: str) -> bytes:
        if not self.voice_works:
            raise VoiceFailed("no-voice")
        return f"RIFF {language} {text}".encode()

    @asynccontextmanager
    async def visit(self, who: str, role: Role) -> AsyncIterator[TestClient[Any, Any]]:
        async with self.database.session() as session:
            directory = await load_directory(session, self.clock.now())
        snapshot = build_snapshot(directory, 1, self.clock.now())

        async def checks() -> tuple[HealthCheck, ...]:
            return (HealthCheck("pbx", self.is_up, "" if self.is_up else "нет связи с АТС"),)

        reader = Reader(self.database, self.clock, self.stores)
        duty = DutyKeeper(self.database, self.clock, lambda: snapshot)
        day = OverviewReader(self.database, self.clock, checks, lambda: snapshot.made_at, duty.coming_gaps)
        numbers = DidReader(
            self.database, self.clock, lambda did, caller, at: decide(snapshot, did, caller, at), self.say
        )
        regions = MapReader(self.database, self.clock, lambda: snapshot, PLACE_URL)
        rooms = (
            overview.room(day.services()),
            desk.room(reader.desk()),
            calls.room(reader.calls()),
            list_pages.room(OrderListReader(self.database, self.clock, reader.choices).services()),
            self.order_card_room(),
            maps.room(regions.services()),
            dids.room(numbers.services()),
        )
        sign_in = FakeSignIn(**{who: self.person(who, role)})
        deps = WebDeps(sign_in=sign_in, clock=self.clock, rooms=rooms, template_cache=self.template_cache)
        async with TestClient(TestServer(make_app(deps))) as client:
            form = {"email": f"{who}@demo.test", "password": PASSWORD}
            answer = await client.post("/sign-in", data=form, allow_redirects=False)
            assert answer.status == 303
            yield client
