"""The public API asked as a program asks it, of the whole site, on both databases."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from sqlalchemy import func, select

from callcore.customers.tables import ConsentRow
from callcore.kernel.audit import AuditRow
from callcore.kernel.database import Database
from callcore.network.access_tables import ApiKeyRow
from callcore.network.api_keys import ApiKeys, Scope
from callcore.network.model import Role, Viewer
from callcore.network.tables import OrgRow, RegionRow
from callcore.orders.tables import OrderEventRow, OrderLineRow, OrderRow
from tests.factories.network import make_org
from tests.fakes.clock import FakeClock
from tests.integration.web.guarded_site import GuardedSite, open_site

pytestmark = pytest.mark.integration

BODY: dict[str, Any] = {
    "external_id": "10452",
    "customer": {"name": "Анна Белова", "phone": "8 912 440-00-11", "consents": {"personal_data": True}},
    "region": "RU-MOW",
    "city": "Москва",
    "source": "yandex",
    "medium": "cpc",
    "campaign": "spring",
    "term": "окна цена",
    "request_type": "order",
    "comment": "Позвоните после шести",
    "lines": [
        {"name": "Профиль", "quantity": "40", "price": "222.75", "params": {"цвет": "дуб"}},
        {"kind": "service", "service": "delivery"},
    ],
}


@pytest.fixture
async def site(database: Database, clock: FakeClock, tmp_path: Path) -> AsyncIterator[GuardedSite]:
    async with open_site(database, clock, tmp_path / "store") as opened:
        async with database.transaction() as session:
            if await session.get(RegionRow, "RU-MOW") is None:
                session.add(RegionRow(code="RU-MOW", name="Москва", tz="Europe/Moscow"))
        yield opened


async def key_of(site: GuardedSite, org_id: int, *scopes: Scope) -> tuple[int, str]:
    async with site.database.session() as session:
        org = await session.get_one(OrgRow, org_id)
        user = await session.scalar(select(OrgRow.id))
    assert user
    role = Role.ADMIN if org.kind == "manufacturer" else Role.DEALER_OWNER
    viewer = Viewer(1, "Админ", role, org.id, org.name, org.path, (), "Europe/Moscow")
    made = await ApiKeys(site.database, site.clock).make(viewer, "Сайт", scopes or tuple(Scope), None)
    return made.id, made.secret


async def factory_of(site: GuardedSite) -> int:
    async with site.database.session() as session:
        return await session.scalar(select(OrgRow.id).where(OrgRow.kind == "manufacturer")) or 0


def program(site: GuardedSite, secret: str, **headers: str) -> ClientSession:
    return site.client(Authorization=f"Bearer {secret}", **headers)


async def orders_there(site: GuardedSite) -> int:
    async with site.database.session() as session:
        return await session.scalar(select(func.count()).select_from(OrderRow)) or 0


async def test_an_order_goes_in_and_can_be_read(site: GuardedSite) -> None:
    _, secret = await key_of(site, await factory_of(site))
    api = program(site, secret)
    async with api.post("/api/v1/orders", json=BODY, headers={"Idempotency-Key": "a-1"}) as answer:
        told = await answer.json()
        assert answer.status == 201, told
        assert answer.headers["Location"] == f"/api/v1/orders/{told['number']}"
    assert (told["total"], told["region"], told["due_at"] > told["created_at"]) == ("8910.00", "RU-MOW", True)
    async with api.get(f"/api/v1/orders/{told['number']}") as answer:
        read = await answer.json()
    assert {
        name: read[name] for name in ("source", "medium", "campaign", "term", "request_type", "channel")
    } == {
        "source": "yandex",
        "medium": "cpc",
        "campaign": "spring",
        "term": "окна цена",
        "request_type": "order",
        "channel": "api",
    }
    assert read["external_id"] == "10452"
    assert read["customer"]["phone"] == "+79124400011"
    assert [(line["name"], line["quantity"], line["price"], line["total"]) for line in read["lines"]] == [
        ("Профиль", "40", "222.75", "8910.00"),
        ("Доставка", "1", "0", "0.00"),
    ]
    assert read["lines"][0]["params"] == {"цвет": "дуб"}
    async with api.get("/api/v1/orders", params={"limit": "1"}) as answer:
        first = await answer.json()
    async with api.get("/api/v1/orders", params={"limit": "1", "after": first["next"]}) as answer:
        second = await answer.json()
    assert [page["items"][0]["number"] for page in (first, second)] == [told["number"], 41]
    assert second["next"] is None
    async with site.database.session() as session:
        consent = await session.scalar(select(ConsentRow))
        events = list(await session.scalars(select(OrderEventRow).where(OrderEventRow.kind == "message")))
    assert consent is not None
    assert (consent.kind, consent.source) == ("pd", "api")
    assert [event.data["text"] for event in events] == ["Позвоните после шести"]


async def test_a_storm_of_repeats_is_one_order(site: GuardedSite) -> None:
    _, secret = await key_of(site, await factory_of(site))
    before = await orders_there(site)

    async def send(key: str, body: dict[str, Any]) -> tuple[int, str]:
        async with api.post("/api/v1/orders", json=body, headers={"Idempotency-Key": key}) as answer:
            return answer.status, await answer.text()

    api = program(site, secret)
    answers = set(await asyncio.gather(*(send("storm", BODY) for _ in range(25))))
    assert len(answers) == 1
    assert next(iter(answers))[0] == 201
    assert await orders_there(site) == before + 1
    status, text = await send("storm", BODY | {"city": "Тверь"})
    assert (status, "idempotency-key-reused" in text) == (422, True)
    wrong = BODY | {"lines": [{"name": "Профиль", "quantity": "0"}]}
    assert (await send("wrong", wrong))[0] == 422
    assert (await send("wrong", BODY))[0] == 201  # a refusal is not kept: the key is still free
    async with site.database.session() as session:
        lines = await session.scalar(select(func.count()).select_from(OrderLineRow))
    assert lines == 4


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"customer": {"phone": "12"}}, "customer.phone"),
    ({"customer": {}}, "customer.phone"),
    ({"customer": {"email": "нет"}}, "customer.email"),
    ({"lines": [{"name": "А", "quantity": "-1"}]}, "lines.0.quantity"),
    ({"lines": [{"name": "А", "quantity": "1e12"}]}, "lines.0.quantity"),
    ({"lines": [{"name": "А", "quantity": "1.0001"}]}, "lines.0.quantity"),
    ({"lines": [{"name": "А", "quantity": 1.5}]}, "lines.0.quantity"),
    ({"lines": [{"name": "А", "price": "1.00001"}]}, "lines.0.price"),
    ({"lines": [{"article": "НЕТ-1"}]}, "lines.0.article"),
    ({"lines": [{"kind": "service"}]}, "lines.0.service"),
    ({"due_at": "2020-01-01"}, "due_at"),
    ({"due_at": "9999-01-01T00:00:00Z"}, "due_at"),
    ({"region": "RU-XXX"}, "region"),
    ({"site": 999_999}, "site"),
    ({"lat": 55.7}, "lat"),
    ({"colour": "red"}, "colour"),
]


async def test_what_is_wrong_is_told_by_field(site: GuardedSite) -> None:
    _, secret = await key_of(site, await factory_of(site))
    api, before = program(site, secret), await orders_there(site)
    for number, (change, field) in enumerate(WRONG):
        headers = {"Idempotency-Key": f"wrong-{number}"}
        async with api.post("/api/v1/orders", json=BODY | change, headers=headers) as answer:
            told = await answer.json(content_type="application/problem+json")
        assert (answer.status, told["code"], list(told["errors"])) == (422, "fields-wrong", [field]), change
        assert any("а" <= letter.lower() <= "я" for letter in told["errors"][field])
    for body, key, status, code in (
        (b"{", "k", 400, "body-unreadable"),
        (b'{"customer": {"name": "\\ud800"}}', "k", 400, "body-unreadable"),
        (b"[]", "k", 422, "fields-wrong"),
        (b"{}", "", 400, "idempotency-key-needed"),
    ):
        headers = {"Content-Type": "application/json", **({"Idempotency-Key": key} if key else {})}
        async with api.post("/api/v1/orders", data=body, headers=headers) as answer:
            assert (answer.status, (await answer.json(content_type=None))["code"]) == (status, code), body
    assert await orders_there(site) == before


async def test_the_door_of_programs(site: GuardedSite) -> None:
    factory = await factory_of(site)
    async with site.database.transaction() as session:
        other = await make_org(session, parent=await session.get_one(OrgRow, factory), name="Чужой")
        other_id = other.id
    key_id, secret = await key_of(site, factory, Scope.ORDERS_READ)
    _, dealer_secret = await key_of(site, site.seeds.dealer_id)
    browser = await site.signed_in(Role.ADMIN)
    for client in (browser, site.client(), program(site, "dl_wrong")):
        async with client.get("/api/v1/orders") as answer:
            assert answer.status == 401
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            assert "orders" not in (await answer.json(content_type=None)).get("items", [])
    async with program(site, secret).post(
        "/api/v1/orders", json=BODY, headers={"Idempotency-Key": "x"}
    ) as answer:
        assert (answer.status, (await answer.json(content_type=None))["code"]) == (403, "api-scope-missing")
    # a dealer's program sees his orders alone, hides the number, and brings orders of his own site
    dealer = program(site, dealer_secret)
    async with dealer.get("/api/v1/orders") as answer:
        items = (await answer.json())["items"]
    assert [item["number"] for item in items] == [41]
    headers = {"Idempotency-Key": "d-1"}
    async with dealer.post("/api/v1/orders", json=BODY | {"site": other_id}, headers=headers) as answer:
        assert (answer.status, list((await answer.json(content_type=None))["errors"])) == (422, ["site"])
    async with dealer.post("/api/v1/orders", json=BODY, headers=headers) as answer:
        number = (await answer.json())["number"]
    async with dealer.get(f"/api/v1/orders/{number}") as answer:
        text = await answer.text()
    assert "4400011" not in text
    assert "+7 912 [скрыт]" in text
    stranger = program(site, (await key_of(site, other_id))[1])
    async with stranger.get(f"/api/v1/orders/{number}") as answer:
        assert answer.status == 404
    # revoked by a press: closed at once, and written down; only a hash was ever stored
    form = {"csrf_token": await site.csrf_token(browser)}
    async with browser.post(f"/api-keys/{key_id}/revoke", data=form) as answer:
        assert answer.status == 200
    async with program(site, secret).get("/api/v1/orders") as answer:
        assert answer.status == 401
    async with site.database.session() as session:
        actions = list(await session.scalars(select(AuditRow.action).where(AuditRow.entity == "api_key")))
        stored = list(await session.scalars(select(ApiKeyRow.key_hash)))
    assert actions.count("api-key:made") == 3
    assert "api-key:revoked" in actions
    assert secret not in stored


async def test_a_key_is_seen_once(site: GuardedSite) -> None:
    browser = await site.signed_in(Role.ADMIN)
    form = {"csrf_token": await site.csrf_token(browser), "name": "<b>Сайт", "scopes": "orders:write"}
    async with browser.post("/api-keys", data=form | {"scopes": ""}) as answer:
        assert answer.status == 422
        assert "&lt;b&gt;Сайт" in await answer.text()
    async with browser.post("/api-keys", data=form) as answer:
        text = await answer.text()
    secret = text.partition('readonly value="')[2].partition('"')[0]
    assert secret.startswith("dl_")
    async with browser.get("/api-keys") as answer:
        assert secret not in await answer.text()
    headers = {"Idempotency-Key": "page"}
    async with program(site, secret).post("/api/v1/orders", json=BODY, headers=headers) as answer:
        assert answer.status == 201
    async with browser.get("/api/docs") as answer:
        assert "POST /api/v1/orders" in await answer.text()
