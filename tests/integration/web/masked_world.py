"""One dealer who may not see a customer's number, and that number in every place where one can stand: columns of numbers,
names of files and channels, and every text that people type. What finds it again, however it is spelled."""

import html
import io
import re
import zipfile
from typing import Any, Final
from urllib.parse import unquote

from aiohttp import ClientResponse, FormData
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.tables import CallEventRow, CallRow, LegRow, RecordingRow
from callcore.calls.task_tables import TaskRow
from callcore.calls.transfer_tables import TransferRow
from callcore.customers.tables import ContactRow, CustomerRow
from callcore.kernel.outbox import OutboxRow
from callcore.messaging.matrix import EVENTS, Channel, Recipient
from callcore.messaging.tables import DeliveryRow, FeedbackRow, NotifyRuleRow, SurveyRow
from callcore.messaging.tell import Teller
from callcore.messaging.texts import Texts
from callcore.network.access_tables import PreferenceRow
from callcore.network.model import Role
from callcore.network.tables import UserRow
from callcore.orders.desk_tables import OrderWindowRow
from callcore.orders.model import OrderEventKind
from callcore.orders.tables import OrderEventRow, OrderLineRow, OrderRow
from callcore.orders.timeline import add_event
from callcore.outbound.tables import RobotCallRow
from tests.factories.sales import make_call, make_order
from tests.integration.web.guarded_site import NUMBER, ORDER, GuardedSite

OFFERED: Final = 42  # an order of the same customer that the dealer may take
SECOND: Final = "+79035557781"  # the customer's other telephone
SPELLED: Final = "8 (912) 440-18-25"
TYPED: Final = f"звонить {SPELLED}, или 9124401825, или {NUMBER}; по делам +7 903 555-77-81"
FILE_NAME: Final = f"счёт для {NUMBER[1:]}.pdf"
PDF: Final = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
_BETWEEN: Final = (
    r"[\s().\-_/\u2010-\u2015]{0,3}"  # also the hyphen and the blank that our own pages break no line at
)
LEAK: Final = re.compile("|".join(_BETWEEN.join(number[-7:]) for number in (NUMBER, SECOND)))


async def fill(site: GuardedSite) -> None:
    """No talk is proven: nothing has opened the number."""
    async with site.database.transaction() as session:
        order = (await session.scalars(select(OrderRow))).one()
        await session.execute(
            update(CallRow).values(talk_s=3, caller_raw=NUMBER, caller_name=f"Мать {NUMBER}")
        )
        order.address, order.city = f"ул. Тихая, тел. {SPELLED}", f"Лесной {SPELLED}"
        order.close_note, order.manager_id = TYPED, site.seeds.person_id
        who = {"name": f"Прасковья {SPELLED}", "note": TYPED, "tags": [NUMBER]}
        await session.execute(update(CustomerRow).values(**who))
        session.add(ContactRow(customer_id=order.customer_id, kind="phone", value=SECOND, is_main=False))
        line = {"name": f"Дверь, {TYPED}", "params": {"кому": TYPED}, "quantity_m": 1000}
        session.add(OrderLineRow(order_id=order.id, position=0, price=10, total_kopecks=1000, **line))
        offered = await _offer(session, site, order)
        await _happen(session, site, order)
        await _call(session, site, order)
        await _say(session, site, order, offered)


async def _offer(session: AsyncSession, site: GuardedSite, order: OrderRow) -> OrderRow:
    customer = await session.get_one(CustomerRow, order.customer_id)
    now = site.clock.now()
    place = {"city": f"Лесной {SPELLED}", "address": TYPED, "offered_at": now, "run": 1, "created_at": now}
    offered = await make_order(session, customer, number=OFFERED, status="new", **place)
    window = {"run": 1, "stage": "base", "opens_at": now}
    session.add(OrderWindowRow(order_id=offered.id, org_id=site.seeds.dealer_id, **window))
    said = {"text": TYPED, "is_public": True}
    await add_event(session, offered.id, OrderEventKind.COMMENT, at=now, data=said)
    return offered


