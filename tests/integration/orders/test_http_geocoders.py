"""Both services are asked and understood as they document it, against a real server on the loopback that speaks their
shapes; whatever else it says is no answer, and never an error of ours."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from callcore.bootstrap.geocoder import keep_pins
from callcore.kernel.database import Database
from callcore.kernel.tasks import TaskOwner
from callcore.orders.create_order import create_order
from callcore.orders.geocoding.http_geocoder import MAX_ANSWER_BYTES, Dialect, HttpGeocoder, MapService
from callcore.orders.geocoding.port import Asked, GeocoderRefused, Precision
from callcore.orders.model import NewOrder, OrderKind
from callcore.orders.pin_tables import OrderPinRow
from config.settings import load_settings
from tests.factories.sales import make_customer
from tests.fakes.clock import FakeClock
from tests.integration.orders import stage

pytestmark = pytest.mark.integration
ASKED = Asked("Тверь", "ул. Садовая, 5", "RU-TVE", "Тверская область")
WORDS = "Тверская область, Тверь, ул. Садовая, 5"
KEY = "geheim"


@dataclass
class MapServer:
    """Answers as it is told and keeps what it was asked."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay: asyncio.Event | None = None
    asked: list[web.Request] = field(default_factory=list)
    address: str = ""

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        if self.delay is not None:
            await self.delay.wait()
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        return web.Response(text=text, status=self.status, headers=self.headers)


@pytest.fixture
async def server() -> AsyncIterator[MapServer]:
    async with opened() as server:
        yield server


@asynccontextmanager
async def opened() -> AsyncIterator[MapServer]:
    told = MapServer()
    app = web.Application()
    app.router.add_get("/search", told.handle)
    async with TestServer(app, shutdown_timeout=0.1) as running:
        told.address = str(running.make_url("/search"))
        yield told


def geocoder(dialect: Dialect, server: MapServer, **more: Any) -> HttpGeocoder:
    values = {"limit_s": 8.0, "per_second": 1000.0} | more
    return HttpGeocoder(MapService(dialect, server.address, KEY, "map@dealer.test", **values))


def nominatim(rank: int, house: bool = False, **more: Any) -> Any:
    address = {"road": "Садовая улица", "city": "Тверь"} | ({"house_number": "5"} if house else {})
    place = {
        "place_id": 1,
        "lat": "56.8500001",
        "lon": "35.9100004",
        "place_rank": rank,
        "category": "building",
    }
    return [place | {"display_name": "5, Садовая улица, Тверь", "address": address} | more]


def yandex(precision: str, kind: str, pos: str = "35.91 56.85") -> Any:
    told = {"precision": precision, "kind": kind, "text": "Россия, Тверь, Садовая улица, 5"}
    member = {"GeoObject": {"metaDataProperty": {"GeocoderMetaData": told}, "Point": {"pos": pos}}}
    return {"response": {"GeoObjectCollection": {"featureMember": [member]}}}


NOTHING = {
    Dialect.NOMINATIM: [],
    Dialect.YANDEX: {"response": {"GeoObjectCollection": {"featureMember": []}}},
}
BOTH = pytest.mark.parametrize("dialect", list(Dialect))


async def test_nominatim_is_asked_as_it_says(server: MapServer) -> None:
    server.body = nominatim(30, house=True)
    found = await geocoder(Dialect.NOMINATIM, server).find(ASKED)
    assert found is not None
    assert (found.lat, found.lon, found.precision, found.source) == (
        56.85,
        35.91,
        Precision.HOUSE,
        "nominatim",
    )
    assert found.words == "5, Садовая улица, Тверь"
    (request,) = server.asked
    assert dict(request.query) == {
        "q": WORDS,
        "format": "jsonv2",
        "addressdetails": "1",
        "limit": "1",
        "accept-language": "ru",
        "key": KEY,
    }
    assert request.headers["User-Agent"] == "Dealerline (map@dealer.test)"  # its rules want to know who asks


async def test_yandex_is_asked_as_it_says(server: MapServer) -> None:
    server.body = yandex("exact", "house")
    found = await geocoder(Dialect.YANDEX, server).find(ASKED)
    assert found is not None
    assert (found.lat, found.lon, found.precision, found.source) == (56.85, 35.91, Precision.HOUSE, "yandex")
    (request,) = server.asked
    query = {"apikey": KEY, "geocode": WORDS, "format": "json", "lang": "ru_RU", "results": "1"}
    assert dict(request.query) == query


@pytest.mark.parametrize(
    ("dialect", "body", "precision"),
    [
        (Dialect.NOMINATIM, nominatim(30), Precision.STREET),  # a thing at the street, not the house
        (Dialect.NOMINATIM, nominatim(26), Precision.STREET),
        (Dialect.NOMINATIM, nominatim(16), Precision.TOWN),
        (Dialect.NOMINATIM, nominatim(8), None),  # a region is no place
        (Dialect.YANDEX, yandex("number", "house"), Precision.HOUSE),
        (Dialect.YANDEX, yandex("near", "house"), Precision.STREET),
        (Dialect.YANDEX, yandex("street", "street"), Precision.STREET),
        (Dialect.YANDEX, yandex("other", "locality"), Precision.TOWN),
        (Dialect.YANDEX, yandex("other", "province"), None),
        (Dialect.NOMINATIM, [], None),
        (Dialect.YANDEX, NOTHING[Dialect.YANDEX], None),
    ],
)
async def test_how_far_an_answer_may_be_believed(
    server: MapServer, dialect: Dialect, body: Any, precision: Precision | None
) -> None:
    server.body = body
    found = await geocoder(dialect, server).find(ASKED)
    assert (found.precision if found else None) is precision


