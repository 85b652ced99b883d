"""Orders, phones and people on top of the stage of calls, and browsers that see every room."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.bootstrap.customer_services import CustomerReader
from callcore.bootstrap.dealer_reader import DealerOptions, DealerReader
from callcore.bootstrap.distribution_services import offer_services
from callcore.bootstrap.order_card_services import OrderCardReader
from callcore.bootstrap.order_list_services import OrderListReader
from callcore.bootstrap.services import Reader
from callcore.calls.phone_reach import PhoneState
from callcore.calls.tables import CallRow
from callcore.customers.tables import CustomerRow
from callcore.network.model import Role, Viewer
from callcore.network.tables import PhoneRow, UserRow
from callcore.orders.model import status_of
from callcore.orders.tables import OrderLineRow, OrderRow
from tests.factories.network import make_did, make_phone, make_user
from tests.factories.sales import make_customer, make_order
from tests.fakes.clock import MONDAY_NOON
from tests.fakes.sign_in import PASSWORD, FakeSignIn
from tests.integration.web.call_stage import NUMBER, Stage
from web.app import make_app
from web.calls import pages as calls
from web.customers import pages as customers
from web.dealers import pages as dealers
from web.deps import WebDeps
from web.desk import pages as desk
from web.orders import card_pages, list_pages, offer_pages
from web.rooms import Room

CSRF = "csrf-0"


@dataclass
class SalesStage(Stage):
    """Each organisation has one person and one phone: «factory» an operator's, the dealers their outlet's."""

    users: dict[str, UserRow] = field(default_factory=dict)
    phones: dict[str, PhoneRow] = field(default_factory=dict)
    customer_id: int = 0
    did_id: int = 0
    is_up: bool = True
    states: dict[int, PhoneState] = field(default_factory=dict)

    @property
    def options(self) -> DealerOptions:
        return DealerOptions(self.store / "logos", self.store / "secrets.json", sip_server="127.0.0.1:5060")

    async def build(self) -> None:
        await super().build()
        async with self.database.transaction() as session:
            for name, org in self.orgs.items():
                self.users[name] = await make_user(session, org, full_name=f"Белова из {org.name}")
            own = {"user": self.users["factory"]}
            self.phones["factory"] = await make_phone(session, label="Гарнитура Беловой", **own)
            for name in ("vector", "master"):
                phone = await make_phone(session, label=f"Касса {name}")
                phone.owner, phone.outlet_id, phone.duty_position = "outlet", self.outlets[name], None
                self.phones[name] = phone
            customer = await make_customer(session, phone=NUMBER, name="Роман Ильин", region_code="RU-SVE")
            self.customer_id = customer.id
            self.did_id = (await make_did(session, label="Сайт, Екатеринбург", source="site")).id

    def person(self, name: str, role: Role) -> Viewer:
        org, user = self.orgs[name], self.users[name]
        phones = (self.phones[name].id,)
        return Viewer(user.id, user.full_name, role, org.id, org.name, org.path, phones, "Europe/Moscow")

    async def order(self, session: AsyncSession, number: int, org: str = "vector", **values: Any) -> OrderRow:
        """«Принят» at the dealer, made an hour before noon; `lines` are (name, quantity in thousandths, price,
        sum in kopecks)."""
        lines = values.pop("lines", ())
        status = status_of(values.pop("status", "accepted"))
        usual = {
            "number": number,
            "status": status.code,
            "status_class": status.status_class.value,
            "result": status.result.value,
            "created_at": MONDAY_NOON - timedelta(hours=1) + timedelta(seconds=number),
            "org_id": self.orgs[org].id if org else None,
            "region_code": "RU-SVE",
            "tz": "Asia/Yekaterinburg",
        }
        customer = await session.get_one(CustomerRow, values.pop("customer_id", self.customer_id))
        row = await make_order(session, customer, **usual | values)
        for position, (name, quantity_m, price, total) in enumerate(lines, start=1):
            session.add(
                OrderLineRow(
                    order_id=row.id,
                    position=position,
                    name=name,
                    article=f"PV-{position:03}",
                    quantity_m=quantity_m,
                    price=Decimal(price),
                    total_kopecks=total,
                )
            )
        row.total_kopecks = sum(line[3] for line in lines)
        await session.flush()
        return row

    async def ringing(self, session: AsyncSession, call_id: str, who: str, **values: Any) -> CallRow:
        """A call that rings at the phone of «factory», «vector» or «master» since a minute ago."""
        phone = self.phones[who]
        usual = {
            "call_id": call_id,
            "state": "ringing",
            "result": "",
            "ended_at": None,
            "started_at": MONDAY_NOON - timedelta(minutes=1),
            "org_id": self.orgs[who].id,
            "outlet_id": self.outlets.get(who),
            "user_id": phone.user_id,
            "customer_id": self.customer_id,
            "did_id": self.did_id,
        }
        call = await self.call(session, **usual | values)
        await self.leg(session, call, f"{call_id}.1")
        target = {"org_id": self.orgs[who].id, "outlet_id": self.outlets.get(who), "phone_id": phone.id}
        role = "operator" if phone.user_id else "outlet"
        await self.leg(session, call, f"{call_id}.2", role=role, user_id=phone.user_id, step=1, **target)
        return call

    def order_card_room(self) -> Room:
        return card_pages.room(
            OrderCardReader(
                self.database,
                self.clock,
                files_dir=self.store / "order-files",
                max_file_bytes=2 * 1024 * 1024,
                place_url="https://map.test/?at={lat},{lon}",
            ).services()
        )

    @asynccontextmanager
    async def browser(self, who: str, role: Role | None = None) -> AsyncIterator[TestClient[Any, Any]]:
        usual = Role.OPERATOR if who == "factory" else Role.DEALER_OWNER
        sign_in = FakeSignIn(**{who: self.person(who, role or usual)})
        reader = Reader(self.database, self.clock, self.stores, lambda: self.states)
        rooms = (
            desk.room(reader.desk()),
            calls.room(reader.calls()),
            list_pages.room(OrderListReader(self.database, self.clock, reader.choices).services()),
            self.order_card_room(),
            offer_pages.room(offer_services(self.database, self.clock)),
            customers.room(CustomerReader(self.database, self.clock, self.stores).services()),
            dealers.room(DealerReader(self.database, self.clock, self.options).services()),
        )
        deps = WebDeps(
            sign_in=sign_in,
            clock=self.clock,
            rooms=rooms,
            pbx_connected=lambda: self.is_up,
            template_cache=self.template_cache,
        )
        async with TestClient(TestServer(make_app(deps))) as client:
            form = {"email": f"{who}@demo.test", "password": PASSWORD}
            answer = await client.post("/sign-in", data=form, allow_redirects=False)
            assert answer.status == 303
            yield client


async def page(browser: TestClient[Any, Any], address: str, status: int = 200) -> str:
    answer = await browser.get(address)
    assert answer.status == status, address
    return (await answer.read()).decode(errors="replace")