async def _happen(session: AsyncSession, site: GuardedSite, order: OrderRow) -> None:
    """Every kind of event that can hold words."""
    said: dict[str, Any] = {"text": TYPED, "reason": TYPED, "is_public": True}
    told: tuple[tuple[OrderEventKind, dict[str, Any]], ...] = (
        (OrderEventKind.CREATED, {}),
        (OrderEventKind.COMMENT, {}),
        (OrderEventKind.COMMENT, {"is_public": False}),
        (OrderEventKind.STATUS, {"from": "new", "to": "new"}),
        (OrderEventKind.CHANGED, {"field": "place", "from": TYPED, "to": TYPED}),
        (OrderEventKind.CHANGED, {"field": "promo"}),
        (
            OrderEventKind.CHANGED,
            {
                "field": "lines",
                "lines": [{"what": "added", "name": TYPED, "after": {"params": {"кому": TYPED}}}],
            },
        ),
        (OrderEventKind.RELEASED, {"org_id": site.seeds.dealer_id}),
        (OrderEventKind.CONTACT, {"kind": "manual"}),
        (OrderEventKind.CLOSED, {"to": "done"}),
        (OrderEventKind.REOPENED, {"from": "done", "to": "new"}),
        (OrderEventKind.MESSAGE, {"from": "customer", "channel": "sms"}),
        (OrderEventKind.MESSAGE, {"from": "us", "channel": "sms", "delivery": "sent"}),
        (OrderEventKind.FEEDBACK, {"kind": "complaint"}),
        (OrderEventKind.CALLBACK, {"field": "asked"}),
        (OrderEventKind.ROBOT, {"field": "confirmed"}),
    )
    for kind, data in told:
        actor = site.seeds.person_id if data.get("from") != "customer" else None
        at = site.clock.now()
        await add_event(session, order.id, kind, at=at, actor_id=actor, data=said | data)


async def _call(session: AsyncSession, site: GuardedSite, order: OrderRow) -> None:
    """A missed call, one that rings now, a talk that was handed on, the robot's; their channels and files."""
    seeds, now = site.seeds, site.clock.now()
    who = {"org_id": seeds.dealer_id, "outlet_id": seeds.outlet_id, "customer_id": order.customer_id}
    came = {"caller_number": NUMBER, "caller_raw": SPELLED, "caller_name": TYPED[:60], "started_at": now}
    await make_call(session, order_id=order.id, **who | came)
    alive = await make_call(session, state="ringing", result="", ended_at=None, **who | came)
    known = (await session.scalars(select(CallRow).where(CallRow.call_id == seeds.call_id))).one()
    for call, phone_id in ((known, None), (alive, seeds.phone_id)):
        channel = f"PJSIP/trunk-main-{NUMBER[1:]}-0000{call.id:04}"
        leg = {"call_row_id": call.id, "channel": channel, "started_at": now, "org_id": seeds.dealer_id}
        session.add(LegRow(uniqueid=f"c{call.id}", role="customer", **leg))
        session.add(LegRow(uniqueid=f"o{call.id}", role="outlet", phone_id=phone_id, **leg))
        for kind in ("entered", "out", "masked", "handing", "unreached", "anomaly", "robot"):
            data = {
                "number": NUMBER,
                "caller": NUMBER,
                "to": NUMBER,
                "what": TYPED,
                "key": "1",
                "text": TYPED,
            }
            session.add(CallEventRow(call_row_id=call.id, at=now, kind=kind, data=data))
    file = {"base": f"call-{NUMBER[1:]}"}
    await session.execute(update(RecordingRow).where(RecordingRow.id == seeds.recording_id).values(**file))
    sides = {"from_org_id": seeds.dealer_id, "from_user_id": seeds.person_id}
    handed = {
        "at": now,
        "kind": "blind",
        "to_kind": "outside",
        "to_extension": NUMBER,
        "data": {"to": NUMBER},
    }
    session.add(TransferRow(call_row_id=known.id, ordinal=1, **sides | handed))
    tries = [{"call_id": seeds.call_id, "at": now.isoformat(), "result": "no_key", "keys": ""}]
    robot = {"state": "done", "result": "no_key", "made_at": now, "due_at": now, "call_id": seeds.call_id}
    session.add(
        RobotCallRow(order_id=order.id, cycle=1, data={"said": TYPED, "tries": tries}, attempts=1, **robot)
    )