@BOTH
@pytest.mark.parametrize(
    "body",
    [
        "<html>Мы на обслуживании</html>",
        "",
        "null",
        "{}",
        "[[]]",
        "[{}]",
        "[1]",
        '{"error": "Unable to geocode"}',
        "[" * 100_000,
        " " * (MAX_ANSWER_BYTES + 10) + "[]",
        nominatim(30, lat="NaN"),
        nominatim(30, lat="1e999"),
        nominatim(30, lat=None),
        nominatim(30, address=None, place_rank="x"),
        yandex("exact", "house", "999 56.85"),
        yandex("exact", "house", "56.85"),
        {"response": {"GeoObjectCollection": {"featureMember": [{"GeoObject": None}]}}},
    ],
    ids=range(17),
)
async def test_garbage_is_no_answer(server: MapServer, dialect: Dialect, body: Any) -> None:
    server.body = body
    with pytest.raises(GeocoderRefused) as refused:
        await geocoder(dialect, server).find(ASKED)
    assert refused.value.code == "geocoder-not-now"
    assert KEY not in refused.value.message
    assert "Садовая" not in refused.value.message


@BOTH
@pytest.mark.parametrize(
    ("status", "headers", "code", "rest_s"),
    [
        (429, {"Retry-After": "120"}, "geocoder-not-now", 120),
        (429, {"Retry-After": "99999"}, "geocoder-not-now", 3600),
        (429, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, "geocoder-not-now", 60),
        (503, {}, "geocoder-not-now", 60),
        (403, {}, "geocoder-refused", 900),
        (400, {}, "geocoder-refused", 900),
        (
            302,
            {"Location": "http://127.0.0.1:1/"},
            "geocoder-refused",
            900,
        ),  # nobody is followed with an address
    ],
)
async def test_a_refusal_says_for_how_long(
    server: MapServer, dialect: Dialect, status: int, headers: dict[str, str], code: str, rest_s: float
) -> None:
    server.body, server.status, server.headers = NOTHING[dialect], status, headers
    with pytest.raises(GeocoderRefused) as refused:
        await geocoder(dialect, server).find(ASKED)
    assert (refused.value.code, refused.value.message) == (code, f"HTTP {status}")
    assert refused.value.rest_s == rest_s


@BOTH
async def test_one_that_is_slow_or_away_is_not_waited_for(server: MapServer, dialect: Dialect) -> None:
    server.body, server.delay = NOTHING[dialect], asyncio.Event()
    with pytest.raises(GeocoderRefused, match="in time"):
        await geocoder(dialect, server, limit_s=0.3).find(ASKED)
    server.delay.set()
    server.address = "http://127.0.0.1:1/search"
    with pytest.raises(GeocoderRefused, match="Connect"):
        await geocoder(dialect, server).find(ASKED)


async def test_questions_keep_the_distance_that_the_service_demands(server: MapServer) -> None:
    server.body = []
    asked = geocoder(Dialect.NOMINATIM, server, per_second=10.0)
    started = asyncio.get_running_loop().time()
    await asyncio.gather(*(asked.find(ASKED) for _ in range(4)))
    assert asyncio.get_running_loop().time() - started >= 0.29
    assert len(server.asked) == 4


async def test_without_words_nobody_is_asked(server: MapServer) -> None:
    assert await geocoder(Dialect.NOMINATIM, server).find(Asked("", "", "RU-TVE", "Тверская область")) is None
    assert server.asked == []


async def test_the_application_asks_whom_its_settings_name(server: MapServer, database: Database) -> None:
    """From an order that was made to the pin on it, through nothing but the settings."""
    await stage.fill(database)
    server.body = nominatim(30, house=True)
    async with database.transaction() as session:
        customer = await make_customer(session, name="Ильин Пётр")
        new = NewOrder(kind=OrderKind.ORDER, customer_id=customer.id, city="Тверь", address="ул. Садовая, 5")
        order_id = (await create_order(session, new, now=stage.NOW)).id
    told = {"SERVICE": "nominatim", "URL": server.address, "KEY": KEY}
    settings = load_settings(None, {f"DEALERLINE_GEOCODER__{name}": value for name, value in told.items()})
    tasks = TaskOwner("test")
    await keep_pins(settings.geocoder, database, FakeClock(stage.NOW), tasks)

    async def is_found() -> bool:
        async with database.session() as session:
            pin = await session.get(OrderPinRow, order_id)
            return pin is not None and pin.source == "nominatim"

    try:
        async with asyncio.timeout(60):
            while not await is_found():  # noqa: ASYNC110 - what is waited for belongs to the code under test
                await asyncio.sleep(0.02)
    finally:
        await tasks.close()
    assert [request.query["q"] for request in server.asked] == [WORDS]