async def _say(session: AsyncSession, site: GuardedSite, order: OrderRow, offered: OrderRow) -> None:
    """Letters and SMS both ways, an answer, a review; and people are told of everything, by every channel."""
    now, about = site.clock.now(), {"order_id": order.id, "org_id": site.seeds.dealer_id}
    for channel, address in (("sms", NUMBER), ("email", "praskovya@example.test")):
        words = {
            "subject": TYPED,
            "body": TYPED,
            "html": TYPED,
            "state": "sent",
            "made_at": now,
            "due_at": now,
        }
        key = {"dedupe_key": f"out:{channel}", "address": address, "customer_id": order.customer_id}
        session.add(DeliveryRow(channel=channel, **words | key | about))
    survey = (await session.scalars(select(SurveyRow))).one()
    survey.text, survey.score, survey.answered_at = TYPED, 1, now
    heard = {"customer_id": order.customer_id, "text": TYPED, "state": "new", "at": now, "answer": TYPED}
    review = FeedbackRow(kind="review", score=1, **heard | about)
    comment = {"comment": TYPED}
    words = {
        "title": "Перезвонить",
        "caller_number": NUMBER,
        "data": comment,
        "dedupe_key": "typed",
    }
    times = {"made_at": now, "due_at": now}
    task = TaskRow(
        kind="missed", user_id=site.seeds.person_id, customer_id=order.customer_id, **about | words | times
    )
    session.add_all([review, task])
    for user_id in await session.scalars(select(UserRow.id)):
        session.add(PreferenceRow(user_id=user_id, key="messages", value={"sms": "+79990001122"}))
    await session.flush()
    await _switch_on(session)
    ids = {"feedback_id": review.id, "survey_id": survey.id, "task_id": task.id, "cause": "overdue"}
    for topic in EVENTS:
        if topic.partition(":")[0] in ("order", "feedback", "survey", "task"):
            data = about | ids | ({"order_id": offered.id} if topic == "order:available" else {})
            await _tell(session, site, topic, data)
            if topic.startswith("order:"):
                event_id = await session.scalar(text_event(order.id))
                await _tell(session, site, topic, data | {"event_id": event_id})


def text_event(order_id: int) -> Any:
    newest = (
        select(OrderEventRow.id).where(OrderEventRow.order_id == order_id).order_by(OrderEventRow.id.desc())
    )
    return newest.limit(1)


async def _switch_on(session: AsyncSession) -> None:
    for event in EVENTS.values():
        for recipient in (Recipient.MANAGER, Recipient.DEALER):
            for channel in Channel:
                cell = (event.code, recipient.value, channel.value)
                rule = dict(zip(("event", "recipient", "channel"), cell, strict=True))
                session.add(NotifyRuleRow(is_on=True, scope_key=":".join(("net", *cell)), **rule))
    await session.flush()


async def _tell(session: AsyncSession, site: GuardedSite, topic: str, data: dict[str, Any]) -> None:
    row = OutboxRow(
        topic=topic, data=data, made_at=site.clock.now(), due_at=site.clock.now(), done_at=site.clock.now(),
        dedupe_key=f"{topic}:{data.get('event_id', '')}",
    )  # fmt: skip
    session.add(row)
    await session.flush()
    await Teller(Texts(), "https://calls.example.test").tell(session, row, site.clock.now())


async def attach(site: GuardedSite) -> None:
    """A file with the number for its name, by the factory."""
    browser = await site.signed_in(Role.ADMIN)
    form = FormData({"csrf_token": await site.csrf_token(browser), "is_public": "1"})
    form.add_field("file", io.BytesIO(PDF), filename=FILE_NAME)
    async with browser.post(f"/orders/{ORDER}/files", data=form, allow_redirects=False) as answer:
        assert answer.status == 303


async def letters_to_dealers(site: GuardedSite) -> list[str]:
    """All words that went to people of the dealer outside of the site."""
    async with site.database.session() as session:
        dealers = select(UserRow.id).where(UserRow.org_id == site.seeds.dealer_id)
        rows = await session.scalars(select(DeliveryRow).where(DeliveryRow.user_id.in_(dealers)))
        return [f"{row.subject} {row.body} {html.unescape(row.html)}" for row in rows]


async def said_by(answer: ClientResponse) -> str:
    """Everything that an answer says: text of a page with and without its marks, of a spreadsheet all parts, and headers
    that could carry a number: the name of a file, an address to go to, a word to scripts. Addresses of assets and examples
    in fields tell of nobody."""
    body = await answer.read()
    if body.startswith(b"PK"):
        parts = zipfile.ZipFile(io.BytesIO(body))
        text = " ".join(parts.read(name).decode(errors="replace") for name in parts.namelist())
    else:
        text = body.decode(errors="replace")
        text = re.sub(r'datetime="[^"]*"|placeholder="[^"]*"|/static/\S+|[0-9a-f]{32,}', "", text)
    text = html.unescape(text).replace(_EXAMPLE, "")
    ways = (*answer.history, answer)  # also those that only sent on
    kept = [value for one in ways for name, value in one.headers.items() if name not in _DULL]
    return f"{text} {unquote(text)} {re.sub('<[^>]*>', '', text)} {unquote(' '.join(kept))}"


_EXAMPLE: Final = '"phone": "8 912 440-18-25"'  # how to send an order by the API
_DULL: Final = frozenset(
    {"Date", "Server", "Content-Length", "X-Request-Id", "Content-Security-Policy", "ETag"}
)


def context_of(text: str) -> str:
    found = LEAK.search(text)
    return text[max(0, found.start() - 160) : found.end() + 40] if found else ""
